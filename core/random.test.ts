import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seededRandom, shuffled } from './random.ts';

describe('the seeded generator', () => {
  test('has independent streams: neighbouring seeds and streams share nothing', () => {
    const starts = new Set<number>();
    for (let seed = -50; seed < 50; seed += 1) for (let stream = 0; stream < 50; stream += 1) starts.add(seededRandom(seed, stream)());
    assert.equal(starts.size, 5000);
    assert.notEqual(seededRandom(1)(), seededRandom(1 + 2 ** 32)());
  });

  test('fills [0, 1) evenly', () => {
    const random = seededRandom(2024);
    const draws = 100_000;
    const bins = Array.from({ length: 20 }, () => 0);
    for (let draw = 0; draw < draws; draw += 1) {
      const share = random();
      assert.ok(share >= 0 && share < 1);
      bins[Math.floor(share * 20)] = (bins[Math.floor(share * 20)] ?? 0) + 1;
    }
    const expected = draws / bins.length;
    const chiSquared = bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 19 degrees of freedom: 43.8 is exceeded once in a thousand seeds, and this seed is fixed.
    assert.ok(chiSquared < 43.8, `chi squared is ${chiSquared}`);
  });

  test('takes any safe integer as a seed', () => {
    fc.assert(fc.property(fc.maxSafeInteger(), fc.nat(), (seed, stream) => assert.equal(seededRandom(seed, stream)(), seededRandom(seed, stream)())));
  });
});

test('shuffling keeps what there is and leaves its input alone', () => {
  fc.assert(
    fc.property(fc.array(fc.integer()), fc.integer(), (items, seed) => {
      const before = [...items];
      const result = shuffled(items, seededRandom(seed));
      assert.deepEqual(items, before);
      assert.deepEqual(result.toSorted((left, right) => left - right), items.toSorted((left, right) => left - right));
    }),
  );
});

test('every order of three is equally likely', () => {
  const random = seededRandom(5);
  const counts = new Map<string, number>();
  for (let draw = 0; draw < 6000; draw += 1) {
    const order = shuffled([1, 2, 3], random).join('');
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 150, `${count}`);
});
