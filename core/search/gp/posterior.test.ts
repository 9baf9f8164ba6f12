import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seededRandom } from '#core/random.ts';
import type { Space } from '#core/space.ts';
import { factorize, invert, solveLower, solveUpper } from './cholesky.ts';
import { geometryOf, INACTIVE, pointOf, settle, type Point } from './dimensions.ts';
import { fitKernel, type Data } from './fit.ts';
import { negativeLogPosterior } from './likelihood.ts';
import { minimize, type Smooth } from './minimize.ts';
import { cumulative, improvement } from './normal.ts';
import { posteriorOf } from './posterior.ts';

const SPACE: Space = {
  parameters: {
    kind: { type: 'choice', values: ['a', 'b', 'c'] },
    x: { type: 'uniform', low: 0, high: 1 },
    rate: { type: 'log', low: 1e-4, high: 1, when: { kind: ['a', 'b'] } },
    layers: { type: 'int', low: 1, high: 6 },
    flavour: { type: 'choice', values: ['sweet', 'sour'], when: { kind: ['b'] } },
  },
  constraints: [],
};
const GEOMETRY = geometryOf(SPACE);
const KIND = GEOMETRY.dimensions.findIndex(({ name }) => name === 'kind');
const X = GEOMETRY.dimensions.findIndex(({ name }) => name === 'x');
const RATE = GEOMETRY.dimensions.findIndex(({ name }) => name === 'rate');

function sample(size: number): Data {
  const random = seededRandom(7);
  const points = Array.from({ length: size }, (): Point => {
    const latent = Float64Array.from(GEOMETRY.dimensions, ({ kind, levels }) => (kind === 'category' ? Math.floor(random() * levels) : random()));
    const point = latent.slice();
    settle(GEOMETRY, latent, point);
    return point;
  });
  const losses = points.map((point) => ((point[X] as number) - 0.3) ** 2 + (point[RATE] === INACTIVE ? 0.5 : Math.abs((point[RATE] as number) - 0.6)) + 0.1 * (point[KIND] as number));
  return { points, losses, runs: points.map((_, index) => 1 + (index % 3)) };
}

/** The largest difference between a gradient and central differences, relative to its length. */
function gradientError(smooth: Smooth, at: Float64Array, indices: readonly number[]): number {
  const gradient = new Float64Array(at.length);
  smooth(at, gradient);
  const length = Math.hypot(...gradient);
  return Math.max(...indices.map((index) => {
    const shifted = (by: number): number => smooth(at.map((value, position) => (position === index ? value + by : value)), new Float64Array(at.length));
    return Math.abs((shifted(1e-5) - shifted(-1e-5)) / 2e-5 - (gradient[index] as number)) / length;
  }));
}

describe('linear algebra', () => {
  test('factor, solutions and inverse belong to the matrix, for even and odd sizes', () => {
    for (const size of [1, 2, 7, 8]) {
      const random = seededRandom(size);
      const root = Float64Array.from({ length: size * size }, random);
      const matrix = new Float64Array(size * size);
      for (let row = 0; row < size; row += 1) {
        for (let column = 0; column < size; column += 1) {
          for (let at = 0; at < size; at += 1) matrix[row * size + column] = (matrix[row * size + column] as number) + (root[row * size + at] as number) * (root[column * size + at] as number);
        }
        matrix[row * size + row] = (matrix[row * size + row] as number) + 0.1;
      }
      const factor = matrix.slice();
      assert.ok(factorize(factor, size));
      const solution = Float64Array.from({ length: size }, (_, index) => index + 1);
      solveLower(factor, size, solution);
      solveUpper(factor, size, solution);
      const inverse = new Float64Array(size * size);
      invert(factor, size, inverse, new Float64Array(size * size));
      for (let row = 0; row < size; row += 1) {
        let product = 0;
        let inverted = 0;
        for (let column = 0; column < size; column += 1) {
          product += (matrix[row * size + column] as number) * (solution[column] as number);
          inverted += (inverse[Math.max(row, column) * size + Math.min(row, column)] as number) * (column + 1);
        }
        assert.ok(Math.abs(product - row - 1) < 1e-8);
        assert.ok(Math.abs(inverted - (solution[row] as number)) < 1e-8 * Math.max(1, Math.abs(inverted)));
      }
    }
    assert.equal(factorize(Float64Array.of(1, 0, 2, 1), 2), false, 'not positive definite');
  });
});

describe('the normal distribution', () => {
  // scipy.stats.norm.cdf, and log(norm.pdf(z) + z * norm.cdf(z)) with mpmath at 50 digits.
  test('agrees with published values, far into the tail', () => {
    assert.ok(Math.abs(cumulative(-1) - 0.15865525393145707) < 1e-15);
    assert.ok(Math.abs(cumulative(-3.5) / 0.00023262907903552502 - 1) < 1e-12);
    assert.ok(Math.abs(cumulative(4) - 0.9999683287581669) < 1e-15);
    for (const [z, expected] of TAIL) {
      const result = { log: 0, cumulativeShare: 0, densityShare: 0 };
      improvement(z, result);
      assert.ok(Math.abs(result.log - expected) < 1e-8 * Math.abs(expected), `${z}: ${result.log}`);
    }
  });

  test('has the slope that it says', () => {
    for (const z of [-40, -3.0001, -2.9999, 0.5, 5]) {
      const [left, here, right] = [z - 1e-6, z, z + 1e-6].map((at) => {
        const result = { log: 0, cumulativeShare: 0, densityShare: 0 };
        improvement(at, result);
        return result;
      });
      assert.ok(left !== undefined && here !== undefined && right !== undefined);
      assert.ok(Math.abs((right.log - left.log) / 2e-6 / here.cumulativeShare - 1) < 1e-4, String(z));
    }
  });
});

const TAIL: [number, number][] = [
  [2, 0.6973835457882284],
  [0, -0.9189385332046728],
  [-1, -2.4851210257126413],
  [-3, -7.869686059603029],
  [-5, -16.74430116266099],
  [-10, -55.55312203612235],
  [-100, -5010.12957880025],
  [-4000, -8000017.507038],
];

describe('minimize', () => {
  test('finds the minimum of a narrow valley, and one on the edge of the box', () => {
    const valley: Smooth = ([x = 0, y = 0], gradient) => {
      gradient[0] = -400 * x * (y - x * x) - 2 * (1 - x);
      gradient[1] = 200 * (y - x * x);
      return 100 * (y - x * x) ** 2 + (1 - x) ** 2;
    };
    const limits = { evaluations: 200, stepSize: 0.1, tolerance: 0 };
    const free = minimize(valley, Float64Array.of(-1.2, 1), { low: Float64Array.of(-5, -5), high: Float64Array.of(5, 5) }, limits);
    assert.ok(free.value < 1e-10, String(free.value));
    const held = minimize(valley, Float64Array.of(-1, 1), { low: Float64Array.of(-5, -5), high: Float64Array.of(0.5, 5) }, limits);
    assert.ok(Math.abs((held.at[0] as number) - 0.5) < 1e-12 && Math.abs((held.at[1] as number) - 0.25) < 1e-5);
  });
});

describe('the model', () => {
  const data = sample(30);
  const fit = fitKernel(GEOMETRY.dimensions, data, null);

  test('has the gradients that it says: of the likelihood, and of the improvement over open points', () => {
    const posterior = negativeLogPosterior({
      dimensions: GEOMETRY.dimensions, points: data.points, runs: Float64Array.from(data.runs),
      losses: [Float64Array.from(data.losses)], logJacobians: [0], noisePrior: { middle: -5, spread: 2 },
    });
    const at = Float64Array.of(...GEOMETRY.dimensions.map((_, index) => index - 2), -4);
    assert.ok(gradientError(posterior.smooth, at, [...at.keys()]) < 1e-6);
    const open = sample(33).points.slice(30);
    const model = posteriorOf(GEOMETRY.dimensions, data, fit, open, [Float64Array.of(1, 0, -1), Float64Array.of(-1, 0.5, 1)]);
    assert.ok(model !== null);
    const inside = pointOf(GEOMETRY, { kind: 'b', x: 0.41, rate: 0.02, layers: 3, flavour: 'sour' });
    assert.ok(inside !== null);
    assert.ok(gradientError(model.logImprovement, inside, [X, RATE]) < 1e-5);
  });

  test('goes through what it knows, and is unsure of what it does not', () => {
    const model = posteriorOf(GEOMETRY.dimensions, data, fit, [], []);
    assert.ok(model !== null);
    const known = model.predict(data.points[0] as Point);
    const unknown = model.predict(pointOf(GEOMETRY, { kind: 'b', x: 1, rate: 1, layers: 6, flavour: 'sweet' }) as Point);
    assert.ok(known.deviation < unknown.deviation / 3, `${known.deviation} and ${unknown.deviation}`);
  });

  test('knows which dimensions matter', () => {
    const weights = Object.fromEntries(GEOMETRY.dimensions.map(({ name }, index) => [name, fit.weights[index] as number]));
    assert.ok((weights['x'] as number) > 10 * (weights['layers'] as number), JSON.stringify(weights));
  });
});
