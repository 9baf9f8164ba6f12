import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Configuration, Space } from '#core/space.ts';
import { MOST_DIMENSIONS, sobolSequence } from './sobol-sequence.ts';
import { sobol } from './sobol.ts';
import { firstRequest, openTrial } from './strategy.ts';

function points(dimensions: number, seed: number | null, count: number): number[][] {
  const [sequence, point] = [sobolSequence(dimensions, seed), new Float64Array(dimensions)];
  return Array.from({ length: count }, (_, number) => {
    sequence(number, point);
    return [...point];
  });
}

test('the plain points are those of the table, in the order of the Gray code', () => {
  // scipy.stats.qmc.Sobol(64, scramble=False).random(1024) of SciPy 1.17.1.
  const all = points(64, null, 1024);
  assert.deepEqual(all[3]?.slice(0, 8), [0.25, 0.75, 0.75, 0.75, 0.25, 0.25, 0.75, 0.25]);
  assert.deepEqual(all[10]?.slice(0, 8), [0.9375, 0.0625, 0.6875, 0.1875, 0.3125, 0.5625, 0.1875, 0.1875]);
  const some = (number: number): (number | undefined)[] => [0, 1, 10, 40, 63].map((dimension) => all[number]?.[dimension]);
  assert.deepEqual(some(100), [0.4140625, 0.2578125, 0.4609375, 0.7109375, 0.6484375]);
  assert.deepEqual(some(1023), [0.0009765625, 0.7529296875, 0.6787109375, 0.6318359375, 0.0400390625]);
});

describe('scrambled points', () => {
  test('put one of 256 into each of 256 equal slices of every dimension, with any seed', () => {
    for (const seed of [0, 1, 42, 2 ** 40]) {
      const all = points(MOST_DIMENSIONS, seed, 256);
      for (let dimension = 0; dimension < MOST_DIMENSIONS; dimension += 1) assert.equal(new Set(all.map((point) => Math.floor((point[dimension] ?? 0) * 256))).size, 256);
    }
  });

  test('put one of 256 into each of 16 × 16 squares of the first two dimensions', () => {
    for (const seed of [0, 1, 42]) assert.equal(new Set(points(2, seed, 256).map(([x = 0, y = 0]) => Math.floor(x * 16) * 16 + Math.floor(y * 16))).size, 256);
  });

  test('are uniform each: over many seeds the first point lies everywhere', () => {
    const shares = Array.from({ length: 2000 }, (_, seed) => points(2, seed, 2)[1]?.[1] ?? 0);
    const tenths = Array.from({ length: 10 }, (_, tenth) => shares.filter((share) => Math.floor(share * 10) === tenth).length);
    // Four standard deviations of a binomial count around its mean of 200.
    assert.ok(tenths.every((count) => Math.abs(count - 200) < 4 * Math.sqrt(180)), String(tenths));
  });

  test('are the same for a dimension whatever others there are', () => {
    assert.deepEqual(points(5, 7, 20).map((point) => point.slice(0, 2)), points(2, 7, 20));
  });
});

describe('the strategy', () => {
  const space: Space = {
    parameters: { k: { type: 'fixed', value: 3 }, x: { type: 'uniform', low: 0, high: 1 }, y: { type: 'uniform', low: 0, high: 1 }, z: { type: 'uniform', low: 0, high: 1, when: { k: [4] } } },
    constraints: ['x + y < 1.2'],
  };
  const propose = (count: number, taken: Configuration[] = []): Configuration[] => {
    const proposal = sobol.propose({ ...firstRequest({ space, seed: 5, options: {}, count }), trials: taken.map(openTrial) });
    assert.ok(proposal.ok);
    return proposal.configurations;
  };

  test('gives in parts what it gives at once, though constraints leave points out', () => {
    const first = propose(30);
    assert.deepEqual([...first, ...propose(30, first)], propose(60));
  });

  test('gives these values, on every platform', () => {
    assert.deepEqual(propose(3), [{ k: 3, x: 0.685909, y: 0.169587 }, { k: 3, x: 0.178761, y: 0.381516 }, { k: 3, x: 0.0719614, y: 0.723631 }]);
  });
});
