import { z } from 'zod';
import { TASK_STATES, type Attempt, type MetricPoint, type Task } from '#core/task.ts';
import { provenanceView } from './provenance.ts';
import { id, line, moment, pageQuery, toMoment, toMomentOrNull, whole } from './scalar.ts';
import { configuration } from './space.ts';

/** Numbers and notes that a script reported with its last line. */
export const metricsView = z.record(z.string(), z.union([z.number(), z.string(), z.boolean(), z.null()]));

/** Why there is no value. */
export const errorView = z.object({ kind: z.string(), message: z.string() });

/** A task as the API shows it. */
export const taskView = z.object({
  id,
  family_id: id,
  brief_id: id,
  number: z.number(),
  state: z.enum(TASK_STATES),
  config: configuration,
  seed: z.number(),
  time_budget_seconds: z.number(),
  priority: z.number(),
  attempt: z.number(),
  worker_id: id.nullable(),
  value: z.number().nullable(),
  metrics: metricsView.nullable(),
  error: errorView.nullable(),
  created_at: moment,
  started_at: moment.nullable(),
  finished_at: moment.nullable(),
});

/** One try of a task as the API shows it. */
export const attemptView = z.object({
  attempt: z.number(),
  worker_id: id,
  state: z.enum(['running', 'completed', 'failed', 'lost', 'cancelled']),
  purpose: z.enum(['run', 'audit']),
  verification: z.enum(['unverified', 'verified', 'vested', 'refuted', 'set_aside']).nullable().describe('What is known of its result, in briefs with verification'),
  metrics: metricsView.nullable(),
  error: errorView.nullable(),
  started_at: moment,
  finished_at: moment.nullable(),
});

/** A task with its attempts, and where the result of the last one comes from. */
export const taskDetail = taskView.extend({ attempts: z.array(attemptView), package_sha256: z.string(), provenance: provenanceView.nullable() });

/** From the core's form to the wire's. */
export function fromTask(task: Task): z.infer<typeof taskView> {
  return {
    id: task.id,
    family_id: task.familyId,
    brief_id: task.briefId,
    number: task.number,
    state: task.state,
    config: task.config,
    seed: task.seed,
    time_budget_seconds: task.timeBudgetSeconds,
    priority: task.priority,
    attempt: task.attempt,
    worker_id: task.workerId,
    value: task.value,
    metrics: task.metrics,
    error: task.error,
    created_at: toMoment(task.createdAt),
    started_at: toMomentOrNull(task.startedAt),
    finished_at: toMomentOrNull(task.finishedAt),
  };
}

/** From the core's form to the wire's; the lease token stays secret. */
export function fromAttempt(attempt: Attempt): z.infer<typeof attemptView> {
  return {
    attempt: attempt.attempt,
    worker_id: attempt.workerId,
    state: attempt.state,
    purpose: attempt.purpose,
    verification: attempt.verification,
    metrics: attempt.metrics,
    error: attempt.error,
    started_at: toMoment(attempt.startedAt),
    finished_at: toMomentOrNull(attempt.finishedAt),
  };
}

/**
 * `value` and `-value` list only tasks that have a value and need a family: values of unlike campaigns are not compared.
 * So do `duration` and `-duration`, for tasks that ended; `finished` lists those that ended, the last one first.
 */
export const TASK_SORTS = ['newest', 'oldest', 'value', '-value', 'finished', 'duration', '-duration'] as const;

/** Whether a sort compares tasks of one family only. */
export function needsFamily(sort: (typeof TASK_SORTS)[number]): boolean {
  return sort.endsWith('value') || sort.endsWith('duration');
}

/** Query of the list of tasks. */
export const taskQuery = z.strictObject({
  ...pageQuery,
  family_id: id.optional(),
  state: z.enum(TASK_STATES).optional(),
  worker_id: id.optional(),
  sort: z.enum(TASK_SORTS).default('newest'),
  filter: z.string().optional().describe('Terms that all must hold, e.g. state:failed lr<0.001'),
});

/** Query of a task's points. */
export const metricQuery = z.strictObject({
  ...pageQuery,
  name: line(64).optional(),
  attempt: z.coerce.number().pipe(whole(1, 1_000_000)).optional().describe('The last attempt where absent'),
});

/** A point of a learning curve. */
export const pointView = z.object({ step: z.number(), name: z.string(), value: z.number(), at_seconds: z.number() });

/** From the core's form to the wire's. */
export function fromPoint(point: MetricPoint): z.infer<typeof pointView> {
  return { step: point.step, name: point.name, value: point.value, at_seconds: point.atSeconds };
}

/** Query of a task's log: text is `text/plain`; `offset` counts characters. */
export const logQuery = z.strictObject({
  attempt: z.coerce.number().pipe(whole(1, 1_000_000)).optional().describe('The last attempt where absent'),
});
