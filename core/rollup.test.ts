import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { addValue, EMPTY_ROLLUP, mergeRollups, standardDeviation, type Rollup } from './rollup.ts';

const MINIMIZE = { direction: 'minimize' } as const;
const MAXIMIZE = { direction: 'maximize' } as const;

function rollupOf(values: number[], metric: typeof MINIMIZE | typeof MAXIMIZE = MINIMIZE, from = 0): Rollup {
  return values.reduce((rollup, value, index) => addValue(rollup, metric, value, `task-${from + index}`), EMPTY_ROLLUP);
}

/** The textbook's two passes, with the sums compensated (Neumaier 1974), so that the yardstick itself does not err. */
function twoPasses(values: number[]): { mean: number; m2: number } {
  const sum = (terms: number[]): number => {
    let [total, lost] = [0, 0];
    for (const term of terms) {
      const next = total + term;
      lost += Math.abs(total) >= Math.abs(term) ? total - next + term : term - next + total;
      total = next;
    }
    return total + lost;
  };
  const mean = sum(values) / values.length;
  return { mean, m2: sum(values.map((value) => (value - mean) ** 2)) };
}

function assertClose(actual: number, expected: number, scale: number, message: string): void {
  assert.ok(Math.abs(actual - expected) <= 1e-12 * scale, `${message}: ${actual} instead of ${expected}`);
}

/** Values of mixed magnitude, as losses and scores are: positive, over nine decades. */
const values = fc.array(fc.double({ min: -6, max: 3, noNaN: true }).map((exponent) => 10 ** exponent), { minLength: 1, maxLength: 300 });

describe('a rollup', () => {
  test('agrees with two passes over all values, to twelve digits', () => {
    fc.assert(
      fc.property(values, (all) => {
        const [rollup, expected] = [rollupOf(all), twoPasses(all)];
        assertClose(rollup.mean, expected.mean, expected.mean, 'mean');
        // The error of the squares is relative to the squares themselves: equal values leave nothing but rounding.
        assertClose(rollup.m2, expected.m2, expected.m2 + all.length * expected.mean ** 2 * 1e-3, 'm2');
        assert.deepEqual([rollup.n, rollup.min, rollup.max, rollup.best], [all.length, Math.min(...all), Math.max(...all), Math.min(...all)]);
        assert.ok(rollup.m2 >= 0);
      }),
    );
  });

  test('of two parts merges into the rollup of the whole', () => {
    fc.assert(
      fc.property(values, values, fc.constantFrom(MINIMIZE, MAXIMIZE), (left, right, metric) => {
        const whole = rollupOf([...left, ...right], metric);
        const merged = mergeRollups(rollupOf(left, metric), rollupOf(right, metric, left.length), metric);
        assertClose(merged.mean, whole.mean, whole.mean, 'mean');
        assertClose(merged.m2, whole.m2, whole.m2 + whole.n * whole.mean ** 2 * 1e-3, 'm2');
        const exact = ({ n, min, max, best, bestTaskId }: Rollup) => ({ n, min, max, best, bestTaskId });
        assert.deepEqual(exact(merged), exact(whole));
      }),
    );
  });

  test('merges with nothing into itself', () => {
    const rollup = rollupOf([3, 1, 2]);
    assert.deepEqual(mergeRollups(rollup, EMPTY_ROLLUP, MINIMIZE), rollup);
    assert.deepEqual(mergeRollups(EMPTY_ROLLUP, rollup, MINIMIZE), rollup);
    assert.deepEqual(mergeRollups(EMPTY_ROLLUP, EMPTY_ROLLUP, MINIMIZE), EMPTY_ROLLUP);
  });

  test('keeps the earlier of equal bests, whichever way is better', () => {
    assert.equal(rollupOf([2, 1, 1, 3], MINIMIZE).bestTaskId, 'task-1');
    assert.equal(rollupOf([2, 3, 1, 3], MAXIMIZE).bestTaskId, 'task-1');
    assert.equal(mergeRollups(rollupOf([1]), rollupOf([1], MINIMIZE, 1), MINIMIZE).bestTaskId, 'task-0');
  });

  test('stays finite for the largest values a result can have', () => {
    const rollup = rollupOf([1e100, -1e100, 1e100, 0, -1e100]);
    assert.ok(Number.isFinite(rollup.mean) && Number.isFinite(rollup.m2));
  });

  test('has a standard deviation from two values on', () => {
    assert.equal(standardDeviation(EMPTY_ROLLUP), null);
    assert.equal(standardDeviation(rollupOf([5])), null);
    assert.equal(standardDeviation(rollupOf([2, 4, 4, 4, 5, 5, 7, 9])), Math.sqrt(32 / 7));
    assert.equal(standardDeviation(rollupOf([0.1, 0.1, 0.1])), 0);
  });
});
