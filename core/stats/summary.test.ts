import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addValue, EMPTY_ROLLUP } from '#core/rollup.ts';
import { CENTRES, intervalOf, quantile, SPREADS, summarise, type Summary } from './summary.ts';

function summaryOf(values: readonly number[]): { summary: Summary; sorted: number[] } {
  const rollup = values.reduce((sum, value, index) => addValue(sum, { direction: 'minimize' }, value, String(index)), EMPTY_ROLLUP);
  const sorted = [...values].sort((left, right) => left - right);
  return { summary: summarise(rollup, sorted), sorted };
}

const digits = (value: number | null | undefined, places: number): number => Number(value?.toFixed(places));

test("the mean and its 95 % interval are those of a published data set: Student's sleep data", () => {
  // Student 1908, Biometrika 6:20: additional hours of sleep by the second drug. R's t.test() gives [0.8976775, 3.7623225].
  const { summary, sorted } = summaryOf([1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]);
  assert.deepEqual([summary.n, digits(summary.mean, 2), digits(summary.median, 2), digits(summary.sd, 6)], [10, 2.33, 1.75, 2.002249]);
  const interval = intervalOf(summary, sorted, 'mean', 'ci');
  assert.deepEqual([digits(interval?.low, 7), digits(interval?.high, 7)], [0.8976775, 3.7623225]);
});

test('the interval of a median takes the ranks of the binomial table, and needs six values', () => {
  // Conover 1999, table A3: with p = 0.5 at most 2.5 % lie below rank 1 for n = 6, rank 2 for n = 10, rank 6 for n = 20.
  for (const [n, rank] of [[6, 1], [9, 2], [10, 2], [20, 6], [30, 10]] as const) {
    const { summary, sorted } = summaryOf(Array.from({ length: n }, (_, index) => index + 1));
    assert.deepEqual(intervalOf(summary, sorted, 'median', 'ci'), { low: rank, high: n + 1 - rank }, `n = ${n}`);
  }
  const { summary, sorted } = summaryOf([1, 2, 3, 4, 5]);
  assert.equal(intervalOf(summary, sorted, 'median', 'ci'), null);
});

test('without values, and with one, nothing is claimed', () => {
  assert.deepEqual(summaryOf([]).summary, { n: 0, mean: null, median: null, min: null, max: null, sd: null, se: null });
  for (const values of [[], [3]]) {
    const { summary, sorted } = summaryOf(values);
    for (const centre of CENTRES) for (const spread of SPREADS) assert.equal(intervalOf(summary, sorted, centre, spread), null);
  }
});

test('every interval holds its centre, and the range holds every value', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 200 }), (values) => {
      const { summary, sorted } = summaryOf(values);
      const slack = 1e-9 * Math.max(...values.map(Math.abs), 1);
      for (const centre of CENTRES) {
        for (const spread of SPREADS) {
          const interval = intervalOf(summary, sorted, centre, spread);
          if (interval === null) continue;
          const middle = summary[centre] ?? Number.NaN;
          assert.ok(interval.low <= middle + slack && middle <= interval.high + slack, `${centre} ${spread}`);
        }
      }
      assert.deepEqual(intervalOf(summary, sorted, 'mean', 'range'), { low: sorted[0], high: sorted.at(-1) });
    }),
  );
});

test('a quantile of thousands of equal values is that value', () => {
  assert.equal(quantile(Array<number>(5000).fill(2.5), 0.1), 2.5);
  const { summary, sorted } = summaryOf(Array<number>(5000).fill(2.5));
  assert.deepEqual(intervalOf(summary, sorted, 'median', 'ci'), { low: 2.5, high: 2.5 });
});
