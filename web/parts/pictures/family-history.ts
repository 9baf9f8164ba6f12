import { totalCount, type Family } from '#core/brief.ts';
import type { Reader } from '#store/seam.ts';
import { listTaskValues, sampleTaskValues, type TaskValue } from '#store/task-value.ts';
import type { Fragment } from '#web/html.ts';
import { cachedPicture } from './cache.ts';
import { history } from './history.ts';

/** A family up to this size is read whole, a larger one by a sample of evenly spaced tasks. */
const MOST_READ = 20_000;
const TASKS_PER_READ = 2500;
const SAMPLE = 2000;

/** The history of a family, drawn once per version of it. */
export function familyHistory(reader: Reader, family: Pick<Family, 'id' | 'version' | 'metric' | 'counts'>): Promise<Fragment> {
  return cachedPicture(reader, `history:${family.id}`, family.version, async () => {
    const total = totalCount(family.counts);
    const sampled = total > MOST_READ;
    return history(sampled ? await readSample(reader, family.id, total) : await readAll(reader, family.id), family.metric, { total, sampled });
  });
}

async function readAll(reader: Reader, familyId: string): Promise<TaskValue[]> {
  const tasks: TaskValue[] = [];
  for (;;) {
    const read = await listTaskValues(reader, familyId, { limit: TASKS_PER_READ, after: tasks.at(-1)?.number ?? null });
    tasks.push(...read);
    if (read.length < TASKS_PER_READ) return tasks;
  }
}

async function readSample(reader: Reader, familyId: string, total: number): Promise<TaskValue[]> {
  const numbers = Array.from({ length: SAMPLE }, (_, index) => 1 + Math.floor((index * (total - 1)) / (SAMPLE - 1)));
  const batches = [numbers.slice(0, SAMPLE / 4), numbers.slice(SAMPLE / 4, SAMPLE / 2), numbers.slice(SAMPLE / 2, (3 * SAMPLE) / 4), numbers.slice((3 * SAMPLE) / 4)];
  return (await Promise.all(batches.map((batch) => sampleTaskValues(reader, familyId, batch)))).flat();
}
