import type { AttemptState } from '#core/task.ts';
import { sql, type Reader } from './seam.ts';

/** When a worker had a task, and what became of it; the rest of the attempt stays unread. */
export type WorkSpan = { taskId: string; attempt: number; state: AttemptState; startedAt: number; finishedAt: number | null };

type SpanRow = { task_id: string; attempt: number; state: string; started_at: number; finished_at: number | null };

/** What a worker had last, the latest start first. */
export async function listWorkSpans(reader: Reader, workerId: string, limit: number): Promise<WorkSpan[]> {
  const rows = await reader.rows<SpanRow>(sql`
    select task_id, attempt, state, started_at, finished_at from attempts where worker_id = ${workerId}
    order by started_at desc, task_id limit ${limit}`);
  return rows.map((row) => ({ taskId: row.task_id, attempt: row.attempt, state: row.state as AttemptState, startedAt: row.started_at, finishedAt: row.finished_at }));
}
