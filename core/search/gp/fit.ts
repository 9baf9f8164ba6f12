import type { Dimension, Point } from './dimensions.ts';
import { LOG_NOISE_BOUNDS, LOG_WEIGHT_BOUNDS, negativeLogPosterior, weightPrior, type Sample } from './likelihood.ts';
import { minimize } from './minimize.ts';
import { warpsOver } from './warp.ts';

/** Measured points, in the order in which they were chosen. */
export type Data = { points: Point[]; losses: number[]; runs: number[] };

/** What was learned of a space: a weight for each dimension, the noise's share of the variance, and which warp serves best. */
export type Fit = { weights: Float64Array; noise: number; warp: number };

/** The middle and the spread of the prior of the noise's share where nothing is known: a hundredth of the range of losses, give or take much. */
const UNKNOWN_NOISE = { middle: Math.log(1e-4), spread: 4 };

/**
 * The likeliest kernel parameters of these data, by BFGS from a few starts.
 *
 * @param noise the standard deviation between runs of one configuration, where it is known
 */
export function fitKernel(dimensions: readonly Dimension[], data: Data, noise: number | null): Fit {
  const count = dimensions.length;
  const warps = warpsOver(data.losses);
  const losses = warps.map((warp) => Float64Array.from(data.losses, warp.of));
  const sample: Sample = {
    dimensions,
    points: data.points,
    runs: Float64Array.from(data.runs),
    losses,
    logJacobians: warps.map((warp) => data.losses.reduce((sum, loss) => sum + Math.log(warp.slopeAt(loss)), 0)),
    noisePrior: noise === null ? UNKNOWN_NOISE : knownNoise(data, noise),
  };
  const posterior = negativeLogPosterior(sample);
  const low = new Float64Array(count + 1).fill(LOG_WEIGHT_BOUNDS.low);
  const high = new Float64Array(count + 1).fill(LOG_WEIGHT_BOUNDS.high);
  low[count] = LOG_NOISE_BOUNDS.low;
  high[count] = LOG_NOISE_BOUNDS.high;
  const size = data.points.length;
  const evaluations = size <= 40 ? 40 : size <= 80 ? 25 : 18;
  const runs = startsFor(count, size).map((start) => minimize(posterior.smooth, start, { low, high }, { evaluations, stepSize: 1, tolerance: 1e-3 }));
  const best = runs.reduce((left, right) => (right.value < left.value ? right : left));
  return { weights: best.at.slice(0, count).map(Math.exp), noise: Math.exp(best.at[count] as number), warp: posterior.warpAt(best.at) };
}

/** Middling length scales and little noise; for few points, where a likelihood has several summits, also short ones with more noise. */
function startsFor(count: number, size: number): Float64Array[] {
  const start = (logWeight: number, noise: number): Float64Array => {
    const at = new Float64Array(count + 1).fill(logWeight);
    at[count] = Math.log(noise);
    return at;
  };
  const { middle } = weightPrior(count);
  const starts = [start(middle + 2.5, 1e-4)];
  if (size <= 80) starts.push(start(middle + 5, 1e-2));
  return starts;
}

/** The noise's share of the variance where the noise itself is known: its variance as the straight warp shows it. */
function knownNoise(data: Data, noise: number): { middle: number; spread: number } {
  const warp = warpsOver(data.losses)[0];
  const sorted = data.losses.toSorted((left, right) => left - right);
  const slope = warp?.slopeAt(sorted[sorted.length >> 1] as number) ?? 1;
  const variance = (noise * slope) ** 2;
  return { middle: Math.min(LOG_NOISE_BOUNDS.high, Math.max(LOG_NOISE_BOUNDS.low, Math.log(variance))), spread: 1 };
}
