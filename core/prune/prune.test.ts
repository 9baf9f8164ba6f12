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
    assert.deepEqual(median.decide({ options: {}, trial: climb(9, [4]), others: five }), { stops: true, needed: 3, compared: 5, rule: 'the better half of the finished tasks' });
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
  test('has rungs at shares that grow by the reduction', () => {
    assert.deepEqual(asha.rungs({ first_share: 1 / 27 }).map((share) => Math.round(share * 27)), [1, 3, 9]);
    assert.deepEqual(asha.rungs({ first_share: 1 / 27, reduction: 4 }).map((share) => Math.round(share * 27)), [1, 4, 16]);
    assert.deepEqual(asha.rungs({}).map((share) => share.toFixed(2)), ['0.11', '0.33']);
  });

  test('lets the best third go on, and the best of few', () => {
    const others = (losses: number[]) => losses.map((loss, index) => climb(index, [loss]));
    assert.deepEqual([0.5, 1.5].map((loss) => stops(asha, [loss], others([1]))), [false, true]);
    assert.deepEqual([1.5, 2.5].map((loss) => stops(asha, [loss], others([1, 2, 3, 4, 5]))), [false, true]);
    assert.deepEqual(asha.decide({ options: {}, trial: climb(9, [2.5]), others: others([1, 2, 3, 4, 5]) }), { stops: true, needed: 2, compared: 5, rule: 'the best one in 3' });
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
    const others = of(1).slice(1).map((number) => climb(number, [1, 1]));
    assert.equal(stops(hyperband, [2, 2], others, {}, of(1)[0]), true);
    assert.equal(stops(hyperband, [2], others, {}, of(1)[0]), false, 'it leaves the lowest rung out');
    assert.equal(stops(hyperband, [2, 2], others, {}, of(0)[0]), false, 'others are of another bracket');
    assert.equal(stops(hyperband, [2, 2], others, {}, of(2)[0]), false, 'the last bracket never stops');
  });
});
