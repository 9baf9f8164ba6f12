import { standardDeviation, type Rollup } from '#core/rollup.ts';
import { studentQuantile } from './student.ts';

/** What a set of values says. Every figure is null where there are too few values for it. */
export type Summary = {
  n: number;
  mean: number | null;
  median: number | null;
  min: number | null;
  max: number | null;
  /** Sample standard deviation: how far single values lie apart. */
  sd: number | null;
  /** Standard error of the mean, sd / √n: how far the mean of as many new values would lie. */
  se: number | null;
};

/** What stands for a group, and what is drawn around it. */
export const CENTRES = ['mean', 'median'] as const;
export type Centre = (typeof CENTRES)[number];
export const SPREADS = ['sd', 'se', 'ci', 'range'] as const;
export type Spread = (typeof SPREADS)[number];

/** Both ends included, in the unit of the values. */
export type Interval = { low: number; high: number };

const TWO_SIDED_95 = 0.975;

/** The summary of values whose rollup is known; `sorted` are the same values from the lowest on. */
export function summarise(rollup: Pick<Rollup, 'n' | 'mean' | 'm2' | 'min' | 'max'>, sorted: readonly number[]): Summary {
  const { n, min, max } = rollup;
  const sd = standardDeviation(rollup);
  return { n, mean: n === 0 ? null : rollup.mean, median: n === 0 ? null : quantile(sorted, 0.5), min, max, sd, se: sd === null ? null : sd / Math.sqrt(n) };
}

/**
 * The interval around a group's centre; null where there are too few values for it.
 *
 * `ci` is the 95 % interval: of the mean by Student's t, mean ± t(0.975, n − 1) · se, which supposes values that are
 * about normal; of the median by order statistics, which supposes nothing (Conover 1999, "Practical Nonparametric
 * Statistics", 3.2) and needs six values. A median has no standard error here: `se` is `ci` for it.
 */
export function intervalOf(summary: Summary, sorted: readonly number[], centre: Centre, spread: Spread): Interval | null {
  const { n, mean, median, min, max, sd, se } = summary;
  if (min === null || max === null || mean === null || median === null) return null;
  if (spread === 'range') return n < 2 ? null : { low: min, high: max };
  if (sd === null || se === null) return null;
  if (centre === 'median') return spread === 'sd' ? around(median, sd) : medianInterval(sorted);
  const widths = { sd, se, ci: studentQuantile(TWO_SIDED_95, n - 1) * se };
  return around(mean, widths[spread]);
}

/** A quantile of sorted values by linear interpolation (Hyndman & Fan 1996, type 7); 0 of none. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0];
  const [span, part] = [above - below, place - Math.floor(place)];
  // Values at both ends of what doubles hold are further apart than a double can say.
  return Number.isFinite(span) ? below + span * part : below * (1 - part) + above * part;
}

function around(centre: number, width: number): Interval {
  return { low: centre - width, high: centre + width };
}

/** The narrowest symmetric pair of values that holds the median with at least 95 %: what lies outside is binomial. */
function medianInterval(sorted: readonly number[]): Interval | null {
  const n = sorted.length;
  // The logarithms keep the first terms of the binomial from vanishing where n is large.
  let term = -n * Math.LN2;
  let tail = Math.exp(term);
  let outside = -1;
  for (let rank = 0; tail <= 1 - TWO_SIDED_95 && rank < n / 2; rank += 1) {
    outside = rank;
    term += Math.log(n - rank) - Math.log(rank + 1);
    tail += Math.exp(term);
  }
  const [low, high] = [sorted[outside], sorted[n - 1 - outside]];
  return outside < 0 || low === undefined || high === undefined ? null : { low, high };
}
