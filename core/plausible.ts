import { isBetter, type Metric } from './experiment.ts';
import type { Metrics, TaskError } from './result.ts';

/** What the server knows of a run beside what its result says. */
export type Circumstances = {
  /** By the server's clock, from handing out the task until its result came. */
  elapsedSeconds: number;
  timeBudgetSeconds: number;
  /** What a task may take in all, with what the experiment allows before the training and after it. */
  longestSeconds: number;
  /** Whether the configuration itself ends the run, by `max_steps`. */
  isLimitedBySteps: boolean;
  /** The last values of the metric that the run reported on its way, the newest first. */
  latest: readonly { step: number; value: number }[];
  /** Earlier runs of the same worker in the same campaign. */
  earlier: readonly EarlierRun[];
};

/** How long a run took by the server's clock, and how many steps it said it made. */
export type EarlierRun = { seconds: number; steps: number | null };

/** How far a check goes: further where strangers are paid for what they report. */
type Strictness = { isStrict: boolean };

/** Clocks of two machines, and messages on their way, differ by so much. */
const SLACK_SECONDS = 2;
const SLACK_SHARE = 0.02;

/** Fewer points, or fewer earlier runs, are no evidence. */
const LEAST_POINTS = 3;
const LEAST_EARLIER = 3;

/** A run that ends before this share of its budget did not use it. */
const LEAST_BUDGET_SHARE = 0.5;

/** Configurations of one campaign differ in speed, but by no more than this. */
const MOST_SPEEDUP = 20;

/** How far a result may be from the end of its curve: so many spans of its last points, and this share of the last one. */
const CURVE_SPANS = { lenient: 2, strict: 1 };
const CURVE_SHARE = { lenient: 0.5, strict: 0.2 };

/**
 * Why a value that is possible for its metric still cannot be what the run gave; null where nothing speaks against it.
 * What a result does not say is not held against it: a worker may report the metric alone.
 */
export function implausibility(metric: Metric, value: number, metrics: Metrics, circumstances: Circumstances, strictness: Strictness): TaskError | null {
  const checks = strictness.isStrict ? [impossibleNumber, beyondItsTime, apartFromCurve, beyondTheClock, shortOfBudget, shortOfCurve, fasterThanItself] : [impossibleNumber, beyondItsTime, apartFromCurve];
  for (const check of checks) {
    const message = check({ metric, value, steps: numberOf(metrics, 'steps_completed'), wallSeconds: numberOf(metrics, 'wall_time_seconds'), saysEarly: metrics['stopped_early'] === true, ...circumstances, ...strictness });
    if (message !== null) return { kind: 'implausible_result', message };
  }
  return null;
}

type Run = Circumstances & Strictness & { metric: Metric; value: number; steps: number | null; wallSeconds: number | null; saysEarly: boolean };

function impossibleNumber({ steps, wallSeconds }: Run): string | null {
  if (steps !== null && steps < 0) return `It says that it made ${steps} steps.`;
  return wallSeconds !== null && wallSeconds < 0 ? `It says that it took ${wallSeconds} s.` : null;
}

function beyondItsTime({ wallSeconds, elapsedSeconds, longestSeconds }: Run): string | null {
  const longest = withSlack(Math.max(elapsedSeconds, longestSeconds));
  return wallSeconds !== null && wallSeconds > longest ? `It says that it trained for ${said(wallSeconds)} s, which is longer than a task may take.` : null;
}

/** A liar wants to be better, so without strangers only that is looked for: a script may well find its last evaluation worse. */
function apartFromCurve({ metric, value, latest, isStrict }: Run): string | null {
  const [last] = latest;
  if (last === undefined || latest.length < LEAST_POINTS) return null;
  if (!isStrict && !isBetter(metric, value, last.value)) return null;
  const values = latest.map((point) => point.value);
  const form = isStrict ? 'strict' : 'lenient';
  const allowed = CURVE_SPANS[form] * (Math.max(...values) - Math.min(...values)) + CURVE_SHARE[form] * Math.abs(last.value);
  if (Math.abs(value - last.value) <= allowed) return null;
  return `It reports ${metric.name} ${said(value)}, but its own curve ended at ${said(last.value)}, and ${said(allowed)} is the most that its last points leave room for.`;
}

function beyondTheClock({ wallSeconds, elapsedSeconds }: Run): string | null {
  return wallSeconds !== null && wallSeconds > withSlack(elapsedSeconds) ? `It says that it trained for ${said(wallSeconds)} s, but only ${said(elapsedSeconds)} s passed since it was given the task.` : null;
}

function shortOfBudget({ wallSeconds, timeBudgetSeconds, isLimitedBySteps, saysEarly }: Run): string | null {
  if (wallSeconds === null || isLimitedBySteps || saysEarly || wallSeconds >= LEAST_BUDGET_SHARE * timeBudgetSeconds) return null;
  return `It says that it trained for ${said(wallSeconds)} s of its ${said(timeBudgetSeconds)} s, and does not say that it stopped early.`;
}

function shortOfCurve({ steps, latest }: Run): string | null {
  const [last] = latest;
  return steps !== null && last !== undefined && latest.length >= LEAST_POINTS && last.step > steps ? `It says that it made ${steps} steps, but reported a point at step ${last.step}.` : null;
}

/** By its own earlier runs: how long they took, and how many steps a second they made. */
function fasterThanItself({ elapsedSeconds, timeBudgetSeconds, steps, earlier, isLimitedBySteps, saysEarly }: Run): string | null {
  if (earlier.length < LEAST_EARLIER) return null;
  const shortest = Math.min(...earlier.map((run) => run.seconds));
  const usedBudget = shortest >= LEAST_BUDGET_SHARE * timeBudgetSeconds;
  if (usedBudget && !isLimitedBySteps && !saysEarly && withSlack(elapsedSeconds) < shortest * LEAST_BUDGET_SHARE) return `It came after ${said(elapsedSeconds)} s; no earlier run of this worker took less than ${said(shortest)} s, and it does not say that it stopped early.`;
  const rates = earlier.flatMap((run) => (run.steps === null || run.seconds <= 0 ? [] : [run.steps / run.seconds]));
  const most = Math.max(...rates) * MOST_SPEEDUP;
  const rate = steps === null ? 0 : steps / withSlack(elapsedSeconds);
  if (rates.length < LEAST_EARLIER || rate <= most) return null;
  return `It says that it made ${said(rate)} steps a second, more than ${MOST_SPEEDUP} times what this worker has shown before.`;
}

function withSlack(seconds: number): number {
  return seconds * (1 + SLACK_SHARE) + SLACK_SECONDS;
}

function numberOf(metrics: Metrics, name: string): number | null {
  const value = Object.hasOwn(metrics, name) ? metrics[name] : null;
  return typeof value === 'number' ? value : null;
}

function said(value: number): string {
  return String(Number(value.toPrecision(4)));
}
