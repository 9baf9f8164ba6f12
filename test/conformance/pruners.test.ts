import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Option } from '#core/option.ts';
import { checkPruner, findPruner, PRUNERS } from '#core/prune/pruners.ts';
import type { Climb, Decision } from '#core/prune/pruner.ts';

const loss = fc.oneof(fc.constant(null), fc.double({ min: -10, max: 10, noNaN: true }));

const valueOf = (option: Option): fc.Arbitrary<number | string> => {
  if (option.type === 'choice') return fc.constantFrom(...option.values);
  return option.type === 'int' ? fc.integer({ min: option.low, max: option.high }) : fc.double({ min: option.low, max: option.high, noNaN: true });
};

const climbs = (rungs: number): fc.Arbitrary<Climb[]> =>
  fc.array(fc.record({ losses: fc.array(loss, { minLength: 1, maxLength: rungs }), final: loss }), { maxLength: 40 })
    .map((all) => all.map((one, index) => ({ ...one, number: index + 1 })));

for (const pruner of PRUNERS) {
  describe(`pruner ${pruner.name}`, () => {
    const rungs = pruner.rungs({});

    test('introduces itself, and is found by its name', () => {
      assert.equal(findPruner(pruner.name), pruner);
      assert.match(pruner.name, /^[a-z][a-z0-9_-]*$/);
      assert.ok(pruner.title !== '' && pruner.description.endsWith('.'));
    });

    test('describes its options, and takes what lies within their bounds alone', () => {
      for (const { name, description, ...range } of pruner.options) {
        assert.ok(range.type !== 'choice');
        const { low, high, default: usual, type } = range;
        const issues = (value: unknown) => checkPruner({ name: pruner.name, options: { [name]: value } }).map((issue) => issue.path);
        assert.ok(description.endsWith('.'));
        assert.deepEqual([low, high, usual].flatMap(issues), []);
        const wrong = [low - 1, high + 1, String(usual), Number.NaN, null, ...(type === 'int' ? [low + 0.5] : [])];
        assert.deepEqual(wrong.flatMap(issues), wrong.map(() => `pruner.${name}`));
      }
      assert.deepEqual(checkPruner({ name: pruner.name, options: { nonsense: 1 } }).map((issue) => issue.path), ['pruner.nonsense']);
    });

    test('has rungs above 0 and below 1 in rising order, for whatever options', () => {
      const options = fc.record(Object.fromEntries(pruner.options.map((option) => [option.name, valueOf(option)])));
      fc.assert(fc.property(options, (chosen) => {
        const shares = pruner.rungs(chosen);
        assert.ok(shares.length < 100 && shares.every((share, index) => share > (shares[index - 1] ?? 0) && share < 1), String(shares));
      }));
    });

    test('lets the first trial go on, and decides alike whenever it is asked alike', () => {
      fc.assert(fc.property(climbs(rungs.length), fc.array(loss, { minLength: 1, maxLength: rungs.length }), (others, losses) => {
        const trial: Climb = { number: 41, losses, final: null };
        assert.deepEqual(pruner.decide({ options: {}, trial, others: [] }), { stops: false });
        assert.deepEqual(pruner.decide({ options: {}, trial, others }), pruner.decide({ options: {}, trial, others }));
      }));
    });

    test('never stops one that is better than all others and improves the most, nor for a rung without a value, and says what was needed', () => {
      fc.assert(fc.property(climbs(rungs.length), fc.integer({ min: 1, max: rungs.length }), fc.integer({ min: 1, max: 60 }), (others, length, number) => {
        const decide = (losses: (number | null)[]): Decision => pruner.decide({ options: {}, trial: { number, losses, final: null }, others });
        assert.deepEqual(decide(Array.from({ length }, (_, rung) => -1000 * (rung + 1))), { stops: false });
        assert.deepEqual(decide([...Array.from({ length: length - 1 }, () => 0), null]), { stops: false });
        const decision = decide(Array.from({ length }, (_, rung) => 1000 * (rung + 1)));
        if (decision.stops) assert.ok(decision.needed < (decision.heading ?? 1000 * length) && decision.compared > 0 && decision.rule !== '', JSON.stringify(decision));
      }));
    });
  });
}
