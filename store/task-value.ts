import type { Metric } from '#core/experiment.ts';
import type { Configuration } from '#core/space.ts';
import type { Task, TaskState } from '#core/task.ts';
import { first, join, sql, type Reader } from './seam.ts';

/** What a line of values needs of a task; its configuration stays unread. */
export type TaskValue = { id: string; number: number; state: TaskState; value: number | null };

/** What pictures and comparisons need of a task: what was tried, and what came of it. */
export type TaskRun = Pick<Task, 'id' | 'number' | 'state' | 'config' | 'seed' | 'value' | 'workerId' | 'startedAt' | 'finishedAt'>;

type RunRow = { id: string; number: number; state: string; config: string; seed: number; value: number | null; worker_id: string | null; started_at: number | null; finished_at: number | null };
type ValueRow = { id: string; number: number; state: string; value: number | null };

/** The tasks of a family by number, without what makes them heavy. */
export async function listTaskValues(reader: Reader, familyId: string, page: { limit: number; after: number | null }): Promise<TaskValue[]> {
  const rows = await reader.rows<ValueRow>(sql`
    select id, number, state, value from tasks where family_id = ${familyId} and number > ${page.after ?? 0}
    order by number limit ${page.limit}`);
  return rows.map(toValue);
}

/** The tasks of a family with these numbers, as far as they exist: a sample of a family too large to be read. */
export async function sampleTaskValues(reader: Reader, familyId: string, numbers: readonly number[]): Promise<TaskValue[]> {
  if (numbers.length === 0) return [];
  const rows = await reader.rows<ValueRow>(sql`
    select id, number, state, value from tasks where family_id = ${familyId} and number in (${join(numbers)})
    order by number limit ${numbers.length}`);
  return rows.map(toValue);
}

/**
 * The best value among the tasks of a family below a number, and the first task that has it; null where none has a
 * value. It walks the index by value from the best on, which ends soon unless the best values all came late.
 */
export async function bestBefore(reader: Reader, familyId: string, direction: Metric['direction'], number: number): Promise<{ number: number; value: number } | null> {
  return first<{ number: number; value: number }>(reader, sql`
    select number, value from tasks where family_id = ${familyId} and value is not null and number < ${number}
    order by ${direction === 'minimize' ? sql`value, number` : sql`value desc, number`} limit 1`);
}

/** The tasks of a family by number, with their configurations. */
export async function listTaskRuns(reader: Reader, familyId: string, page: { limit: number; after: number | null }): Promise<TaskRun[]> {
  const rows = await reader.rows<RunRow>(sql`
    select id, number, state, config, seed, value, worker_id, started_at, finished_at from tasks
    where family_id = ${familyId} and number > ${page.after ?? 0} order by number limit ${page.limit}`);
  return rows.map((row) => ({
    id: row.id,
    number: row.number,
    state: row.state as TaskState,
    config: JSON.parse(row.config) as Configuration,
    seed: row.seed,
    value: row.value,
    workerId: row.worker_id,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  }));
}

function toValue(row: ValueRow): TaskValue {
  return { id: row.id, number: row.number, state: row.state as TaskState, value: row.value };
}
