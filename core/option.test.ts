import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkOptions, optionValues, type Option } from './option.ts';

const OPTIONS: Option[] = [
  { name: 'levels', title: 'Levels', description: '', type: 'int', low: 1, high: 100, default: 5 },
  { name: 'share', title: 'Share', description: '', type: 'number', low: 0, high: 0.5, default: 0.25 },
  { name: 'order', title: 'Order', description: '', type: 'choice', values: ['shuffled', 'listed'], default: 'shuffled' },
];

test('an option takes what its description says, and what it does not take is said at its field', () => {
  const check = (given: Record<string, unknown>) => checkOptions(OPTIONS, given, 'strategy', 'grid search').map((issue) => `${issue.path} ${issue.message}`);
  assert.deepEqual(check({ levels: 100, share: 0.5, order: 'listed' }), []);
  assert.deepEqual([0, 101, 2.5, '3', null, Number.NaN].flatMap((levels) => check({ levels })), Array<string>(6).fill('strategy.levels must be a whole number from 1 to 100'));
  assert.deepEqual(check({ share: 0.51, order: 1, depth: 1 }), ['strategy.share must be a number from 0 to 0.5', 'strategy.order must be one of shuffled, listed', 'strategy.depth is not an option of grid search; it has "levels", "share", "order"']);
  assert.deepEqual(checkOptions([], { levels: 1 }, 'pruner', 'none'), [{ path: 'pruner.levels', message: 'is not an option of none' }]);
});

test('what is not given has its default', () => {
  assert.deepEqual(optionValues(OPTIONS, { share: 0 }), { levels: 5, share: 0, order: 'shuffled' });
});
