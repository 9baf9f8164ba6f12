import { setImmediate } from 'node:timers/promises';
import type { Family } from '#core/brief.ts';
import { listAttemptSpans, type AttemptSpan } from '#store/attempt.ts';
import type { Reader } from '#store/seam.ts';
import type { Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { drawOrSay } from '#web/parts/pictures/family-picture.ts';
import { keptPicture } from '#web/parts/pictures/kept.ts';
import { readWorkers } from '#web/related.ts';

const SPANS_PER_READ = 2000;
/** Attempts that are read: all four of a family of the usual largest size. */
const MOST_SPANS = 40_000;

/** Who computed when for a family, drawn once per version of it. */
export function timelineView(site: Site, family: Pick<Family, 'id' | 'version'>): Promise<Fragment> {
  return keptPicture(site.reader, `timeline ${family.id}`, family.version, async () => {
    const spans = await readSpans(site.reader, family.id);
    const workers = await readWorkers(site.reader, spans.map((span) => span.workerId));
    const names = Object.fromEntries([...workers.values()].map((worker) => [worker.id, worker.name]));
    return drawOrSay(site, 'timeline', { spans, names, now: site.engine.now() });
  });
}

async function readSpans(reader: Reader, familyId: string): Promise<AttemptSpan[]> {
  const spans: AttemptSpan[] = [];
  while (spans.length < MOST_SPANS) {
    const read = await listAttemptSpans(reader, familyId, { limit: SPANS_PER_READ, after: spans.at(-1) ?? null });
    spans.push(...read);
    if (read.length < SPANS_PER_READ) break;
    // Other requests come between.
    await setImmediate();
  }
  return spans;
}
