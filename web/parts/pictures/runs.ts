import { setImmediate } from 'node:timers/promises';
import { MOST_TASKS, type Family } from '#core/brief.ts';
import type { Reader } from '#store/seam.ts';
import { listTaskRuns, type TaskRun } from '#store/task-value.ts';
import { createKept } from './kept.ts';

/** One task as pictures and comparisons see it. `dimmed`: it does not pass the filter of the page. */
export type Run = TaskRun & { dimmed?: boolean };

/** A thousand rows take SQLite and the parsing of their configurations a few milliseconds; other requests come between. */
const RUNS_PER_READ = 1000;
const MOST_RUNS_KEPT = 60_000;

const kept = createKept<readonly Run[]>(MOST_RUNS_KEPT, (runs) => runs.length);

/** All runs of a family in the order of their numbers, read once per version of it and shared: nobody changes them. */
export function readRuns(reader: Reader, family: Pick<Family, 'id' | 'version'>): Promise<readonly Run[]> {
  return kept(reader, family.id, family.version, async () => {
    const runs: Run[] = [];
    while (runs.length < MOST_TASKS) {
      const read = await listTaskRuns(reader, family.id, { limit: RUNS_PER_READ, after: runs.at(-1)?.number ?? null });
      runs.push(...read);
      if (read.length < RUNS_PER_READ) break;
      await setImmediate();
    }
    return runs;
  });
}
