import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { findStrategy, STRATEGIES } from '#core/search/strategies.ts';
import type { Strategy } from '#core/search/strategy.ts';
import { configurationKey, constraintsOf, contains, isActive, searchOrder, type Configuration, type Parameter, type Space } from '#core/space.ts';
import { SAMPLE_EXPERIMENT } from './samples.ts';

const SPACE = SAMPLE_EXPERIMENT.space;

function propose(strategy: Strategy, space: Space, count: number, seed = 42, taken: Configuration[] = []): Configuration[] {
  const proposal = strategy.propose({ space, seed, options: {}, count, taken });
  assert.ok(proposal.ok, proposal.ok ? '' : `only ${proposal.fits} fit`);
  return proposal.configurations;
}

/** Everything that must hold of a configuration in its space. */
function assertValid(space: Space, config: Configuration): void {
  for (const name of searchOrder(space) ?? []) {
    const parameter = space.parameters[name] as Parameter;
    assert.equal(Object.hasOwn(config, name), isActive(parameter, config), `${name} in ${JSON.stringify(config)}`);
    const value = config[name];
    if (value !== undefined) assert.ok(contains(parameter, value), `${name} = ${String(value)}`);
  }
  for (const constraint of constraintsOf(space)) assert.ok(constraint.holds(config), constraint.text);
  const declared = Object.keys(space.parameters).filter((name) => Object.hasOwn(config, name));
  assert.deepEqual(Object.keys(config), declared, 'names come in the order of the space');
}

function assertDistinct(configurations: Configuration[]): void {
  assert.equal(new Set(configurations.map(configurationKey)).size, configurations.length);
}

/** Small spaces of choices with a condition and a constraint; all their configurations can be listed. */
const smallSpace: fc.Arbitrary<Space> = fc.record({
  a: fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 }),
  b: fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 }),
  c: fc.integer({ min: 0, max: 3 }),
  when: fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 3 }),
  constraint: fc.constantFrom('a <= b', 'a + b != 7', 'b % 2 == 0', 'a + c > 3', 'a == b'),
}).map(({ a, b, c, when, constraint }) => ({
  parameters: { c: { type: 'int', low: 0, high: c, when: { a: when } }, a: { type: 'choice', values: a }, b: { type: 'choice', values: b } },
  constraints: [constraint],
}));

function listAll(space: Space): Configuration[] {
  const { a, b, c } = space.parameters;
  assert.ok(a?.type === 'choice' && b?.type === 'choice' && c?.type === 'int');
  const all = a.values.flatMap((x) => b.values.flatMap((y): Configuration[] => (isActive(c, { a: x }) ? Array.from({ length: c.high + 1 }, (_, z) => ({ c: z, a: x, b: y })) : [{ a: x, b: y }])));
  return all.filter((config) => constraintsOf(space).every((constraint) => constraint.holds(config)));
}

for (const strategy of STRATEGIES) {
  describe(`strategy ${strategy.name}`, () => {
    test('introduces itself, and is found by its name', () => {
      assert.equal(findStrategy(strategy.name), strategy);
      assert.match(strategy.name, /^[a-z][a-z0-9_-]*$/);
      assert.ok(strategy.title !== '' && strategy.description.endsWith('.'));
    });

    test('takes no options it does not know', () => {
      assert.deepEqual(strategy.checkOptions({}), []);
      const issues = strategy.checkOptions({ nonsense: 1 });
      assert.deepEqual(issues.map((issue) => issue.path), ['strategy.nonsense']);
    });

    test('proposes valid and distinct configurations, as many as asked', () => {
      const configurations = propose(strategy, SPACE, 100);
      assert.equal(configurations.length, 100);
      assertDistinct(configurations);
      for (const config of configurations) assertValid(SPACE, config);
      assert.ok(configurations.some((config) => 'momentum' in config) && configurations.some((config) => !('momentum' in config)));
    });

    test('is deterministic, and another seed gives something else', () => {
      assert.deepEqual(propose(strategy, SPACE, 50), propose(strategy, SPACE, 50));
      assert.notDeepEqual(propose(strategy, SPACE, 50), propose(strategy, SPACE, 50, 43));
      assert.deepEqual(propose(strategy, SPACE, 50).slice(0, 20), propose(strategy, SPACE, 20), 'asking for fewer gives the first ones');
    });

    test('goes on after what is taken, without repeating it', () => {
      const taken = propose(strategy, SPACE, 60);
      const more = propose(strategy, SPACE, 60, 42, taken);
      assertDistinct([...taken, ...more]);
      for (const config of more) assertValid(SPACE, config);
    });

    test('fills a small space exactly, and says how many fit when asked for one more', () => {
      fc.assert(
        fc.property(smallSpace, fc.nat({ max: 1000 }), fc.integer({ min: 0, max: 10 }), (space, seed, takenCount) => {
          const all = listAll(space);
          const found = propose(strategy, space, all.length, seed);
          assert.deepEqual(found.map(configurationKey).sort(), all.map(configurationKey).sort());
          for (const config of found) assertValid(space, config);
          assert.deepEqual(strategy.propose({ space, seed, options: {}, count: all.length + 1, taken: [] }), { ok: false, fits: all.length });
          const taken = found.slice(0, takenCount);
          const left = all.length - taken.length;
          assert.deepEqual(propose(strategy, space, left, seed, taken).map(configurationKey).sort(), found.slice(taken.length).map(configurationKey).sort());
          assert.deepEqual(strategy.propose({ space, seed, options: {}, count: left + 1, taken }), { ok: false, fits: left });
        }),
        { numRuns: 200 },
      );
    });

    test('finds the last needle of a large finite space', () => {
      const parameters = Object.fromEntries(['a', 'b', 'c'].map((name): [string, Parameter] => [name, { type: 'choice', values: Array.from({ length: 50 }, (_, index) => index) }]));
      const space = { parameters, constraints: ['a + b + c == 147'] };
      assert.deepEqual(propose(strategy, space, 1), [{ a: 49, b: 49, c: 49 }]);
      assert.deepEqual(strategy.propose({ space, seed: 1, options: {}, count: 2, taken: [] }), { ok: false, fits: 1 });
    });

    test('proposes ten thousand configurations, and gives up on an impossible space, within seconds', () => {
      const wide: Space = { ...SPACE, parameters: { ...SPACE.parameters, dropout: { type: 'choice', values: Array.from({ length: 100 }, (_, index) => index / 200) } } };
      const startedAt = performance.now();
      assertDistinct(propose(strategy, wide, 10_000));
      const impossible = strategy.propose({ space: { ...wide, constraints: ['lr > 1'] }, seed: 1, options: {}, count: 10_000, taken: [] });
      assert.deepEqual(impossible, { ok: false, fits: 0 });
      const seconds = (performance.now() - startedAt) / 1000;
      assert.ok(seconds < 15, `took ${seconds} s`);
    });

    test('handles a space of one configuration, and one of none', () => {
      assert.deepEqual(propose(strategy, { parameters: {}, constraints: [] }, 1), [{}]);
      const fixed: Space = { parameters: { x: { type: 'fixed', value: 1 }, y: { type: 'uniform', low: 2, high: 2 } }, constraints: [] };
      assert.deepEqual(propose(strategy, fixed, 1), [{ x: 1, y: 2 }]);
      assert.deepEqual(strategy.propose({ space: fixed, seed: 1, options: {}, count: 2, taken: [] }), { ok: false, fits: 1 });
      assert.deepEqual(strategy.propose({ space: { ...fixed, constraints: ['x == 2'] }, seed: 1, options: {}, count: 1, taken: [] }), { ok: false, fits: 0 });
    });
  });
}
