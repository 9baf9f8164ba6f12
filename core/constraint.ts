import type { Configuration } from './space.ts';

/**
 * A condition over a configuration, such as `d_model % n_heads == 0` or `d_ff >= 2 * d_model`.
 *
 * Grammar: `sum (== | != | < | <= | > | >=) sum`, with `+ - * / %`, parentheses, unary minus, numbers and
 * parameter names. A condition that names an inactive parameter holds.
 */
export type Constraint = { text: string; names: string[]; holds: (config: Configuration) => boolean };

type Evaluate = (config: Configuration) => number;

const TOKEN = /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)|([A-Za-z_][A-Za-z0-9_]*)|(==|!=|<=|>=|[-+*/%()<>]))/y;

const COMPARE: Record<string, (left: number, right: number) => boolean> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
};

const ARITHMETIC: Record<string, (left: number, right: number) => number> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
};

const LONGEST_CONSTRAINT = 200;

/** Reads a constraint; the returned string says what is wrong and where, e.g. `expected a number at position 5`. */
export function parseConstraint(text: string): Constraint | string {
  if (text.length > LONGEST_CONSTRAINT) return `is longer than ${LONGEST_CONSTRAINT} characters`;
  const tokens = tokenize(text);
  if (typeof tokens === 'string') return tokens;
  const names: string[] = [];
  let position = 0;
  const peek = () => tokens[position]?.text ?? '';
  const where = () => `at position ${(tokens[position]?.at ?? text.length) + 1}`;

  const atom = (): Evaluate | string => {
    const token = tokens[position];
    position += 1;
    if (token?.kind === 'number') return () => Number(token.text);
    if (token?.kind === 'name') {
      names.push(token.text);
      return (config) => Number(config[token.text]);
    }
    if (token?.text === '-') {
      const inner = atom();
      return typeof inner === 'string' ? inner : (config) => -inner(config);
    }
    if (token?.text === '(') {
      const inner = chain(['+', '-'], product);
      if (typeof inner === 'string') return inner;
      if (peek() !== ')') return `expected ")" ${where()}`;
      position += 1;
      return inner;
    }
    position -= 1;
    return `expected a number or a parameter name ${where()}`;
  };
  const chain = (operators: string[], operand: () => Evaluate | string): Evaluate | string => {
    let left = operand();
    while (typeof left !== 'string' && operators.includes(peek())) {
      const apply = ARITHMETIC[peek()];
      position += 1;
      const [first, second] = [left, operand()];
      if (typeof second === 'string' || apply === undefined) return second as string;
      left = (config) => apply(first(config), second(config));
    }
    return left;
  };
  const product = () => chain(['*', '/', '%'], atom);

  const left = chain(['+', '-'], product);
  if (typeof left === 'string') return left;
  const compare = Object.hasOwn(COMPARE, peek()) ? COMPARE[peek()] : undefined;
  if (compare === undefined) return `expected one of ${Object.keys(COMPARE).join(' ')} ${where()}`;
  position += 1;
  const right = chain(['+', '-'], product);
  if (typeof right === 'string') return right;
  if (position < tokens.length) return `did not expect "${peek()}" ${where()}`;
  const active = (config: Configuration) => names.every((name) => Object.hasOwn(config, name));
  return { text, names, holds: (config) => !active(config) || compare(left(config), right(config)) };
}

type Token = { kind: 'number' | 'name' | 'sign'; text: string; at: number };

function tokenize(text: string): Token[] | string {
  const tokens: Token[] = [];
  let at = 0;
  while (text.slice(at).trim() !== '') {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) return `did not understand "${text.slice(at).trim().slice(0, 10)}" at position ${at + 1}`;
    const [, number, name, sign] = match;
    at = TOKEN.lastIndex;
    const found = number ?? name ?? sign ?? '';
    tokens.push({ kind: number !== undefined ? 'number' : name !== undefined ? 'name' : 'sign', text: found, at: at - found.length });
  }
  return tokens;
}
