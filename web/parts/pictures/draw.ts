import { markup, type Fragment } from '#web/html.ts';
import { SideThread } from '#web/side-thread.ts';
import type { DataOf, DrawingName } from './drawings.ts';
import type { Run } from './runs.ts';

const MOST_DRAWING_MS = 30_000;

/** One thread that draws, so that no request waits for the pictures of another; loading what it draws with takes about half a second. */
const thread = new SideThread(new URL('drawing-thread.ts', import.meta.url), MOST_DRAWING_MS);

/** Draws a picture of plain data, and of runs, in the one drawing thread of this process. */
export async function draw<Name extends DrawingName>(name: Name, data: DataOf<Name>, runs: readonly Run[] = []): Promise<Fragment> {
  return markup(String(await thread.make(name, data, runs)));
}

/** Gets ready to draw, so that the first who looks at a page does not wait for it. */
export function startDrawing(): void {
  thread.warmUp();
}

/** Lets the process end; the next picture would start another thread. */
export function stopDrawing(): Promise<void> {
  return thread.stop();
}
