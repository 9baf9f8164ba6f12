import type { Family } from '#core/brief.ts';
import { listTasks } from '#store/task.ts';
import type { Reader } from '#store/seam.ts';

const MOST_MEASURED = 40;

/** How long the last completed tasks of a family took on average, in milliseconds, and how many that is. */
export async function readPace(reader: Reader, family: Pick<Family, 'id'>): Promise<{ taskMs: number; n: number } | null> {
  const tasks = await listTasks(reader, { limit: MOST_MEASURED, sort: 'newest', after: null, familyId: family.id, state: 'completed', workerId: null });
  const took = tasks.flatMap((task) => (task.startedAt === null || task.finishedAt === null ? [] : [task.finishedAt - task.startedAt]));
  return took.length === 0 ? null : { taskMs: took.reduce((sum, one) => sum + one, 0) / took.length, n: took.length };
}
