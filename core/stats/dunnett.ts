import { logGamma } from './chi-square.ts';
import { normalBelow, normalDensity } from './normal.ts';
import { studentQuantile } from './student.ts';

/** Beyond so many degrees the noise is as good as known. */
const MOST_DEGREES = 10_000;
const NODES = 64;
const NOTHING = 1e-13;
/** What the differences share, in equal steps: the trapezoid rule converges fast where all of it is smooth and ends in nothing. */
const COMMON = Array.from({ length: 43 }, (_, index) => ({ z: (index - 21) / 3, share: normalDensity((index - 21) / 3) / 3 }));
const MOST_STEPS = 60;
const CLOSE = 1e-10;
const MOST_KEPT = 2000;

const known = new Map<string, number>();

/**
 * How far apart, in standard errors of their difference, a mean and the largest of others must be so that it is not chance:
 * the quantile of the largest of several equally correlated Student's t (Dunnett 1955, "A multiple comparison procedure
 * for comparing several treatments with a control", JASA 50:1096–1121). With one comparison it is Student's quantile.
 *
 * @param share the probability that none of them is larger by chance, e.g. 0.95
 * @param comparisons how many are compared with the one, at least 1
 * @param degrees the degrees of freedom of the noise, at least 1
 * @param correlation of the differences, which share the one: n/(n + n₀) of means over n and n₀ values. A smaller one than
 *   the true gives a larger quantile, so that it errs towards calling chance what is none (Slepian 1962)
 */
export function dunnettQuantile(share: number, comparisons: number, degrees: number, correlation: number): number {
  const counted = Math.min(degrees, MOST_DEGREES);
  if (comparisons <= 1) return studentQuantile(share, counted);
  const key = `${share} ${comparisons} ${counted} ${correlation}`;
  let quantile = known.get(key);
  if (quantile === undefined) {
    if (known.size >= MOST_KEPT) known.clear();
    quantile = solve(share, comparisons, counted, correlation);
    known.set(key, quantile);
  }
  return quantile;
}

/** Between the quantile of one comparison and that of Bonferroni's inequality, by false position with Illinois halving (Dowell & Jarratt 1971). */
function solve(share: number, comparisons: number, degrees: number, correlation: number): number {
  const spreads = spreadsOf(degrees);
  const over = (d: number): number => below(d, comparisons, correlation, spreads) - share;
  let [low, high] = [studentQuantile(share, degrees), studentQuantile(1 - (1 - share) / comparisons, degrees)];
  let [atLow, atHigh] = [over(low), over(high)];
  for (let step = 0; step < MOST_STEPS && high - low > CLOSE * high && atHigh > 0; step += 1) {
    const middle = high - (atHigh * (high - low)) / (atHigh - atLow);
    const at = over(middle);
    if (Math.abs(at) < CLOSE) return middle;
    if (at > 0) {
      [high, atHigh] = [middle, at];
      atLow /= 2;
    } else {
      [low, atLow] = [middle, at];
      atHigh /= 2;
    }
  }
  return high;
}

type Spreads = { sizes: Float64Array; weights: Float64Array };

/** Where s/σ lies with so many degrees: nodes over its logarithm, in which its density is smooth, with weights that add up to 1. */
function spreadsOf(degrees: number): Spreads {
  const [first, last] = [-18 / degrees - Math.sqrt(18 / degrees), Math.sqrt(18 / degrees)];
  const [sizes, weights] = [new Float64Array(NODES), new Float64Array(NODES)];
  const scale = Math.LN2 + (degrees / 2) * Math.log(degrees / 2) - logGamma(degrees / 2);
  const step = (last - first) / (NODES - 1);
  for (let index = 0; index < NODES; index += 1) {
    const logarithm = first + index * step;
    sizes[index] = Math.exp(logarithm);
    weights[index] = step * Math.exp(scale + degrees * (logarithm - Math.exp(2 * logarithm) / 2));
  }
  return { sizes, weights };
}

/** P(every t ≤ d): each is (Z₀√ρ + Z√(1 − ρ))/s, independent once Z₀ and s are given. */
function below(d: number, comparisons: number, correlation: number, { sizes, weights }: Spreads): number {
  const [shared, own] = [Math.sqrt(correlation), Math.sqrt(1 - correlation)];
  let sum = 0;
  for (let outer = 0; outer < sizes.length; outer += 1) {
    const [reach, weight] = [d * (sizes[outer] ?? 0), weights[outer] ?? 0];
    if (weight < NOTHING) continue;
    let inner = 0;
    for (const { z, share } of COMMON) inner += share * normalBelow((reach - shared * z) / own) ** comparisons;
    sum += weight * inner;
  }
  return sum;
}
