import { dot, factorize, factorizeRow, solveLower, solveUpper } from './cholesky.ts';
import type { Dimension, Point } from './dimensions.ts';
import type { Data, Fit } from './fit.ts';
import { embeddingOf, matern, maternSlope } from './kernel.ts';
import { JITTER, MEAN_VARIANCE, processVariance } from './likelihood.ts';
import { improvement, type Improvement } from './normal.ts';
import { warpsOver } from './warp.ts';

/** What the model believes, given measured points and those whose results are open. Losses are warped. */
export type Posterior = {
  /** The mean, and the standard deviation without the noise of a run. */
  predict: (point: Point) => { mean: number; deviation: number };
  /** The logarithm of the improvement to be expected over the best, averaged over what the open results may be. Writes its gradient where asked. */
  logImprovement: (point: Point, gradient: Float64Array | null) => number;
};

/**
 * Conditions the process on data and on open points; null where the numbers do not allow it.
 *
 * Open points are filled in with draws from what the model believes of them (Snoek et al. 2012, "Practical Bayesian
 * optimization"): as L u = y, the draws are `normals` in the last places of u. One factor serves all draws, which
 * differ only in L⁻ᵀ u.
 *
 * @param normals for each draw one standard normal number per open point
 */
export function posteriorOf(dimensions: readonly Dimension[], data: Data, fit: Fit, open: readonly Point[], normals: readonly Float64Array[]): Posterior | null {
  const measured = data.points.length;
  const warps = warpsOver(data.losses);
  const warp = warps[fit.warp] ?? warps[0];
  if (warp === undefined) return null;
  const layout = layOut(dimensions, [...data.points, ...open], fit.weights);
  const { size } = layout;
  const noises = Float64Array.from({ length: size }, (_, row) => fit.noise / (data.runs[row] ?? 1) + JITTER);
  const factor = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    layout.approach(row);
    for (let column = 0; column < row; column += 1) factor[row * size + column] = matern(layout.squared[column] as number) + MEAN_VARIANCE;
    factor[row * size + row] = 1 + MEAN_VARIANCE + (noises[row] as number);
  }
  if (!factorize(factor, measured, size)) return null;
  for (let row = measured; row < size; row += 1) {
    if (!factorizeRow(factor, row, size)) return null;
  }
  const losses = Float64Array.from(data.losses, warp.of);
  const whitened = losses.slice();
  solveLower(factor, measured, whitened, size);
  const variance = processVariance(dot(whitened, 0, whitened, 0, measured), measured);
  const draws = (open.length === 0 ? [new Float64Array(0)] : normals).map((normal) => {
    const alpha = new Float64Array(size);
    alpha.set(whitened);
    for (let at = 0; at < open.length; at += 1) alpha[measured + at] = Math.sqrt(variance) * (normal[at] as number);
    const filled = new Float64Array(size);
    filled.set(losses);
    for (let row = measured; row < size; row += 1) filled[row] = dot(factor, row * size, alpha, 0, row + 1);
    solveUpper(factor, size, alpha, size);
    // The mean at a point of the data is its loss less what the noise explains of it.
    let best = Infinity;
    for (let row = 0; row < size; row += 1) best = Math.min(best, (filled[row] as number) - (noises[row] as number) * (alpha[row] as number));
    return { alpha, best };
  });
  return believe(layout, factor, variance, draws);
}

/** One way in which the open results may come out, as K⁻¹ y and the best of the means at the points. */
type Draw = { alpha: Float64Array; best: number };

function believe(layout: Layout, factor: Float64Array, variance: number, draws: readonly Draw[]): Posterior {
  const { size, squared } = layout;
  const covariances = new Float64Array(size);
  const solved = new Float64Array(size);
  const coefficients = new Float64Array(size);
  const improvements: Improvement[] = draws.map(() => ({ log: 0, cumulativeShare: 0, densityShare: 0 }));
  /** Covariances with a point, and its standard deviation in units of the process's own. */
  const approach = (point: Point): number => {
    layout.approach(point);
    for (let row = 0; row < size; row += 1) covariances[row] = matern(squared[row] as number) + MEAN_VARIANCE;
    solved.set(covariances);
    solveLower(factor, size, solved);
    return Math.sqrt(Math.max(1e-18, 1 + MEAN_VARIANCE - dot(solved, 0, solved, 0, size)));
  };
  const meanOf = (alpha: Float64Array): number => dot(covariances, 0, alpha, 0, size);
  return {
    predict: (point) => {
      const spread = approach(point);
      return { mean: draws.reduce((sum, { alpha }) => sum + meanOf(alpha), 0) / draws.length, deviation: Math.sqrt(variance) * spread };
    },
    logImprovement: (point, gradient) => {
      const spread = approach(point);
      const deviation = Math.sqrt(variance) * spread;
      let most = -Infinity;
      for (let draw = 0; draw < draws.length; draw += 1) {
        const { alpha, best } = draws[draw] as Draw;
        const result = improvements[draw] as Improvement;
        improvement((best - meanOf(alpha)) / deviation, result);
        most = Math.max(most, result.log);
      }
      let total = 0;
      for (const { log } of improvements) total += Math.exp(log - most);
      if (gradient !== null) {
        solveUpper(factor, size, solved);
        // d log EI = φ/h · dσ/σ − Φ/h · dμ/σ for each draw, weighted by its part of the sum; dσ/σ is −K⁻¹k · dk over the squared spread.
        coefficients.fill(0);
        let densities = 0;
        for (let draw = 0; draw < draws.length; draw += 1) {
          const { log, cumulativeShare, densityShare } = improvements[draw] as Improvement;
          const share = Math.exp(log - most) / total;
          densities += share * densityShare;
          add(coefficients, (draws[draw] as Draw).alpha, (-share * cumulativeShare) / deviation);
        }
        add(coefficients, solved, -densities / (spread * spread));
        layout.differentiate(point, coefficients, gradient);
      }
      return most + Math.log(total / draws.length) + Math.log(deviation);
    },
  };
}

function add(into: Float64Array, vector: Float64Array, factor: number): void {
  for (let at = 0; at < into.length; at += 1) into[at] = (into[at] as number) + factor * (vector[at] as number);
}

/** The points of a model in one stretch of memory, and the distances of one point from all of them. */
type Layout = {
  size: number;
  squared: Float64Array;
  /** Writes the squared distances of a point, or of the point of a row from those above it. */
  approach: (point: Point | number) => void;
  /** The gradient of Σ coefficient · kernel at the point last approached. */
  differentiate: (point: Point, coefficients: Float64Array, into: Float64Array) => void;
};

function layOut(dimensions: readonly Dimension[], points: readonly Point[], weights: Float64Array): Layout {
  const size = points.length;
  const embedding = embeddingOf(dimensions, weights);
  const width = embedding.straight.length;
  const categories = embedding.categories.length;
  const placed = new Float64Array(size * width);
  const levels = new Float64Array(size * categories);
  points.forEach((point, row) => {
    embedding.place(point, placed, row * width);
    embedding.categories.forEach((index, at) => (levels[row * categories + at] = point[index] as number));
  });
  const here = new Float64Array(width);
  const slopes = new Float64Array(width);
  const squared = new Float64Array(size);
  return {
    size,
    squared,
    approach: (target) => {
      const point = typeof target === 'number' ? (points[target] as Point) : target;
      const rows = typeof target === 'number' ? target : size;
      embedding.place(point, here, 0);
      for (let row = 0; row < rows; row += 1) {
        let sum = 0;
        for (let at = 0; at < width; at += 1) {
          const off = (here[at] as number) - (placed[row * width + at] as number);
          sum += off * off;
        }
        for (let at = 0; at < categories; at += 1) {
          if (point[embedding.categories[at] as number] !== levels[row * categories + at]) sum += embedding.categoryWeights[at] as number;
        }
        squared[row] = sum;
      }
    },
    differentiate: (point, coefficients, into) => {
      slopes.fill(0);
      let total = 0;
      for (let row = 0; row < size; row += 1) {
        const coefficient = 2 * (coefficients[row] as number) * maternSlope(squared[row] as number);
        total += coefficient;
        for (let at = 0; at < width; at += 1) slopes[at] = (slopes[at] as number) - coefficient * (placed[row * width + at] as number);
      }
      for (let at = 0; at < width; at += 1) slopes[at] = (slopes[at] as number) + total * (here[at] as number);
      embedding.pullBack(point, slopes, into);
    },
  };
}
