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

/**
 * The least difference between two means that is not noise, at 95 % and one comparison at a time: Fisher's least
 * significant difference, t · s · √(1/n₁ + 1/n₂) (Fisher 1935, "The Design of Experiments"). It does not correct for
 * comparing many, so that it calls too little a tie rather than too much a difference of the best few.
 */
export function leastDifference(noise: Noise, left: number, right: number): number {
  return studentQuantile(TWO_SIDED_95, noise.degrees) * noise.deviation * Math.sqrt(1 / left + 1 / right);
}
