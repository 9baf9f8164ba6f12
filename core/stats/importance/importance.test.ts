import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '#core/random.ts';
import { drawDistinct } from '#core/search/distinct.ts';
import type { Configuration, Scalar, Space } from '#core/space.ts';
import charlm from './charlm-fixture.json' with { type: 'json' };
import { designOf, widthsOf, type Design, type Dimension } from './dimension.ts';
import { growForest } from './forest.ts';
import { assessImportance, comparableFanova, LEAST_EXPLAINED, type Importance } from './importance.ts';
import { cellsOf, jointOf, marginalsOf } from './marginal.ts';
import { observe } from './observations.ts';

const CHARLM: Space = {
  parameters: Object.fromEntries(charlm.names.map((name) => {
    const values: Scalar[] | undefined = (charlm.choices as Record<string, Scalar[]>)[name];
    return [name, values === undefined ? { type: 'log', ...charlm.lr } : { type: 'choice', values }];
  })),
  constraints: [],
};
const charlmRuns = charlm.trials.map(([loss, ...values]) => ({ loss: Number(loss), config: Object.fromEntries(charlm.names.map((name, index): [string, Scalar] => [name, values[index] ?? ''])) }));

/** A choice that decides whether a number exists, and one that changes nothing. */
const SWITCHED: Space = {
  parameters: { kind: { type: 'choice', values: ['with', 'without'] }, x: { type: 'uniform', low: 0, high: 1, when: { kind: ['with'] } }, idle: { type: 'int', low: 1, high: 9 } },
  constraints: [],
};

test('importances agree with those of Optuna on its own measure, and with the truth on the scales of the space', () => {
  const importance = whole(assessImportance(CHARLM, charlmRuns));
  const comparable = comparableFanova(CHARLM, charlmRuns);
  const within = (name: string, value: number | undefined, given: Record<string, number>, most: number) => assert.ok(Math.abs((value ?? Number.NaN) - (given[name] ?? Number.NaN)) <= most, `${name}: ${value}, given ${given[name]}`);
  for (const { name, fanova } of comparable) within(name, fanova.value, charlm.fanova, 0.03);
  for (const { name, pedAnova } of importance.parameters) within(name, pedAnova.value, charlm.ped_anova, 1e-4);
  for (const { name, variance } of importance.parameters) within(name, variance.value, charlm.exact_main_effects, 0.05);
  const order = (given: readonly { name: string; value: number }[]) => given.toSorted((left, right) => right.value - left.value).map((one) => one.name);
  const theirs = order(Object.entries(charlm.fanova).map(([name, value]) => ({ name, value })));
  const ours = order(comparable.map(({ name, fanova }) => ({ name, value: fanova.value })));
  assert.deepEqual(ours.slice(0, 3), theirs.slice(0, 3));
  assert.deepEqual(new Set(ours.slice(0, 6)), new Set(theirs.slice(0, 6)), 'those that matter come before those that do not');
  assert.deepEqual(importance.pairs.slice(0, 1).map(({ first, second }) => [first, second]), [['lr', 'd_model']], 'a wider model needs a lower rate');
});

test('a parameter counts by what it does where it is active, and one that does nothing is told from those by chance', () => {
  const drawn = drawDistinct({ space: SWITCHED, seed: 3, count: 300, trials: [] });
  assert.ok(drawn.ok);
  const { parameters } = whole(assessImportance(SWITCHED, drawn.configurations.map((config) => ({ config, loss: config.kind === 'with' ? 2 * Number(config.x) : 0 }))));
  const [kind, x, idle] = parameters;
  // The means are 1 and 0, so that the kind explains 1/4; x explains the variance of x where it counts half: 1/12; the rest, 1/12, is both together.
  assert.ok(Math.abs((kind?.variance.value ?? 0) - 0.6) < 0.05 && Math.abs((x?.variance.value ?? 0) - 0.2) < 0.05, `${kind?.variance.value}, ${x?.variance.value}`);
  assert.ok(idle !== undefined && idle.variance.value < 0.01 && idle.local.value < 0.05);
  for (const { variance, pedAnova, local } of parameters) for (const { value, low, high } of [variance, pedAnova, local]) assert.ok(0 <= low && low <= value && value <= high && high <= 1);
  assert.ok((x?.main.mean.at(-1) ?? 0) > (x?.main.mean[0] ?? 0) + 0.8, 'the curve of x rises by half of what it does where it is active');
});

test('what would be noise is not told', () => {
  const random = seededRandom(1);
  const noisy = charlmRuns.slice(0, 60).map(({ config }) => ({ config, loss: random() }));
  const lackOf = (space: Space, runs: readonly { config: Configuration; loss: number }[]) => {
    const importance = assessImportance(space, runs);
    return importance.ok ? null : importance.lack;
  };
  assert.equal(lackOf(CHARLM, charlmRuns.slice(0, 19)), 'few');
  assert.equal(lackOf(CHARLM, charlmRuns.slice(0, 30)), null);
  assert.equal(lackOf(CHARLM, noisy), 'unexplained');
  assert.equal(lackOf(CHARLM, charlmRuns.map(({ config }) => ({ config, loss: 7 }))), 'equal');
  assert.equal(lackOf({ parameters: { only: { type: 'fixed', value: 1 } }, constraints: [] }, [{ config: { only: 1 }, loss: 1 }]), 'nothing_varies');
  assert.equal(lackOf(CHARLM, []), 'few');
  // Of thirty forests on noise none may explain as much as is asked for but by chance: once in forty.
  const design = designOf(CHARLM, charlmRuns.slice(0, 40).map(({ config }) => config), 'own');
  const fits = Array.from({ length: 30 }, () => growForest(design, Float64Array.from({ length: 40 }, random), 16, random).explained);
  assert.ok(fits.filter((explained) => explained >= LEAST_EXPLAINED).length <= 2, String(fits));
});

test('one diverged run, and values at both ends of what doubles hold, spoil nothing', () => {
  const few = charlmRuns.slice(0, 60);
  const usual = whole(assessImportance(CHARLM, few)).parameters.map(({ variance }) => variance.value);
  for (const spoil of [1e9, 1e300]) {
    const importance = whole(assessImportance(CHARLM, few.map((run, index) => (index === 7 ? { ...run, loss: spoil } : run))));
    assert.equal(importance.capped, 1);
    importance.parameters.forEach(({ variance, main }, index) => {
      assert.ok(Math.abs(variance.value - (usual[index] ?? 0)) < 0.25, `${variance.value}, usually ${usual[index]}`);
      assert.ok(main.mean.every(Number.isFinite));
    });
  }
  const vast = whole(assessImportance(CHARLM, few.map(({ config, loss }, index) => ({ config, loss: (loss - 2) * 1e300 * (index % 2 === 0 ? 1 : 1.01) }))));
  assert.ok(vast.parameters.every(({ variance, main }) => Number.isFinite(variance.value) && main.mean.every(Number.isFinite)));
});

test('seeds of a configuration count as their mean, and many configurations as an even sample with the best', () => {
  const seen = observe([{ config: { a: 1 }, loss: 1 }, { config: { a: 2 }, loss: 9 }, { config: { a: 1 }, loss: 3 }]);
  assert.deepEqual([[...seen.losses], seen.best, seen.total], [[2, 9], 0, 2]);
  const many = observe(Array.from({ length: 4001 }, (_, index) => ({ config: { a: index }, loss: index === 1234 ? -1 : index % 7 })), 100);
  assert.deepEqual([many.configs.length, many.total, many.losses[many.best], many.configs[many.best]], [100, 4001, -1, { a: 1234 }]);
});

test('marginals of a tree are those of its whole function', () => {
  const design = designOf(CHARLM, charlmRuns.slice(0, 25).map(({ config }) => config), 'own');
  const raw = designOf(CHARLM, charlmRuns.slice(0, 25).map(({ config }) => config), 'raw');
  const losses = Float64Array.from(charlmRuns.slice(0, 25), ({ loss }) => loss);
  const [tree] = growForest(design, losses, 1, seededRandom(2)).trees;
  const [coded] = growForest(raw, losses, 1, seededRandom(2)).trees;
  assert.ok(tree !== undefined && coded !== undefined);
  const { columns, mean } = marginalsOf(design, tree);
  for (const [index, means] of columns.entries()) assert.ok(Math.abs(weighted(means, design, index) - mean) < 1e-9);
  const [lr, kinds] = [0, 1];
  const joint = jointOf(design, tree, lr, kinds);
  const levels = (design.dimensions[kinds] as Dimension).levels;
  for (let level = 0; level < (design.dimensions[lr] as Dimension).levels; level += 1) {
    assert.ok(Math.abs(weighted(joint.subarray(level * levels, (level + 1) * levels), design, kinds) - (columns[lr]?.[level] ?? 0)) < 1e-9);
  }
  const cells = cellsOf(raw, coded, raw.parameters[1]?.columns ?? []);
  assert.equal(cells.length, 8);
  assert.ok(Math.abs(cells.reduce((sum, cell) => sum + cell / 8, 0) - marginalsOf(raw, coded).mean) < 1e-9);
});

function weighted(means: Float64Array, design: Design, index: number): number {
  const widths = widthsOf(design.dimensions[index] as Dimension);
  return means.reduce((sum, value, level) => sum + value * (widths[level] ?? 0), 0);
}

function whole(importance: Importance): Extract<Importance, { ok: true }> {
  assert.ok(importance.ok, JSON.stringify(importance));
  return importance;
}
