import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseConstraint, type Constraint } from './constraint.ts';
import type { Configuration } from './space.ts';

function parsed(text: string): Constraint {
  const constraint = parseConstraint(text);
  if (typeof constraint === 'string') assert.fail(`${text}: ${constraint}`);
  return constraint;
}

const holds = (text: string, config: Configuration = {}): boolean => parsed(text).holds(config);

describe('a constraint', () => {
  test('compares two sums', () => {
    const cases: [string, boolean][] = [
      ['d % h == 0', true], ['d % 5 == 0', false], ['d >= 2 * h', true], ['d < h', false], ['d <= 64', true], ['d > 64', false], ['d != h', true], ['h * h == 16', true],
    ];
    for (const [text, expected] of cases) assert.equal(holds(text, { d: 64, h: 4 }), expected, text);
  });

  test('binds products before sums, signs before both, and works from the left', () => {
    const truths = ['1 + 2 * 3 == 7', '(1 + 2) * 3 == 9', '10 - 4 - 3 == 3', '24 / 4 / 2 == 3', '17 % 10 % 4 == 3', '-2 * -3 == 6', '--2 == 2', '1 - -1 == 2', '-(1 + 2) == 0 - 3', '2*(3+(4-1))==12', '1e3 == 1000', '.5 + 0.25 == 3 / 4', '1.5E-1 == 0.15'];
    for (const text of truths) assert.equal(holds(text), true, text);
  });

  test('agrees with the arithmetic of JavaScript on random expressions', () => {
    const leaf = fc.oneof(fc.integer({ min: 0, max: 50 }).map(String), fc.constantFrom('a', 'b', 'c'));
    const { expression } = fc.letrec<{ expression: string }>((tie) => ({
      expression: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.tuple(tie('expression'), fc.constantFrom('+', '-', '*', '/', '%'), tie('expression')).map((parts) => parts.join(' ')),
        tie('expression').map((inner) => `(${inner})`),
        tie('expression').map((inner) => `- ${inner}`),
      ),
    }));
    fc.assert(
      fc.property(expression, fc.constantFrom('<', '<=', '>', '>=', '==', '!='), expression, (left, compare, right) => {
        const text = `${left} ${compare} ${right}`;
        fc.pre(text.length <= 200);
        const javascript = text.replace('==', '===').replace('!=', '!==').replaceAll('- -', '- 0 -').replaceAll(/\b([abc])\b/g, 'config.$1');
        fc.pre(!text.includes('- -'));
        // oxlint-disable-next-line no-new-func -- the expressions are made here, and JavaScript is the yardstick
        const expected: unknown = new Function('config', `return ${javascript}`)({ a: 3, b: 7, c: 0 });
        assert.equal(holds(text, { a: 3, b: 7, c: 0 }), expected, text);
      }),
    );
  });

  test('names its parameters, and holds while one of them is inactive', () => {
    const constraint = parsed('momentum * 2 < lr + momentum');
    assert.deepEqual(constraint.names, ['momentum', 'lr', 'momentum']);
    assert.equal(constraint.holds({ lr: 0.1 }), true);
    assert.equal(constraint.holds({ lr: 0.1, momentum: 0.9 }), false);
  });

  test('does not hold between texts, which have no order here', () => {
    assert.equal(holds('optimizer == 1', { optimizer: 'adam' }), false);
    assert.equal(holds('fast == 1', { fast: true }), true);
  });

  test('says what is wrong, and where', () => {
    const cases: [string, string][] = [
      ['', 'expected a number or a parameter name at position 1'],
      ['a', 'expected one of == != < <= > >= at position 2'],
      ['a ==', 'expected a number or a parameter name at position 5'],
      ['a == * 2', 'expected a number or a parameter name at position 6'],
      ['(a == 2', 'expected ")" at position 4'],
      ['a == (2', 'expected ")" at position 8'],
      ['a = 2', 'did not understand "= 2" at position 2'],
      ['a == 2 3', 'did not expect "3" at position 8'],
      ['a == b == c', 'did not expect "==" at position 8'],
      ['a && b', 'did not understand "&& b" at position 2'],
      ['a == "x"', 'did not understand ""x"" at position 5'],
      ['a constructor b', 'expected one of == != < <= > >= at position 3'],
      ['a == 1.2.3', 'did not expect ".3" at position 9'],
      [`a == ${'('.repeat(200)}`, 'is longer than 200 characters'],
    ];
    for (const [text, message] of cases) assert.equal(parseConstraint(text), message, text);
  });

  test('is read or refused, whatever the text, and never throws', () => {
    const characters = fc.constantFrom(...'ab1.e+-*/%()<>=! \n\0é😀"');
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.array(characters, { maxLength: 210 }).map((all) => all.join(''))), (text) => {
        const constraint = parseConstraint(text);
        if (typeof constraint === 'string') assert.ok(constraint.length > 0);
        else assert.equal(typeof constraint.holds({ a: 1, b: 2 }), 'boolean');
      }),
    );
  });
});
