/**
 * The standard normal distribution as expected improvement needs it: to full precision far out in its lower tail, where
 * the density underflows and differences cancel (Ament et al. 2023, "Unexpected improvements to expected improvement").
 */
const LOG_SQRT_TWO_PI = 0.9189385332046727;

/** Beyond this many standard deviations the series gives way to the continued fraction. */
const TAIL_FROM = 3;

export function density(z: number): number {
  return Math.exp(-0.5 * z * z - LOG_SQRT_TWO_PI);
}

/** P(Z ≤ z). */
export function cumulative(z: number): number {
  if (z < -TAIL_FROM) return density(z) * millsRatio(-z);
  if (z > TAIL_FROM) return 1 - density(z) * millsRatio(z);
  // Marsaglia 2004, "Evaluating the normal distribution", J. Stat. Software 11(4).
  let term = z;
  let sum = z;
  for (let odd = 3; Math.abs(term) > 1e-17 * Math.abs(sum); odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return 0.5 + density(z) * sum;
}

/** P(Z > t) / density(t) for t ≥ 3, by Laplace's continued fraction (Abramowitz & Stegun 26.2.14). */
function millsRatio(t: number): number {
  let value = t;
  for (let level = Math.min(60, Math.ceil(12 + 400 / (t * t))); level >= 1; level -= 1) value = t + level / value;
  return 1 / value;
}

/** What {@link improvement} writes: log h, and the ratios Φ/h and φ/h that its derivatives need. */
export type Improvement = { log: number; cumulativeShare: number; densityShare: number };

/**
 * h(z) = φ(z) + z Φ(z), the expected improvement in units of the standard deviation, as its logarithm, with
 * d log h / dz = Φ/h. Written into `result`, since this is asked a thousand times for one choice.
 */
export function improvement(z: number, result: Improvement): void {
  if (z > -TAIL_FROM) {
    const low = cumulative(z);
    const at = density(z);
    const value = at + z * low;
    result.log = Math.log(value);
    result.cumulativeShare = low / value;
    result.densityShare = at / value;
    return;
  }
  // 1 − t·Mills(t) tends to 1/t², and its digits cancel as it does.
  const t = -z;
  const mills = millsRatio(t);
  const rest = t > 3000 ? 1 / (t * t) : 1 - t * mills;
  result.log = -0.5 * z * z - LOG_SQRT_TWO_PI + Math.log(rest);
  result.cumulativeShare = mills / rest;
  result.densityShare = 1 / rest;
}
