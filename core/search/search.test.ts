import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Configuration, Space } from '#core/space.ts';
import { seededRandom } from '#core/random.ts';
import { grid } from './grid.ts';
import { random } from './random.ts';

// What every strategy must do is in test/conformance/strategies.test.ts; here is what these two do in particular.

const SPACE: Space = {
  parameters: {
    lr: { type: 'log', low: 0.0001, high: 0.01 },
    dropout: { type: 'uniform', low: 0, high: 0.5 },
    d_ff: { type: 'int', low: 64, high: 512, step: 64 },
    width: { type: 'int', low: 1, high: 1000, log: true },
    n_layers: { type: 'choice', values: [1, 2, 4] },
    optimizer: { type: 'choice', values: ['adam', 'sgd'] },
    momentum: { type: 'uniform', low: 0, high: 0.99, when: { optimizer: ['sgd'] } },
  },
  constraints: ['d_ff >= 64 * n_layers'],
};

const GOLDEN = [0.21552043242358399, 0.20601235548751295, 0.1738288690285842];

const RANDOM: Configuration[] = [
  { lr: 0.000269799, dropout: 0.103006, d_ff: 128, width: 1, n_layers: 1, optimizer: 'adam' },
  { lr: 0.00118156, dropout: 0.479828, d_ff: 320, width: 466, n_layers: 2, optimizer: 'sgd', momentum: 0.217721 },
  { lr: 0.00910884, dropout: 0.499413, d_ff: 512, width: 199, n_layers: 4, optimizer: 'sgd', momentum: 0.904114 },
];

const RANDOM_LARGE_SEED: Configuration[] = [{ lr: 0.00150026, dropout: 0.386161, d_ff: 192, width: 1, n_layers: 2, optimizer: 'adam' }];

const GRID: Configuration[] = [
  { lr: 0.0001, dropout: 0, d_ff: 64, width: 1, n_layers: 1, optimizer: 'adam' },
  { lr: 0.001, dropout: 0.5, d_ff: 320, width: 1000, n_layers: 2, optimizer: 'sgd', momentum: 0 },
  { lr: 0.01, dropout: 0.5, d_ff: 512, width: 1000, n_layers: 4, optimizer: 'sgd', momentum: 0.99 },
];

function configurations(strategy: typeof random, request: { count: number; seed?: number; options?: Record<string, unknown>; space?: Space }): Configuration[] {
  const proposal = strategy.propose({ space: SPACE, seed: 42, options: {}, taken: [], ...request });
  assert.ok(proposal.ok);
  return proposal.configurations;
}

describe('golden values: the same on every platform, or old campaigns could not be repeated', () => {
  test('the generator', () => {
    const stream = seededRandom(42);
    assert.deepEqual([stream(), stream(), stream()], GOLDEN);
  });

  test('random search', () => {
    assert.deepEqual(configurations(random, { count: 3 }), RANDOM);
    assert.deepEqual(configurations(random, { count: 1, seed: 2_147_473_647 }), RANDOM_LARGE_SEED);
  });

  test('grid search', () => {
    assert.deepEqual(configurations(grid, { count: 3, options: { levels: 3 } }), GRID);
  });
});

describe('grid search', () => {
  const two: Space = { parameters: { lr: { type: 'log', low: 0.001, high: 0.1 }, n: { type: 'int', low: 1, high: 2 } }, constraints: [] };

  test('has the product of levels and choices, five levels unless told otherwise', () => {
    assert.deepEqual(grid.propose({ space: two, seed: 1, options: {}, count: 11, taken: [] }), { ok: false, fits: 10 });
    assert.deepEqual(grid.propose({ space: two, seed: 1, options: { levels: 3 }, count: 7, taken: [] }), { ok: false, fits: 6 });
    const all = configurations(grid, { space: two, count: 6, options: { levels: 3 } });
    assert.deepEqual(new Set(all.map((config) => config['lr'])), new Set([0.001, 0.01, 0.1]));
  });

  test('takes from 1 to 100 levels', () => {
    const check = (levels: unknown) => grid.checkOptions({ levels }).length === 0;
    assert.deepEqual([1, 5, 100, 0, 101, 2.5, '3', null, Number.NaN].map(check), [true, true, true, false, false, false, false, false, false]);
  });

  test('keeps a condition and draws one value for it only where it holds', () => {
    const space: Space = { parameters: { o: { type: 'choice', values: ['adam', 'sgd'] }, m: { type: 'uniform', low: 0, high: 1, when: { o: ['sgd'] } } }, constraints: [] };
    const all = configurations(grid, { space, count: 4, options: { levels: 3 } });
    assert.deepEqual(all.map((config) => config['m']).toSorted(), [0, 0.5, 1, undefined]);
  });
});

test('random search draws a neighbour alike whether or not a condition before it holds', () => {
  const space = (optimizers: string[]): Space => ({
    parameters: { o: { type: 'choice', values: optimizers }, m: { type: 'uniform', low: 0, high: 1, when: { o: ['sgd'] } }, lr: { type: 'log', low: 0.1, high: 1 } },
    constraints: [],
  });
  const rates = (optimizers: string[]) => configurations(random, { space: space(optimizers), count: 5 }).map((config) => config['lr']);
  assert.deepEqual(rates(['adam']), rates(['sgd']));
});
