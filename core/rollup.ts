import { isBetter, type Metric } from './experiment.ts';

/**
 * Running summary of the values of a family. `m2` is the sum of squared differences from the mean.
 * With n = 0 every value is null and mean and m2 are 0.
 */
export type Rollup = {
  n: number;
  mean: number;
  m2: number;
  min: number | null;
  max: number | null;
  best: number | null;
  bestTaskId: string | null;
};

export const EMPTY_ROLLUP: Rollup = { n: 0, mean: 0, m2: 0, min: null, max: null, best: null, bestTaskId: null };

/**
 * The rollup with one more value, by Welford's update (Welford 1962, Technometrics 4:419–420).
 * Of equal values the earlier one stays the best.
 */
export function addValue(rollup: Rollup, metric: Pick<Metric, 'direction'>, value: number, taskId: string): Rollup {
  const n = rollup.n + 1;
  const delta = value - rollup.mean;
  const mean = rollup.mean + delta / n;
  const better = rollup.best === null || isBetter(metric, value, rollup.best);
  return {
    n,
    mean,
    m2: rollup.m2 + delta * (value - mean),
    min: rollup.min === null ? value : Math.min(rollup.min, value),
    max: rollup.max === null ? value : Math.max(rollup.max, value),
    best: better ? value : rollup.best,
    bestTaskId: better ? taskId : rollup.bestTaskId,
  };
}

/**
 * The rollup of two disjoint sets of values
 * (Chan, Golub & LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample variances").
 * Of equal bests the first argument's stays.
 */
export function mergeRollups(left: Rollup, right: Rollup, metric: Pick<Metric, 'direction'>): Rollup {
  if (left.n === 0 || right.n === 0) return left.n === 0 ? right : left;
  const n = left.n + right.n;
  const delta = right.mean - left.mean;
  const rightBetter = isBetter(metric, right.best ?? Number.NaN, left.best ?? Number.NaN);
  return {
    n,
    mean: left.mean + (delta * right.n) / n,
    m2: left.m2 + right.m2 + (delta * delta * left.n * right.n) / n,
    min: Math.min(left.min ?? Infinity, right.min ?? Infinity),
    max: Math.max(left.max ?? -Infinity, right.max ?? -Infinity),
    best: rightBetter ? right.best : left.best,
    bestTaskId: rightBetter ? right.bestTaskId : left.bestTaskId,
  };
}

/** Sample standard deviation (n − 1 in the denominator); null for fewer than two values. */
export function standardDeviation(rollup: Pick<Rollup, 'n' | 'm2'>): number | null {
  return rollup.n < 2 ? null : Math.sqrt(Math.max(0, rollup.m2) / (rollup.n - 1));
}
