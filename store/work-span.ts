import type { AttemptState } from '#core/task.ts';
import { join, sql, type Reader } from './seam.ts';

/** When a worker had a task, and what became of it; the rest of the attempt stays unread. */
export type WorkSpan = { taskId: string; attempt: number; state: AttemptState; startedAt: number; finishedAt: number | null };

type SpanRow = { task_id: string; attempt: number; state: string; started_at: number; finished_at: number | null };

/** What a worker had last, the latest start first. */
export async function listWorkSpans(reader: Reader, workerId: string, limit: number): Promise<WorkSpan[]> {
  const rows = await reader.rows<SpanRow>(sql`
    select task_id, attempt, state, started_at, finished_at from attempts where worker_id = ${workerId}
    order by started_at desc, task_id desc, attempt desc limit ${limit}`);
  return rows.map((row) => ({ taskId: row.task_id, attempt: row.attempt, state: row.state as AttemptState, startedAt: row.started_at, finishedAt: row.finished_at }));
}

/** What some workers have at work now, by worker. */
export async function listRunningTasks(reader: Reader, workerIds: readonly string[], limit: number): Promise<ReadonlyMap<string, string[]>> {
  if (workerIds.length === 0) return new Map();
  const rows = await reader.rows<{ worker_id: string; task_id: string }>(sql`
    select worker_id, task_id from attempts where state = 'running' and worker_id in (${join(workerIds)})
    order by worker_id, task_id limit ${limit}`);
  const tasks = new Map<string, string[]>();
  for (const { worker_id: worker, task_id: task } of rows) tasks.set(worker, [...(tasks.get(worker) ?? []), task]);
  return tasks;
}

/** How the last attempts of a worker ended, by experiment. */
export type ExperimentRecord = { experiment: string; state: AttemptState; many: number };

/** Counts the last so many attempts of a worker by experiment and outcome. */
export async function countLastAttempts(reader: Reader, workerId: string, most: number): Promise<ExperimentRecord[]> {
  return reader.rows<ExperimentRecord>(sql`
    select families.experiment, last.state, count(*) as many
    from (select task_id, state from attempts where worker_id = ${workerId} order by started_at desc, task_id desc, attempt desc limit ${most}) last
    join tasks on tasks.id = last.task_id join families on families.id = tasks.family_id
    group by families.experiment, last.state order by families.experiment, last.state limit ${most}`);
}
