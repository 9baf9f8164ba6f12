import type { Random } from '#core/random.ts';
import type { Metrics, TaskError } from '#core/result.ts';
import type { Configuration } from '#core/space.ts';
import { stateAfterFailure, type AttemptState, type TaskState } from '#core/task.ts';
import { syntheticValue } from './seed-experiment.ts';
import type { PlannedFamily } from './seed-plan.ts';

/** One made-up try of a task. `slot` is the index of its worker. */
export type MadeAttempt = { attempt: number; slot: number; state: AttemptState; startedAt: number; finishedAt: number; metrics: Metrics | null; error: TaskError | null };

/** What became of a task after all its tries. */
export type MadeEnd = { state: TaskState; value: number | null; attempts: MadeAttempt[] };

const ERRORS: TaskError[] = [
  { kind: 'exit_code', message: 'The script ended with exit code 1.' },
  { kind: 'invalid_result', message: '"val_bpb" is not a finite number.' },
  { kind: 'timeout', message: 'The script was still running after its start, budget and grace together and was ended.' },
  { kind: 'signal', message: 'The script was ended by SIGKILL.' },
];
const LOST: TaskError = { kind: 'lease_lost', message: 'The worker was not heard from before its lease ran out.' };
const LOST_SHARE = 0.2;
const BETWEEN_ATTEMPTS_MS = 1500;

/** Tries a task until it succeeds or has failed for good, in its place of the family's stretch of time. */
export function makeAttempts(family: PlannedFamily, number: number, config: Configuration, random: Random): MadeEnd {
  const { slots } = family.lane;
  const budgetMs = family.timeBudgetSeconds * 1000;
  const attempts: MadeAttempt[] = [];
  let startedAt = family.startsAt + Math.floor((number - 1) / slots.length) * family.waveMs + Math.round(random() * 800);
  for (let attempt = 1; ; attempt += 1) {
    const slot = slots[(number - 1 + 7 * (attempt - 1)) % slots.length] ?? 0;
    if (random() >= family.failureShare) {
      const finishedAt = startedAt + Math.round(1000 + 2000 * random() + budgetMs * (0.9 + 0.05 * random()));
      const value = syntheticValue(config, family.timeBudgetSeconds, random);
      const metrics = metricsOf(value, family.timeBudgetSeconds, config, random);
      attempts.push({ attempt, slot, state: 'completed', startedAt, finishedAt, metrics, error: null });
      return { state: 'completed', value, attempts };
    }
    const lost = random() < LOST_SHARE;
    const error = lost ? LOST : (ERRORS[Math.floor(random() * ERRORS.length)] ?? LOST);
    const finishedAt = startedAt + Math.round(500 + budgetMs * (0.02 + 0.1 * random()));
    attempts.push({ attempt, slot, state: lost ? 'lost' : 'failed', startedAt, finishedAt, metrics: lost ? null : {}, error });
    const state = stateAfterFailure(attempt);
    if (state === 'failed') return { state, value: null, attempts };
    startedAt = finishedAt + BETWEEN_ATTEMPTS_MS;
  }
}

function metricsOf(value: number, timeBudgetSeconds: number, config: Configuration, random: Random): Metrics {
  const steps = Math.round((timeBudgetSeconds * 40_000) / (Number(config['d_model']) * Number(config['batch_size'])));
  return { val_bpb: value, train_loss: Number((value * 0.68 + 0.02 * random()).toPrecision(6)), steps_completed: steps, wall_time_seconds: Number((timeBudgetSeconds * 0.9).toFixed(2)), device_used: 'none' };
}
