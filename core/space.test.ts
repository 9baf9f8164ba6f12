import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from './random.ts';
import { checkSpace, configurationKey, contains, countValues, describeParameter, isActive, levelsOf, narrowSpace, searchOrder, valueAt, type Parameter, type Scalar, type Space } from './space.ts';

const space = (parameters: Record<string, Parameter>, constraints: string[] = []): Space => ({ parameters, constraints });

/** Any parameter that passes the check. */
const finite = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 });
const anyParameter: fc.Arbitrary<Parameter> = fc.oneof(
  fc.tuple(finite, finite).map(([a, b]): Parameter => ({ type: 'uniform', low: Math.min(a, b), high: Math.max(a, b) })),
  fc.tuple(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), fc.double({ min: 1e-300, max: 1e300, noNaN: true })).map(([a, b]): Parameter => ({ type: 'log', low: Math.min(a, b), high: Math.max(a, b) })),
  fc.tuple(fc.integer(), fc.nat(), fc.integer({ min: 1, max: 1000 })).map(([low, width, step]): Parameter => ({ type: 'int', low, high: low + width, step })),
  fc.tuple(fc.integer({ min: 1, max: 100_000 }), fc.nat(), fc.integer({ min: 1, max: 1000 })).map(([low, width, step]): Parameter => ({ type: 'int', low, high: low + width, step, log: true })),
  fc.uniqueArray(fc.oneof(fc.string(), fc.integer(), fc.boolean()), { minLength: 1, maxLength: 20 }).map((values): Parameter => ({ type: 'choice', values })),
  fc.oneof(fc.string(), finite, fc.boolean()).map((value): Parameter => ({ type: 'fixed', value })),
);

describe('the check of a space', () => {
  test('finds nothing wrong with any sound parameter', () => {
    fc.assert(fc.property(anyParameter, (parameter) => assert.deepEqual(checkSpace(space({ p: parameter })), [])));
  });

  test('names the field and the fault', () => {
    const cases: [Record<string, Parameter>, string, RegExp][] = [
      [{ p: { type: 'log', low: 0, high: 1 } }, 'space.p', /log scale needs low above 0/],
      [{ p: { type: 'log', low: -1, high: 1 } }, 'space.p', /log scale/],
      [{ p: { type: 'int', low: 0, high: 1, log: true } }, 'space.p', /log scale/],
      [{ p: { type: 'uniform', low: 2, high: 1 } }, 'space.p', /low \(2\) is above high \(1\)/],
      [{ p: { type: 'uniform', low: Number.NaN, high: 1 } }, 'space.p', /finite/],
      [{ p: { type: 'uniform', low: 0, high: Infinity } }, 'space.p', /finite/],
      [{ p: { type: 'uniform', low: -1.7e308, high: 1.7e308 } }, 'space.p', /too far apart/],
      [{ p: { type: 'int', low: 0.5, high: 1 } }, 'space.p', /whole numbers/],
      [{ p: { type: 'int', low: 0, high: 2 ** 53 } }, 'space.p', /whole numbers/],
      [{ p: { type: 'int', low: -(2 ** 53 - 1), high: 2 ** 53 - 1 } }, 'space.p', /too far apart/],
      [{ p: { type: 'int', low: 0, high: 1, step: 0 } }, 'space.p', /step/],
      [{ p: { type: 'int', low: 0, high: 1, step: 0.5 } }, 'space.p', /step/],
      [{ p: { type: 'choice', values: [] } }, 'space.p', /no values/],
      [{ p: { type: 'choice', values: [1, 2, 1] } }, 'space.p', /twice/],
      [{ p: { type: 'choice', values: Array.from({ length: 1001 }, (_, index) => index) } }, 'space.p', /more than 1000/],
      [{ p: { type: 'fixed', value: Infinity } }, 'space.p', /finite/],
      [{ 'a b': { type: 'fixed', value: 1 } }, 'space.a b', /letters, digits and underscores/],
      [{ ['__proto__']: { type: 'fixed', value: 1 } }, 'space.__proto__', /letters/],
      [{ seed: { type: 'fixed', value: 1 } }, 'space.seed', /XeeNet itself/],
      [{ time_budget_seconds: { type: 'fixed', value: 1 } }, 'space.time_budget_seconds', /XeeNet itself/],
      [{ p: { type: 'fixed', value: 1, when: { q: [1] } } }, 'space.p.when', /"q", which is not a parameter/],
      [{ p: { type: 'fixed', value: 1, when: { p: [1] } } }, 'space', /circle/],
      [{ p: { type: 'fixed', value: 1, when: { q: [1] } }, q: { type: 'fixed', value: 1, when: { p: [1] } } }, 'space', /circle/],
    ];
    for (const [parameters, path, message] of cases) {
      const issues = checkSpace(space(parameters));
      assert.deepEqual(issues.map((issue) => issue.path), [path], JSON.stringify(parameters));
      assert.match(issues[0]?.message ?? '', message);
    }
  });

  test('reads the constraints', () => {
    const parameters: Record<string, Parameter> = { d: { type: 'choice', values: [1] } };
    assert.deepEqual(checkSpace(space(parameters, ['d == 1', 'd == ', 'e == 1'])).map((issue) => [issue.path, issue.message]), [
      ['constraints.1', 'expected a number or a parameter name at position 6'],
      ['constraints.2', 'names "e", which is not a parameter'],
    ]);
    assert.deepEqual(checkSpace(space(parameters, Array.from({ length: 33 }, () => 'd == 1'))).map((issue) => issue.path), ['constraints']);
  });

  test('puts conditions before what depends on them, and otherwise keeps the order', () => {
    const parameters: Record<string, Parameter> = { a: { type: 'fixed', value: 1, when: { c: [1] } }, b: { type: 'fixed', value: 1 }, c: { type: 'fixed', value: 1, when: { d: [2] } }, d: { type: 'fixed', value: 2 } };
    assert.deepEqual(searchOrder(space(parameters)), ['b', 'd', 'c', 'a']);
    assert.equal(isActive(parameters['a'] as Parameter, { c: 1 }), true);
    assert.equal(isActive(parameters['a'] as Parameter, {}), false);
    assert.equal(isActive(parameters['c'] as Parameter, { d: 3 }), false);
  });
});

describe('a parameter', () => {
  test('contains every value that it draws, and as many as it counts', () => {
    fc.assert(
      fc.property(anyParameter, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (parameter, share) => {
        const value = valueAt(parameter, share);
        assert.ok(contains(parameter, value), `${describeParameter(parameter)} drew ${String(value)} at ${share}`);
      }),
    );
  });

  test('contains its levels, all different, from its low to its high', () => {
    fc.assert(
      fc.property(anyParameter, fc.integer({ min: 1, max: 30 }), (parameter, levels) => {
        const values = levelsOf(parameter, levels);
        assert.equal(new Set(values).size, values.length);
        assert.ok(values.length >= 1 && values.length <= Math.max(countValues(parameter), 1));
        for (const value of values) assert.ok(contains(parameter, value), `${describeParameter(parameter)} has level ${String(value)}`);
        if ((parameter.type === 'uniform' || parameter.type === 'log') && levels > 1) {
          const sixDigits = 1e-5 * Math.max(Math.abs(parameter.low), Math.abs(parameter.high));
          assert.ok(Math.abs(Number(values[0]) - parameter.low) <= sixDigits && Math.abs(Number(values.at(-1)) - parameter.high) <= sixDigits);
        }
      }),
    );
  });

  test('has these levels', () => {
    const cases: [Parameter, number, Scalar[]][] = [
      [{ type: 'log', low: 0.0001, high: 0.01 }, 3, [0.0001, 0.001, 0.01]],
      [{ type: 'uniform', low: 0, high: 0.5 }, 5, [0, 0.125, 0.25, 0.375, 0.5]],
      [{ type: 'uniform', low: 0, high: 0.5 }, 1, [0]],
      [{ type: 'int', low: 64, high: 512, step: 64 }, 3, [64, 320, 512]],
      [{ type: 'int', low: 1, high: 3 }, 9, [1, 2, 3]],
      [{ type: 'int', low: 1, high: 100, log: true }, 3, [1, 10, 100]],
      [{ type: 'int', low: 1, high: 10, step: 4 }, 9, [1, 5, 9]],
      [{ type: 'choice', values: ['b', 'a'] }, 1, ['b', 'a']],
    ];
    for (const [parameter, levels, expected] of cases) assert.deepEqual(levelsOf(parameter, levels), expected, describeParameter(parameter));
  });

  test('spreads its draws evenly over its scale', () => {
    const random = seededRandom(7);
    const draws = 20_000;
    const sharesBelow = (parameter: Parameter, bound: number) => Array.from({ length: draws }, () => Number(valueAt(parameter, random()))).filter((value) => value < bound).length / draws;
    const cases: [Parameter, number, number][] = [
      [{ type: 'log', low: 0.0001, high: 0.01 }, 0.001, 0.5],
      [{ type: 'log', low: 0.0001, high: 0.01 }, 0.000316228, 0.25],
      [{ type: 'uniform', low: -1, high: 3 }, 0, 0.25],
      [{ type: 'int', low: 0, high: 9 }, 3, 0.3],
      [{ type: 'int', low: 64, high: 512, step: 64 }, 65, 0.125],
      [{ type: 'choice', values: [1, 2, 3, 4] }, 2, 0.25],
      // With half a step added at both ends the range is 0.5 … 100.5 on a log scale; below 10 lies ln(19) / ln(201).
      [{ type: 'int', low: 1, high: 100, log: true }, 10, Math.log(19) / Math.log(201)],
    ];
    // Five standard deviations of a share of a half.
    const tolerance = 5 * Math.sqrt(0.25 / draws);
    for (const [parameter, bound, expected] of cases) {
      const share = sharesBelow(parameter, bound);
      assert.ok(Math.abs(share - expected) < tolerance, `${describeParameter(parameter)}: ${share} below ${bound}, expected ${expected}`);
    }
  });

  test('reaches every value of a small int, the outermost ones too', () => {
    for (const log of [false, true]) {
      const parameter: Parameter = { type: 'int', low: 2, high: 12, step: 5, log };
      const values = new Set(Array.from({ length: 1000 }, (_, index) => valueAt(parameter, index / 1000)));
      assert.deepEqual(values, new Set([2, 7, 12]));
    }
  });

  test('reads like this', () => {
    const cases: [Parameter, string][] = [
      [{ type: 'log', low: 0.0005, high: 0.02 }, 'log 0.0005 … 0.02'],
      [{ type: 'int', low: 64, high: 512, step: 64 }, 'int 64 … 512 step 64'],
      [{ type: 'int', low: 1, high: 9, log: true }, 'int log 1 … 9'],
      [{ type: 'choice', values: [1, 'a', true] }, '{1, a, true}'],
      [{ type: 'fixed', value: 4 }, '= 4'],
    ];
    for (const [parameter, text] of cases) assert.equal(describeParameter(parameter), text);
  });
});

describe('narrowing a space', () => {
  const base = space(
    {
      lr: { type: 'log', low: 0.001, high: 0.1 },
      d_ff: { type: 'int', low: 64, high: 512, step: 64, log: true },
      n_layers: { type: 'choice', values: [1, 2, 4], ordered: true },
      optimizer: { type: 'choice', values: ['adam', 'sgd'] },
      momentum: { type: 'uniform', low: 0, high: 1, when: { optimizer: ['sgd'] } },
    },
    ['d_ff % n_layers == 0'],
  );
  const narrow = (parameters: Record<string, Parameter>, constraints: string[] = []) => narrowSpace(base, space(parameters, constraints));

  test('without anything said changes nothing', () => {
    assert.deepEqual(narrow({}), { space: base, issues: [] });
  });

  test('takes a part of a range, a value, or other values of it, and adds constraints', () => {
    const wanted: Record<string, Parameter> = {
      lr: { type: 'choice', values: [0.001, 0.05] },
      d_ff: { type: 'int', low: 128, high: 256, step: 128 },
      n_layers: { type: 'fixed', value: 2 },
      momentum: { type: 'uniform', low: 0.5, high: 0.9 },
    };
    const { space: narrowed, issues } = narrow(wanted, ['d_ff % n_layers == 0', 'd_ff >= 128']);
    assert.deepEqual(issues, []);
    assert.deepEqual(narrowed.constraints, ['d_ff % n_layers == 0', 'd_ff >= 128']);
    assert.deepEqual(Object.keys(narrowed.parameters), Object.keys(base.parameters));
    assert.deepEqual(narrowed.parameters['momentum'], { type: 'uniform', low: 0.5, high: 0.9, when: { optimizer: ['sgd'] } });
    assert.deepEqual(narrowed.parameters['optimizer'], base.parameters['optimizer']);
  });

  test('keeps the step and the scale that it does not mention', () => {
    const { space: narrowed, issues } = narrow({ d_ff: { type: 'int', low: 128, high: 256 } });
    assert.deepEqual(issues, []);
    assert.deepEqual(narrowed.parameters['d_ff'], { type: 'int', low: 128, high: 256, step: 64, log: true, when: undefined });
  });

  test('never widens', () => {
    const cases: [Record<string, Parameter>, RegExp][] = [
      [{ lr: { type: 'log', low: 0.0001, high: 0.1 } }, /low \(0.0001\) is outside the experiment's log 0.001 … 0.1/],
      [{ lr: { type: 'log', low: 0.01, high: 0.2 } }, /high \(0.2\) is outside/],
      [{ lr: { type: 'fixed', value: 1 } }, /^1 is outside/],
      [{ lr: { type: 'choice', values: [0.01, 'x'] } }, /^"x" is outside/],
      [{ d_ff: { type: 'uniform', low: 64, high: 512 } }, /whole numbers/],
      [{ d_ff: { type: 'int', low: 65, high: 512 } }, /low \(65\)/],
      [{ d_ff: { type: 'int', low: 64, high: 512, step: 32 } }, /multiple of the experiment's 64/],
      [{ d_ff: { type: 'fixed', value: 100 } }, /^100 is outside/],
      [{ n_layers: { type: 'int', low: 1, high: 4 } }, /chosen from the experiment's \{1, 2, 4\}/],
      [{ n_layers: { type: 'fixed', value: '1' } }, /^"1" is outside/],
      [{ momentum: { type: 'uniform', low: 0, high: 1, when: { optimizer: ['adam'] } } }, /"when" is the experiment's own/],
      [{ depth: { type: 'fixed', value: 1 } }, /is not a parameter of the experiment; it has lr, d_ff/],
      [{ lr: { type: 'log', low: 0.1, high: 0.01 } }, /above high/],
      [{ ['toString' as string]: { type: 'fixed', value: 1 } }, /is not a parameter/],
    ];
    for (const [parameters, message] of cases) {
      const { issues } = narrow(parameters);
      assert.deepEqual(issues.map((issue) => issue.path), [`space.${Object.keys(parameters)[0]}`]);
      assert.match(issues[0]?.message ?? '', message);
    }
    assert.deepEqual(narrow({}, ['d_ff >']).issues.map((issue) => issue.path), ['constraints.1']);
  });

  test('gives a space that holds nothing which the experiment does not', () => {
    fc.assert(
      fc.property(anyParameter, anyParameter, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (from, wanted, share) => {
        const { space: narrowed, issues } = narrowSpace(space({ p: from }), space({ p: wanted }));
        if (issues.length > 0) return;
        const value = valueAt(narrowed.parameters['p'] as Parameter, share);
        assert.ok(contains(from, value), `${describeParameter(from)} narrowed to ${describeParameter(wanted)} gave ${String(value)}`);
      }),
      { numRuns: 2000 },
    );
  });
});

test('equal configurations have one key, whatever the order of their names', () => {
  assert.equal(configurationKey({ a: 1, b: 'x' }), configurationKey({ b: 'x', a: 1 }));
  assert.notEqual(configurationKey({ a: 1 }), configurationKey({ a: '1' }));
  assert.notEqual(configurationKey({ a: true }), configurationKey({ a: 'true' }));
});
