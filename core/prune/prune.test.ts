import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asha } from './asha.ts';
import { bracketOf, hyperband } from './hyperband.ts';
import { median } from './median.ts';
import { percentile } from './percentile.ts';
import type { Climb, Pruner } from './pruner.ts';

// What every pruner must do is in test/conformance/pruners.test.ts; here is what each does in particular.

const climb = (number: number, losses: number[], final: number | null = null): Climb => ({ number, losses, final });

function stops(pruner: Pruner, losses: number[], others: Climb[], options: Record<string, unknown> = {}, number = 99): boolean {
  return pruner.decide({ options, trial: climb(number, losses), others }).stops;
}

describe('the median rule', () => {
  const five = [1, 2, 3, 4, 5].map((loss, index) => climb(index, [loss], loss));

  test('stops what is worse than the median of finished tasks', () => {
    assert.deepEqual([stops(median, [3], five), stops(median, [3.01], five)], [false, true]);
    assert.deepEqual(median.decide({ options: {}, trial: climb(9, [4]), others: five }), { stops: true, heading: null, needed: 3, compared: 5, rule: 'the better half of the finished tasks' });
  });

  test('counts the best value so far, and finished tasks alone', () => {
    assert.equal(stops(median, [1, 9], [...five, ...five].map((one) => ({ ...one, losses: [5, 5] }))), false);
    assert.equal(stops(median, [9], five.map((one) => ({ ...one, final: null }))), false);
  });

  test('waits for as many finished tasks as it is told to', () => {
    assert.deepEqual([stops(median, [9], five.slice(1)), stops(median, [9], five.slice(1), { first_tasks: 4 })], [false, true]);
  });

  test('looks from the warm-up on at even distances', () => {
    assert.deepEqual(median.rungs({ warm_up_share: 0.5, interval_share: 0.25 }), [0.5, 0.75]);
    assert.deepEqual(median.rungs({ warm_up_share: 0, interval_share: 0.5 }), [0.5]);
    assert.equal(median.rungs({ warm_up_share: 0, interval_share: 1 / 27 }).length, 26);
  });

  test('is the percentile rule at 50', () => {
    assert.deepEqual([2, 2.01].map((loss) => stops(percentile, [loss], five)), [false, true], 'a quarter of five, by interpolation');
    assert.deepEqual([3, 3.01].map((loss) => stops(percentile, [loss], five, { percentile: 50 })), [false, true]);
  });
});

describe('successive halving', () => {
  test('has rungs at shares that grow by the root of the reduction', () => {
    const shares = (options: Record<string, unknown>) => asha.rungs(options).map((share) => (27 * share).toFixed(1));
    assert.deepEqual(shares({ first_share: 1 / 27 }), ['1.0', '1.7', '3.0', '5.2', '9.0', '15.6']);
    assert.deepEqual(shares({ first_share: 1 / 27, reduction: 4 }), ['1.0', '2.0', '4.0', '8.0', '16.0']);
    assert.deepEqual(asha.rungs({}).map((share) => share.toFixed(2)), ['0.11', '0.19', '0.33', '0.58']);
  });

  test('lets about a third go on from the first rung, and the best of few', () => {
    const others = (losses: number[]) => losses.map((loss, index) => climb(index, [loss]));
    assert.deepEqual([0.5, 1.5].map((loss) => stops(asha, [loss], others([1]))), [false, true]);
    assert.deepEqual([1.5, 2.5].map((loss) => stops(asha, [loss], others([1, 2, 3, 4, 5]))), [false, true]);
    assert.deepEqual(asha.decide({ options: {}, trial: climb(9, [2.5]), others: others([1, 2, 3, 4, 5]) }), { stops: true, heading: null, needed: 2, compared: 5, rule: 'the best 38 %' });
  });

  test('ranks by where a trial is heading: on, by its last step over the logarithm of the share', () => {
    const quarters = { first_share: 1 / 4, reduction: 4 };
    assert.deepEqual(asha.rungs(quarters), [0.25, 0.5]);
    const others = [climb(1, [5, 3]), climb(2, [5, 3]), climb(3, [5, 3])];
    assert.equal(stops(asha, [6, 3.4], others, quarters), false, '0.8 is better than 1, though 3.4 is worse than 3');
    assert.deepEqual(asha.decide({ options: quarters, trial: climb(9, [3.5, 2.9]), others }), { stops: true, heading: 2.3, needed: 1, compared: 3, rule: 'the best 50 %' });
    assert.equal(asha.decide({ options: quarters, trial: { number: 9, losses: [null, 9], final: null }, others }).stops, false, 'without a value before there is no telling');
  });
});

describe('Hyperband', () => {
  test('spreads trials over brackets that use about the same budget', () => {
    const brackets = Array.from({ length: 490 }, (_, index) => bracketOf(index + 1, 4, 3));
    const counts = [0, 1, 2, 3].map((bracket) => brackets.filter((one) => one === bracket).length);
    assert.ok([270, 120, 60, 40].every((share, bracket) => Math.abs((counts[bracket] ?? 0) - share) <= 3), String(counts));
  });

  test('compares within a bracket, from its first rung on', () => {
    const of = (bracket: number) => Array.from({ length: 200 }, (_, index) => index + 1).filter((number) => bracketOf(number, 3, 3) === bracket);
    const others = of(1).slice(1).map((number) => climb(number, [1, 1, 1]));
    assert.equal(stops(hyperband, [2, 2, 2], others, {}, of(1)[0]), true);
    assert.equal(stops(hyperband, [2, 2], others, {}, of(1)[0]), false, 'it leaves the lower rungs out');
    assert.equal(stops(hyperband, [2, 2, 2], others, {}, of(0)[0]), false, 'others are of another bracket');
    assert.equal(stops(hyperband, [2, 2, 2], others, {}, of(2)[0]), false, 'the last bracket never stops');
  });
});
