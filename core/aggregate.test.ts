import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { aggregate, aggregateBy, aggregateConfigurations, type Member } from './aggregate.ts';
import { groupBy } from './grouping.ts';
import type { Configuration, Scalar } from './space.ts';

const MINIMIZE = { direction: 'minimize' } as const;
const member = (number: number, config: Configuration, value: number | null): Member => ({ id: `t${number}`, number, state: value === null ? 'failed' : 'completed', value, config });
const labels = (values: readonly Scalar[], parameter?: Parameters<typeof groupBy>[2]) => groupBy('p', values.map((p) => ({ p })), parameter).groups.map(({ label }) => label);

test('a configuration holds its seeds, in whatever order its parameters stand', () => {
  const groups = aggregateConfigurations([member(1, { a: 1, b: 'x' }, 3), member(2, { b: 'x', a: 1 }, 2), member(3, { a: 1, b: 'y' }, null), member(4, { a: '1', b: 'x' }, 9)], MINIMIZE);
  assert.deepEqual(groups.map((group) => group.runs.map((run) => run.number)), [[1, 2], [3], [4]]);
  assert.deepEqual(groups.map(({ summary, failed, best }) => [summary.n, summary.mean, failed, best?.id]), [[2, 2.5, 0, 't2'], [0, null, 1, undefined], [1, 9, 0, 't4']]);
});

test('the best is the one that the direction says, and of equals the first', () => {
  const runs = [member(1, {}, 2), member(2, {}, 1), member(3, {}, 1), member(4, {}, 3)];
  assert.equal(aggregate(runs, MINIMIZE).best?.id, 't2');
  assert.equal(aggregate(runs, { direction: 'maximize' }).best?.id, 't4');
});

test('few values are groups of their own, in the order of the space', () => {
  assert.deepEqual(labels([10, 9, 2, 9]), ['2', '9', '10']);
  assert.deepEqual(labels(['low', 'high', 'mid'], { type: 'choice', values: ['low', 'mid', 'high'] }), ['low', 'mid', 'high']);
  assert.deepEqual(groupBy('p', [{ p: true }, {}]).groups.map(({ label }) => label), ['true', 'not set']);
  assert.deepEqual(labels([]), []);
});

test('many numbers become bins of about equal size with short ends, on a log scale where there is one', () => {
  const rates = Array.from({ length: 100 }, (_, index) => 1e-4 * 100 ** (index / 99));
  const log = { type: 'log', low: 1e-4, high: 1e-2 } as const;
  assert.deepEqual(labels(rates, log), ['< 0.00025', '0.00025 … 0.0006', '0.0006 … 0.0016', '0.0016 … 0.004', '≥ 0.004']);
  const groups = aggregateBy(rates.map((p, index) => member(index + 1, { p }, p)), groupBy('p', rates.map((p) => ({ p })), log), MINIMIZE);
  for (const { runs } of groups) assert.ok(runs.length >= 14 && runs.length <= 26, String(runs.length));
});

test('of many texts the most frequent stay and the rest is one group', () => {
  const texts = Array.from({ length: 30 }, (_, index) => `text-${index < 10 ? 'often' : index}`);
  assert.deepEqual(labels(texts).slice(0, 1), ['text-often']);
  assert.equal(labels(texts).at(-1), '14 others');
  assert.equal(labels(texts).length, 8);
});

test('whatever the values, each run falls into exactly one group, and each condition holds for what is in it', () => {
  const scalar = fc.oneof(fc.double({ noNaN: true }), fc.integer(), fc.string(), fc.boolean(), fc.constantFrom(1e-12, 5e-324, 1e308, -1e308, 0));
  fc.assert(
    fc.property(fc.oneof(fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 60 }), fc.array(scalar, { maxLength: 60 })), fc.boolean(), (values, log) => {
      const runs = values.map((p, index) => member(index + 1, index % 7 === 3 ? {} : { p }, index));
      const grouping = groupBy('p', runs.map((run) => run.config), log ? { type: 'log', low: 1e-4, high: 1 } : null);
      const groups = aggregateBy(runs, grouping, MINIMIZE);
      assert.equal(groups.reduce((sum, group) => sum + group.runs.length, 0), runs.length);
      for (const [index, group] of groups.entries()) {
        assert.ok(group.runs.length > 0, 'no group is empty');
        const condition = grouping.groups[index]?.condition;
        for (const { config } of group.runs) {
          if (condition?.kind === 'equal') assert.ok(config['p'] === condition.value);
          if (condition?.kind === 'absent') assert.ok(!Object.hasOwn(config, 'p'));
          if (condition?.kind === 'range') assert.ok(Number(config['p']) >= (condition.from ?? -Infinity) && Number(config['p']) < (condition.below ?? Infinity));
        }
      }
    }),
  );
});
