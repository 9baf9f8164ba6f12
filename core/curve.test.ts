import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { bandOf, thinCurve, type Place } from './curve.ts';

const places = fc.uniqueArray(fc.integer({ min: 0, max: 500 }), { maxLength: 40 }).chain((xs) => fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: xs.length, maxLength: xs.length }).map((ys): Place[] => xs.toSorted((left, right) => left - right).map((x, index) => ({ x, y: ys[index] ?? 0 }))));

test('a curve counts only where it was measured', () => {
  const band = bandOf([[{ x: 0, y: 4 }, { x: 10, y: 2 }], [{ x: 0, y: 6 }, { x: 5, y: 5 }]], 5);
  assert.deepEqual(band.map(({ x, n, mean }) => [x, n, mean]), [[0, 2, 5], [2.5, 2, 4.5], [5, 2, 4], [7.5, 1, 2.5], [10, 1, 2]]);
  assert.deepEqual(band.map(({ sd }) => sd === null), [false, false, false, true, true]);
});

test('no curves, empty ones and single places are borne', () => {
  assert.deepEqual(bandOf([], 50), []);
  assert.deepEqual(bandOf([[], []], 50), []);
  assert.deepEqual(bandOf([[{ x: 3, y: 1 }], [{ x: 3, y: 2 }]], 50).map(({ x, n, mean }) => [x, n, mean]), [[3, 2, 1.5]]);
});

test('the mean lies between the lowest and the highest value, and n never exceeds the curves', () => {
  fc.assert(
    fc.property(fc.array(places, { maxLength: 6 }), (curves) => {
      const all = curves.flat().map(({ y }) => y);
      for (const { n, mean, sd } of bandOf(curves, 30)) {
        assert.ok(n >= 1 && n <= curves.length);
        assert.ok(mean >= Math.min(...all) - 1e-9 && mean <= Math.max(...all) + 1e-9);
        assert.equal(sd === null, n < 2);
      }
    }),
  );
});

test('thinning keeps both ends and the extremes, in order, and never more than asked for', () => {
  fc.assert(
    fc.property(places, fc.integer({ min: 6, max: 30 }), (curve, most) => {
      const thin = thinCurve(curve, most);
      assert.ok(thin.length <= Math.max(most, 2));
      assert.deepEqual([thin[0], thin.at(-1)], [curve[0], curve.at(-1)]);
      for (const pick of [Math.min, Math.max]) assert.equal(pick(...thin.map(({ y }) => y)), pick(...curve.map(({ y }) => y)));
      assert.ok(thin.every((place, index) => index === 0 || place.x > (thin[index - 1]?.x ?? 0)));
    }),
  );
});
