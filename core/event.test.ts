import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeBest } from './event.ts';

test('with replicates a best counts only beyond twice their pooled deviation', () => {
  // Deviations within the groups: √((0.02 + 0.02 + 0.02) / 3) ≈ 0.1414.
  const groups = [[1, 1.2], [2, 2.2], [5, 5.2], [9]];
  assert.equal(judgeBest(0.28, 100, groups), null);
  const found = judgeBest(0.29, 2, groups);
  assert.ok(found !== null && found.noise !== null && Math.abs(found.noise - Math.sqrt(0.02)) < 1e-12);
});

test('without replicates, or with too few, the noise is unknown and a best must be the best of more than a few', () => {
  assert.equal(judgeBest(1, 9, []), null);
  assert.deepEqual(judgeBest(1e-12, 10, []), { noise: null });
  assert.deepEqual(judgeBest(1, 10, [[1, 1.2], [2, 2.2]]), { noise: null });
});
