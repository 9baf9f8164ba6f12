import type { Family } from '#core/brief.ts';
import { configurationKey } from '#core/space.ts';
import { findBrief } from '#store/brief.ts';
import { findFamily } from '#store/family.ts';
import type { Reader } from '#store/seam.ts';
import { findTask, listTasks } from '#store/task.ts';
import { findWorker } from '#store/worker.ts';
import type { Compared } from './columns.ts';

/** More columns than this are compared by nobody; the explorer of a family aggregates them. */
export const MOST_COMPARED = 20;

const ID = /^[A-Za-z0-9_-]{1,64}$/;

/** What an address asks to compare: the first twenty ids, how many there are, and those that cannot be ids. */
export type Asked = { ids: string[]; total: number; malformed: string[] };

/** The ids of a text, each once, in its order; commas, spaces and line ends part them. */
export function askedFor(text: string): Asked {
  const all = [...new Set(text.split(/[\s,;]+/).filter((part) => part !== ''))];
  const ids = all.filter((part) => ID.test(part));
  return { ids: ids.slice(0, MOST_COMPARED), total: ids.length, malformed: all.filter((part) => !ID.test(part)) };
}

/** The tasks with these ids and what they belong to; and the ids that no task has. */
export async function readCompared(reader: Reader, ids: readonly string[]): Promise<{ compared: Compared[]; unknown: string[] }> {
  const families = new Map<string, Promise<Family | null>>();
  const familyOf = (id: string): Promise<Family | null> => {
    const found = families.get(id) ?? findFamily(reader, id);
    families.set(id, found);
    return found;
  };
  const read = await Promise.all(
    ids.map(async (id): Promise<Compared | null> => {
      const task = await findTask(reader, id);
      const family = task === null ? null : await familyOf(task.familyId);
      return task === null || family === null ? null : { task, family, worker: task.workerId === null ? null : await findWorker(reader, task.workerId) };
    }),
  );
  return { compared: read.filter((one) => one !== null), unknown: ids.filter((_, index) => read[index] === null) };
}

/** The best tasks of a family, the best first. */
export async function bestIds(reader: Reader, familyId: string, most: number): Promise<string[]> {
  const family = await findFamily(reader, familyId);
  if (family === null) return [];
  const tasks = await listTasks(reader, { limit: Math.min(most, MOST_COMPARED), sort: family.metric.direction === 'minimize' ? 'value' : '-value', after: null, familyId, state: null, workerId: null });
  return tasks.map((task) => task.id);
}

/** The ids with those of the other seeds of the same configurations, which stand beside each other in a family. */
export async function withSeeds(reader: Reader, compared: readonly Compared[]): Promise<string[]> {
  const read = await Promise.all(
    compared.map(async ({ task, family }) => {
      const replicates = (await findBrief(reader, family.briefId))?.replicates ?? 1;
      const first = task.number - ((task.number - 1) % replicates);
      const tasks = await listTasks(reader, { limit: Math.min(replicates, MOST_COMPARED), sort: 'oldest', after: { familyId: family.id, number: first - 1, value: null, finishedAt: null, id: '' }, familyId: family.id, state: null, workerId: null });
      return [task, ...tasks].filter((one) => configurationKey(one.config) === configurationKey(task.config)).map((one) => one.id);
    }),
  );
  return [...new Set(read.flat())];
}
