import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeBest } from './event.ts';

test('with replicates a best counts only beyond twice their pooled deviation', () => {
  const noise = { deviation: Math.sqrt(0.02), degrees: 3 };
  assert.equal(judgeBest(0.28, 100, noise), null);
  assert.deepEqual(judgeBest(0.29, 2, noise), { noise: Math.sqrt(0.02) });
});

test('without replicates, or with too few, the noise is unknown and a best must be the best of more than a few', () => {
  assert.equal(judgeBest(1, 9, null), null);
  assert.deepEqual(judgeBest(1e-12, 10, null), { noise: null });
  assert.deepEqual(judgeBest(1, 10, { deviation: 0.1, degrees: 2 }), { noise: null });
});
