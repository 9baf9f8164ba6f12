import type { Metrics, TaskError } from '#core/result.ts';
import type { Configuration } from '#core/space.ts';
import type { Task, TaskState } from '#core/task.ts';

/** A row of `tasks`. */
export type TaskRow = {
  id: string;
  family_id: string;
  brief_id: string;
  number: number;
  state: string;
  config: string;
  seed: number;
  time_budget_seconds: number;
  priority: number;
  attempt: number;
  attempts_before: number;
  audits: number;
  worker_id: string | null;
  value: number | null;
  metrics: string | null;
  error: string | null;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
};

/** From a row to the task that it keeps. */
export function toTask(row: TaskRow): Task {
  return {
    id: row.id,
    familyId: row.family_id,
    briefId: row.brief_id,
    number: row.number,
    state: row.state as TaskState,
    config: JSON.parse(row.config) as Configuration,
    seed: row.seed,
    timeBudgetSeconds: row.time_budget_seconds,
    priority: row.priority,
    attempt: row.attempt,
    attemptsBefore: row.attempts_before,
    audits: row.audits,
    workerId: row.worker_id,
    value: row.value,
    metrics: row.metrics === null ? null : (JSON.parse(row.metrics) as Metrics),
    error: row.error === null ? null : (JSON.parse(row.error) as TaskError),
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}
