import { factorize, invert, solveLower, solveUpper } from './cholesky.ts';
import type { Dimension, Point } from './dimensions.ts';
import { separation } from './kernel.ts';
import type { Smooth } from './minimize.ts';

/**
 * How far the constant mean may lie from that of the losses, as a variance in units of the process's own. It is part of
 * the kernel, so that the model knows how unsure it is of it.
 */
export const MEAN_VARIANCE = 1;

/** The process's variance has an inverse gamma prior with this shape and scale, over losses of variance 1. */
const SHAPE = 1;
const SCALE = 1;

/** What the likelihood is taken of: points, how many runs are behind each, and the losses as each of several warps shows them. */
export type Sample = {
  dimensions: readonly Dimension[];
  points: readonly Point[];
  runs: Float64Array;
  /** Standardized losses, one array for each warp. */
  losses: readonly Float64Array[];
  /** The logarithm of each warp's Jacobian, which makes their likelihoods comparable. */
  logJacobians: readonly number[];
  /** The prior of the logarithm of the noise's share of the variance: its middle and its spread. */
  noisePrior: { middle: number; spread: number };
};

/** The bounds of the logarithms: of the weights (length scales from 0.03 to 150), and of the noise's share. */
export const LOG_WEIGHT_BOUNDS = { low: -10, high: 7 };
export const LOG_NOISE_BOUNDS = { low: Math.log(1e-8), high: Math.log(4) };

/**
 * The negative logarithm of the posterior of the kernel's parameters, the process's variance integrated out:
 * logarithms of one weight for each dimension, then of the noise. `warp` says which warp was the likeliest.
 *
 * Length scales have the log-normal prior of Hvarfner et al. 2024 ("Vanilla Bayesian optimization performs great in
 * high dimensions"), whose middle grows with the square root of the number of dimensions.
 */
export function negativeLogPosterior(sample: Sample): { smooth: Smooth; warpAt: (parameters: Float64Array) => number } {
  const size = sample.points.length;
  const count = sample.dimensions.length;
  const pairs = (size * (size - 1)) / 2;
  const separations = pairSeparations(sample, pairs);
  const matrix = new Float64Array(size * size);
  const inverse = new Float64Array(size * size);
  const scratch = new Float64Array(size * size);
  const squared = new Float64Array(pairs);
  const slopes = new Float64Array(pairs);
  const weighted = sample.losses.map(() => new Float64Array(size));
  const prior = weightPrior(count);
  let bestWarp = 0;

  const smooth: Smooth = (at, gradient) => {
    squared.fill(0);
    for (let dimension = 0; dimension < count; dimension += 1) {
      const weight = Math.exp(at[dimension] as number);
      const apart = separations[dimension] as Float64Array;
      for (let pair = 0; pair < pairs; pair += 1) squared[pair] = (squared[pair] as number) + weight * (apart[pair] as number);
    }
    const noise = Math.exp(at[count] as number);
    fillCovariance(matrix, squared, slopes, noise, sample.runs);
    if (!factorize(matrix, size)) return Infinity;
    let halfLogDeterminant = 0;
    for (let row = 0; row < size; row += 1) halfLogDeterminant += Math.log(matrix[row * size + row] as number);
    let value = Infinity;
    let scale = 1;
    sample.losses.forEach((losses, warp) => {
      const alpha = weighted[warp] as Float64Array;
      alpha.set(losses);
      solveLower(matrix, size, alpha);
      let quadratic = 0;
      for (let row = 0; row < size; row += 1) quadratic += (alpha[row] as number) ** 2;
      const here = (size / 2 + SHAPE) * Math.log(quadratic / 2 + SCALE) + halfLogDeterminant - (sample.logJacobians[warp] as number);
      if (!(here < value)) return;
      value = here;
      bestWarp = warp;
      scale = (size / 2 + SHAPE) / (quadratic / 2 + SCALE);
    });
    const alpha = weighted[bestWarp] as Float64Array;
    solveUpper(matrix, size, alpha);
    invert(matrix, size, inverse, scratch);
    gradient.fill(0);
    let noiseSlope = 0;
    for (let row = 0, pair = 0; row < size; row += 1) {
      const left = scale * (alpha[row] as number);
      for (let column = 0; column < row; column += 1, pair += 1) slopes[pair] = (slopes[pair] as number) * ((inverse[row * size + column] as number) - left * (alpha[column] as number));
      noiseSlope += (0.5 * noise * ((inverse[row * size + row] as number) - left * (alpha[row] as number))) / (sample.runs[row] as number);
    }
    for (let dimension = 0; dimension < count; dimension += 1) {
      const apart = separations[dimension] as Float64Array;
      let sum = 0;
      for (let pair = 0; pair < pairs; pair += 1) sum += (slopes[pair] as number) * (apart[pair] as number);
      const off = (at[dimension] as number) - prior.middle;
      gradient[dimension] = sum * Math.exp(at[dimension] as number) + off / prior.variance;
      value += (off * off) / (2 * prior.variance);
    }
    const off = ((at[count] as number) - sample.noisePrior.middle) / sample.noisePrior.spread;
    gradient[count] = noiseSlope + off / sample.noisePrior.spread;
    gradient[count] += (globalThis as any).P.k * noise;
    return value + (off * off) / 2 + (globalThis as any).P.k * noise;
  };
  return {
    smooth,
    warpAt: (parameters) => {
      smooth(parameters, new Float64Array(count + 1));
      return bestWarp;
    },
  };
}

/** The process's variance given what is left of the losses: their sum of squares in units of it. */
export function processVariance(quadratic: number, size: number): number {
  return (quadratic / 2 + SCALE) / (size / 2 + SHAPE);
}

/** The prior of the logarithm of a weight, which is −2 times that of a length scale. */
export function weightPrior(count: number): { middle: number; variance: number } {
  const P=(globalThis as any).P; return { middle: -2 * Math.log(P.c) - Math.log(count), variance: 4*P.s*P.s };
}

function pairSeparations({ dimensions, points }: Sample, pairs: number): Float64Array[] {
  return dimensions.map((dimension, index) => {
    const apart = new Float64Array(pairs);
    for (let row = 0, pair = 0; row < points.length; row += 1) {
      const here = (points[row] as Point)[index] as number;
      for (let column = 0; column < row; column += 1, pair += 1) apart[pair] = separation(dimension, here, (points[column] as Point)[index] as number);
    }
    return apart;
  });
}

/** The lower triangle of the covariance in units of the process's variance, and the kernel's slopes for the gradient. */
function fillCovariance(matrix: Float64Array, squared: Float64Array, slopes: Float64Array, noise: number, runs: Float64Array): void {
  const size = runs.length;
  for (let row = 0, pair = 0; row < size; row += 1) {
    for (let column = 0; column < row; column += 1, pair += 1) {
      const root = Math.sqrt(5 * (squared[pair] as number));
      const fall = Math.exp(-root);
      matrix[row * size + column] = (1 + root + root * root * (1 / 3)) * fall + MEAN_VARIANCE;
      slopes[pair] = (-5 / 6) * (1 + root) * fall;
    }
    matrix[row * size + row] = 1 + MEAN_VARIANCE + noise / (runs[row] as number) + JITTER;
  }
}

/** Keeps the matrix factorizable where points nearly coincide. */
export const JITTER = 1e-9;
