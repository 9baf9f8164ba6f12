import { studentQuantile } from './student.ts';

/** How much the values of equal configurations differ: their pooled standard deviation, with its degrees of freedom. */
export type Noise = { deviation: number; degrees: number };

const TWO_SIDED_95 = 0.975;

/** The values of one configuration over its seeds, as far as their spread is concerned. */
type Spread = { n: number; m2: number };

/**
 * The pooled standard deviation over configurations that ran more than once: the square root of the summed squared
 * differences from each one's own mean, over the summed n − 1 (NIST/SEMATECH e-Handbook of Statistical Methods,
 * 3.2.1 and 7.3.1.1). Null where nothing ran twice, or where the spread is beyond any double.
 */
export function pooledNoise(groups: Iterable<Spread>): Noise | null {
  let [squares, degrees] = [0, 0];
  for (const { n, m2 } of groups) {
    if (n < 2) continue;
    squares += m2;
    degrees += n - 1;
  }
  const deviation = Math.sqrt(squares / degrees);
  return degrees > 0 && Number.isFinite(deviation) ? { deviation, degrees } : null;
}

/** Of fewer configurations half may be wrong by chance. */
const LEAST_GROUPS = 5;

/**
 * The noise where some of the values may be made up: the middle one of the configurations' variances, so that as long as
 * fewer than half of them hold a made-up value the estimate stays in the range of the honest ones, which a pooled one
 * leaves with the first. A variance of d degrees has its median at d(1 − 2/9d)³ over d times the true one (Wilson &
 * Hilferty 1931, "The distribution of chi-square", PNAS 17:684–688), by which it is corrected; and a median says about
 * as much as a third of the values would. Null below five configurations that ran more than once.
 */
export function robustNoise(groups: Iterable<Spread>): Noise | null {
  const variances: number[] = [];
  let degrees = 0;
  for (const { n, m2 } of groups) {
    if (n < 2) continue;
    variances.push(m2 / (n - 1) / (1 - 2 / (9 * (n - 1))) ** 3);
    degrees += n - 1;
  }
  const deviation = Math.sqrt(variances.toSorted((left, right) => left - right)[Math.floor(variances.length / 2)] ?? 0);
  return variances.length >= LEAST_GROUPS && Number.isFinite(deviation) ? { deviation, degrees: Math.max(1, Math.floor(degrees / 3)) } : null;
}

/**
 * The least difference between two means that is not noise, at 95 % and one comparison at a time: Fisher's least
 * significant difference, t · s · √(1/n₁ + 1/n₂) (Fisher 1935, "The Design of Experiments"). It does not correct for
 * comparing many, so that it calls too little a tie rather than too much a difference of the best few.
 */
export function leastDifference(noise: Noise, left: number, right: number): number {
  return studentQuantile(TWO_SIDED_95, noise.degrees) * noise.deviation * Math.sqrt(1 / left + 1 / right);
}
