import type { Metrics, TaskError } from '#core/result.ts';
import type { Configuration } from '#core/space.ts';
import type { Task, TaskPurpose, TaskState } from '#core/task.ts';

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
  chosen_by: string | null;
  purpose: string;
  note: string | null;
  attempt: number;
  attempts_before: number;
  audits: number;
  worker_id: string | null;
  value: number | null;
  class_id: string | null;
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
    chosenBy: row.chosen_by,
    purpose: row.purpose as TaskPurpose,
    note: row.note,
    attempt: row.attempt,
    attemptsBefore: row.attempts_before,
    audits: row.audits,
    workerId: row.worker_id,
    value: row.value,
    classId: row.class_id,
    metrics: row.metrics === null ? null : (JSON.parse(row.metrics) as Metrics),
    error: row.error === null ? null : (JSON.parse(row.error) as TaskError),
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
  };
}
