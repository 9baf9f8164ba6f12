import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asha } from '#core/prune/asha.ts';
import { hyperband } from '#core/prune/hyperband.ts';
import { random } from '#core/search/random.ts';
import type { Configuration } from '#core/space.ts';
import optuna from './fixtures/optuna-pruning.json' with { type: 'json' };
import { median } from './measure.ts';
import { charLmCurve, prunedCampaign, type Rule } from './pruning-simulation.ts';

test('the learning curve has the values of its reference definition', () => {
  const slow: Configuration = { lr: 4.2e-4, lr_schedule: 'linear', n_layers: 4, n_heads: 4, d_model: 128, d_ff: 512, batch_size: 64, context_length: 256 };
  const quick: Configuration = { lr: 9e-3, lr_schedule: 'step_decay', n_layers: 6, n_heads: 4, d_model: 256, d_ff: 512, batch_size: 128, context_length: 256 };
  const values = [slow, quick].flatMap((config) => [1, 9, 27].map((step) => charLmCurve(config, step, 27)));
  const expected = [3.880538956422477, 2.4543917841562477, 1.826613761606492, 3.5287887379667473, 2.1754560532888423, 2.1118101808963257];
  for (const [index, value] of values.entries()) assert.ok(Math.abs(value - (expected[index] ?? 0)) < 1e-12, `${value} at ${index}`);
});

const SETTINGS: [string, NonNullable<Rule>][] = [
  ['sha_r1_eta3', { pruner: asha, options: { first_share: 1 / 27 } }],
  ['sha_r3_eta3', { pruner: asha, options: { first_share: 3 / 27 } }],
  ['sha_auto_eta4', { pruner: asha, options: { first_share: 1 / 27, reduction: 4 } }],
  ['hyperband', { pruner: hyperband, options: { first_share: 1 / 27 } }],
];

for (const [name, rule] of SETTINGS) {
  test(`with the settings of ${name} no more steps are used than Optuna's, and no more is given up for that`, () => {
    const reference = optuna.summary.find((one) => one.sampler === 'random' && one.pruner === name);
    assert.ok(reference !== undefined);
    const campaigns = Array.from({ length: 20 }, (_, seed) => prunedCampaign(random, rule, seed));
    const steps = median(campaigns.map((one) => one.steps));
    assert.ok(steps < reference.steps, `${steps} steps`);
    const givenUp = median(campaigns.map((one) => one.best)) - median(campaigns.map((one) => one.suggested));
    assert.ok(givenUp < reference.best.median - reference.suggested, `${givenUp} given up`);
  });
}
