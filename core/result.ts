import type { Metric } from './experiment.ts';

/** What a script reported with its last line: numbers, and notes such as the device it used. */
export type Metrics = Record<string, number | string | boolean | null>;

/** Why an attempt did not succeed: a stable kind, and a sentence. */
export type TaskError = { kind: string; message: string };

/** What a worker says of a finished attempt. */
export type Result = { outcome: 'completed' | 'failed'; metrics: Metrics; error: TaskError | null };

/** A result after the check: a value that counts, or the reason why there is none. */
export type Verdict = { ok: true; value: number } | { ok: false; error: TaskError };

/** Larger values could not be squared and summed in a double, so they have no summary. */
const MOST_MAGNITUDE = 1e100;

/**
 * Decides whether a result has a value. A crash value (missing, NaN, infinite, or not above the metric's bound)
 * never becomes one, so that it cannot win a campaign.
 */
export function judgeResult(metric: Metric, result: Result): Verdict {
  if (result.outcome === 'failed') return { ok: false, error: result.error ?? { kind: 'failed', message: 'The worker reported a failure without a reason.' } };
  const value = Object.hasOwn(result.metrics, metric.name) ? result.metrics[metric.name] : undefined;
  const invalid = (message: string): Verdict => ({ ok: false, error: { kind: 'invalid_result', message } });
  if (value === undefined) return invalid(`The result has no "${metric.name}".`);
  if (typeof value !== 'number' || !Number.isFinite(value)) return invalid(`"${metric.name}" is not a finite number.`);
  if (Math.abs(value) > MOST_MAGNITUDE) return invalid(`"${metric.name}" is ${value}, which is beyond ±${MOST_MAGNITUDE} and so cannot be.`);
  if (metric.above !== null && value <= metric.above) return invalid(`"${metric.name}" is ${value}, which is not above ${metric.above} and so cannot be.`);
  return { ok: true, value };
}
