import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { random } from '#core/search/random.ts';
import type { ProposalRequest } from '#core/search/strategy.ts';
import type { Configuration } from '#core/space.ts';
import { checkSpace } from '#core/space.ts';
import { findObjective, FURTHER_OBJECTIVES } from './search-further.ts';
import { OBJECTIVES, type Objective } from './search-objectives.ts';
import { quartilesOf, referenceFor, verdictOn } from './search-reference.ts';
import { simulate, standardNormal } from './search-simulation.ts';

/** Values of the reference definitions in Python, at ends and in between. */
const EXACT: Record<string, [Configuration, number][]> = {
  branin: [[{ x1: -5, x2: 0 }, 308.12909601160663], [{ x1: 3.25, x2: 7.5 }, 28.629376548327564], [{ x1: Math.PI, x2: 2.275 }, 0.39788735772973816]],
  rosenbrock4_log: [[{ x1: 0.01, x2: 100, x3: 1, x4: 0.3 }, 23.02575192003715], [{ x1: 1, x2: 1, x3: 1, x4: 1 }, 0], [{ x1: 0.7, x2: 0.5, x3: 0.25, x4: 0.06 }, 0.64873803071754]],
  charlm: [
    [{ lr: 1e-3, lr_schedule: 'cosine', n_layers: 2, n_heads: 2, d_model: 64, d_ff: 256, batch_size: 32, context_length: 128 }, 2.0171461725722244],
    [{ lr: 9e-3, lr_schedule: 'step_decay', n_layers: 6, n_heads: 4, d_model: 256, d_ff: 512, batch_size: 128, context_length: 256 }, 2.1118101808963257],
    [{ lr: 4.2e-4, lr_schedule: 'linear', n_layers: 4, n_heads: 4, d_model: 128, d_ff: 512, batch_size: 64, context_length: 256 }, 1.826613761606492],
  ],
  conditional: [
    [{ optimizer: 'sgd', depth: 7, sgd_lr: 0.02, momentum: 0.5 }, 0.6652838600442241],
    [{ optimizer: 'adam', depth: 4, adam_lr: 3e-4, beta2_gap: 0.02, amsgrad: 'yes' }, 0.4500288684940855],
    [{ optimizer: 'tree', depth: 1, leaves_log2: 5, shrinkage: 0.1 }, 0.64],
  ],
};

test('the objectives of the public comparison have the values of their reference definitions', () => {
  for (const { name, valueOf } of OBJECTIVES) {
    for (const [config, value] of EXACT[name] ?? []) assert.ok(Math.abs(valueOf(config) - value) <= 1e-12 * Math.max(1, value), `${name} is ${valueOf(config)}, not ${value}`);
  }
  assert.deepEqual(OBJECTIVES.map(({ name }) => name), Object.keys(EXACT));
});

test('the noise is the reference’s', () => {
  const expected: [number, number, number][] = [[0, 0, -0.9747324511950912], [1, 0, 1.3283380632586366], [29, 199, -0.6348024855806017], [123_456, 7, 0.2546192658352936]];
  for (const [seed, trial, value] of expected) assert.ok(Math.abs(standardNormal(seed, trial) - value) < 1e-14, `${seed}, ${trial}`);
});

test('every further objective can be searched, and nowhere lies below its optimum', () => {
  for (const { name, space, valueOf, optimum } of FURTHER_OBJECTIVES) {
    assert.deepEqual(checkSpace(space), [], name);
    const drawn = random.propose({ ...requestFor(name), count: 200 });
    assert.ok(drawn.ok);
    assert.ok(drawn.configurations.every((config) => valueOf(config) >= (optimum ?? -Infinity)), name);
  }
});

describe('a simulated campaign', () => {
  const spied = (pending: number): { requests: { open: number; measured: number }[]; scores: number[] } => {
    const requests: { open: number; measured: number }[] = [];
    const spy = { ...random, propose: (request: ProposalRequest) => {
      const open = request.trials.filter(({ state }) => state === 'open').length;
      requests.push({ open, measured: request.trials.length - open });
      return random.propose(request);
    } };
    const scores = simulate(spy, objectiveOf('branin_noisy'), { seed: 3, trials: 12, pending });
    return { requests, scores };
  };

  test('has as many trials pending as asked, and results come in the order in which they began', () => {
    assert.deepEqual(spied(1).requests.slice(0, 3), [{ open: 0, measured: 0 }, { open: 0, measured: 1 }, { open: 0, measured: 2 }]);
    assert.deepEqual(spied(8).requests.slice(7, 10), [{ open: 7, measured: 0 }, { open: 7, measured: 1 }, { open: 7, measured: 2 }]);
  });

  test('is scored by the true value of what looks best, which may get worse', () => {
    const { scores } = spied(1);
    const drawn = random.propose({ ...requestFor('branin_noisy'), seed: 3, count: 1 });
    assert.ok(drawn.ok);
    assert.equal(scores[0], objectiveOf('branin').valueOf(drawn.configurations[0] ?? {}));
    assert.equal(scores.length, 12);
    assert.ok(simulate(random, objectiveOf('branin'), { seed: 3, trials: 12, pending: 1 }).every((score, index, all) => index === 0 || score <= (all[index - 1] ?? 0)));
  });
});

test('a verdict is against the best namesake, within a tenth of its interquartile range, and doubts what chance can do', () => {
  const reference = referenceFor('tpe', 'conditional', 1, 50);
  assert.equal(reference?.sampler, 'tpe_group');
  assert.equal(referenceFor('auto', 'branin', 1, 100)?.sampler, 'gp');
  assert.equal(referenceFor('grid', 'branin', 1, 100), undefined);
  const ours = quartilesOf([1, 2, 3, 4, 5]);
  assert.deepEqual(ours, { q1: 2, median: 3, q3: 4 });
  const verdicts = [3.19, 3.3, 13, 2, -7].map((median) => verdictOn(ours, 30, { sampler: 'x', seeds: 30, q1: median - 1, median, q3: median + 1 }));
  assert.deepEqual(verdicts, ['equal', 'better?', 'better', 'worse', 'worse']);
});

function objectiveOf(name: string): Objective {
  const found = findObjective(name);
  assert.ok(found !== undefined, name);
  return found;
}

function requestFor(name: string): ProposalRequest {
  return { space: objectiveOf(name).space, seed: 1, options: {}, count: 1, trials: [], earlier: [], total: 12, parallel: 1, noise: null };
}
