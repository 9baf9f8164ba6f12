import { serveThread } from '#web/serve-thread.ts';
import { DRAWINGS, type DrawingName } from './drawings.ts';
import type { Run } from './runs.ts';

/** The thread of {@link import('./draw.ts')}. */
serveThread((name, data, runs) => {
  const drawing = DRAWINGS[name as DrawingName] as (data: unknown, runs: readonly Run[]) => unknown;
  return String(drawing(data, runs));
});
