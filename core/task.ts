import type { Metrics, TaskError } from './result.ts';
import type { Configuration } from './space.ts';

/** The unit of work: one training run with its own configuration, seed and time budget. */
export type Task = {
  id: string;
  familyId: string;
  briefId: string;
  /** 1-based within the family. */
  number: number;
  state: TaskState;
  config: Configuration;
  seed: number;
  timeBudgetSeconds: number;
  /** Higher runs earlier within its brief. */
  priority: number;
  /** The number of the current or last attempt; 0 before the first. */
  attempt: number;
  /** How many attempts were made before people had it run anew; the limit of retries counts from there. */
  attemptsBefore: number;
  /** How many attempts of it were audits of its result; while there is none, 0. The next attempt has the number after both. */
  audits: number;
  workerId: string | null;
  value: number | null;
  metrics: Metrics | null;
  error: TaskError | null;
  createdAt: number;
  startedAt: number | null;
  finishedAt: number | null;
};

export const TASK_STATES = ['pending', 'running', 'completed', 'failed', 'cancelled'] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** One try of a task by one worker, fenced by its number and lease token. */
export type Attempt = {
  taskId: string;
  attempt: number;
  workerId: string;
  leaseToken: string;
  state: AttemptState;
  leaseExpiresAt: number;
  /** The moment by which the attempt ends even if heartbeats go on, in epoch milliseconds. */
  deadlineAt: number;
  metrics: Metrics | null;
  error: TaskError | null;
  startedAt: number;
  finishedAt: number | null;
  purpose: AttemptPurpose;
  /** What is known of its result by running it again elsewhere; null where nobody does. */
  verification: Verification | null;
};

/** A `run` gives a task its result; an `audit` runs a completed task again, to see whether that result is true. */
export type AttemptPurpose = 'run' | 'audit';

/**
 * What is known of a result in a brief with verification. `vested`: nobody vouches for it, but its pay is
 * final, since later results of the same worker were confirmed. `refuted`: other machines agree on another value. `set_aside`: not counted, because its
 * worker was quarantined or no runs of the task agreed.
 */
export type Verification = 'unverified' | 'verified' | 'vested' | 'refuted' | 'set_aside';

/** `lost`: the lease ran out; `cancelled`: people stopped it. */
export type AttemptState = 'running' | 'completed' | 'failed' | 'lost' | 'cancelled';

/** A point of a learning curve. */
export type MetricPoint = { step: number; name: string; value: number; atSeconds: number };

/** A failed or lost attempt is followed by up to this many more. */
export const MOST_RETRIES = 3;

/** What becomes of a task whose attempt failed or was lost. `tries` counts from when people last had the task run anew. */
export function stateAfterFailure(tries: number): 'pending' | 'failed' {
  return tries <= MOST_RETRIES ? 'pending' : 'failed';
}

/** Whether nothing more will happen to a task by itself. */
export function isSettled(state: TaskState): boolean {
  return state === 'completed' || state === 'failed' || state === 'cancelled';
}
