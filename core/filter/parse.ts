import { FILTER_FIELDS, LONGEST_FILTER, kindOf, type Comparator, type Field, type FieldName, type FilterValue, type Term, type Vocabulary } from './language.ts';
import { nearest } from './nearest.ts';
import { readValue } from './value.ts';

const MOST_TERMS = 50;
const MOST_VALUES = 100;

/** The words of the language, each tried at one place of a text; completion reads with the same ones. */
export const SPACE = /\s*/y;
export const JOIN = /and(?=\s|$)/iy;
export const NOT = /-|not\s+/iy;
export const NAME = /(?:config\.[A-Za-z_]\w*|metrics\.[A-Za-z_][\w./-]*|[A-Za-z_]\w*)/y;
export const OPERATOR = /\s*(!=|<=|>=|==|[:=<>])\s*/y;
export const BARE = /[^\s,"]+/y;
export const QUOTED = /"((?:[^"\\]|\\[^])*)"/y;
export const COMMA = /\s*,\s*/y;

/** The wrong part of a text, in UTF-16 units, and what is wrong with it. */
type Wrong = { from: number; until: number; message: string };

/** Reads the terms of a filter, or the first thing that is wrong with it. */
export function parseTerms(text: string, vocabulary: Vocabulary): { terms: Term[] } | Wrong {
  if (text.length > LONGEST_FILTER) return wrong(LONGEST_FILTER, text.length, `A filter has at most ${LONGEST_FILTER} characters.`);
  const terms: Term[] = [];
  let at = taken(SPACE, text, 0);
  while (at < text.length) {
    const joined = taken(JOIN, text, at);
    if (joined > at) {
      const next = taken(SPACE, text, joined);
      if (terms.length === 0) return wrong(at, joined, '"and" stands between two terms; there is none before it.');
      if (next === text.length || taken(JOIN, text, next) > next) return wrong(at, joined, '"and" stands between two terms; there is none after it.');
      at = next;
    }
    const read = readTerm(text, at, vocabulary);
    if ('message' in read) return read;
    if (terms.length === MOST_TERMS) return wrong(at, read.end, `A filter has at most ${MOST_TERMS} terms.`);
    terms.push(read.term);
    at = taken(SPACE, text, read.end);
    if (at === read.end && at < text.length) return wrongCharacter(text, at, `A space or "and" is missing before ${character(text, at)}.`);
  }
  return { terms };
}

/** Where a sticky pattern's match at a place ends; the place itself where it does not match. */
export function taken(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** The field that a name means, or why it means none. */
export function findField(name: string, vocabulary: Vocabulary): Field | string {
  if (name.startsWith('metrics.')) return { of: 'metrics', name: name.slice('metrics.'.length) };
  const prefixed = name.startsWith('config.');
  const bare = prefixed ? name.slice('config.'.length) : name;
  const { parameters, metric } = vocabulary;
  if (!prefixed && isFieldName(name)) return { of: 'task', name };
  if (parameters !== null && Object.hasOwn(parameters, bare)) return { of: 'config', name: bare };
  if (!prefixed && metric === name) return { of: 'task', name: 'value' };
  if (prefixed && parameters === null) return { of: 'config', name: bare };
  const fields = Object.keys(FILTER_FIELDS);
  if (parameters !== null) {
    const names = Object.keys(parameters);
    const meant = nearest(bare, prefixed ? names : [...fields, ...names, ...(metric === null || metric === undefined ? [] : [metric])]);
    const has = `Its parameters are ${names.length === 0 ? 'none' : names.join(', ')}.`;
    return `${name} is ${prefixed ? 'not' : 'neither a field of tasks nor'} a parameter of this campaign. ${meant === null ? has : `Did you mean ${meant}?`}`;
  }
  const meant = nearest(name, fields);
  return meant === null ? { of: 'config', name } : `${name} is not a field of tasks. Did you mean ${meant}? A parameter of this name is written config.${name}.`;
}

function readTerm(text: string, at: number, vocabulary: Vocabulary): { term: Term; end: number } | Wrong {
  const start = taken(NOT, text, at);
  const nameEnd = taken(NAME, text, start);
  if (nameEnd === start) return wrongCharacter(text, start, noTerm(text, start));
  const name = text.slice(start, nameEnd);
  if (/^(?:or|not|and)$/i.test(name)) return wrong(start, nameEnd, notATerm(name.toLowerCase()));
  const field = findField(name, vocabulary);
  const valuesAt = taken(OPERATOR, text, nameEnd);
  if (valuesAt === nameEnd && typeof field !== 'string') return wrong(start, nameEnd, `${name} is not compared with anything: write for example ${name}${example(field)}.`);
  if (typeof field === 'string') return wrong(start, nameEnd, field);
  const operator = text.slice(nameEnd, valuesAt).trim();
  const comparator = (['<', '<=', '>', '>='].includes(operator) ? operator : '=') as Comparator;
  const problem = comparator === '=' ? null : orderProblem(field, name);
  if (problem !== null) return wrong(nameEnd + text.slice(nameEnd).indexOf(operator), valuesAt, problem);
  const read = readValues(text, valuesAt, field, comparator);
  if ('message' in read) return read;
  return { term: { field, comparator, values: read.values, negated: (start > at) !== (operator === '!=') }, end: read.end };
}

function readValues(text: string, from: number, field: Field, comparator: Comparator): { values: FilterValue[]; end: number } | Wrong {
  const values: FilterValue[] = [];
  let at = from;
  for (;;) {
    const raw = readText(text, at);
    if ('message' in raw) return raw;
    // No database keeps NUL or half a character, so that no name has them.
    if (raw.text.includes('\0') || !raw.text.isWellFormed()) return wrong(at, raw.end, 'This holds a character that no name can have.');
    const value = readValue(kindOf(field), raw.text);
    if (typeof value === 'string') return wrong(at, raw.end, value);
    if (value.kind === 'age' && comparator === '=') return wrong(at, raw.end, 'An age is compared with < (younger) or > (older).');
    if (value.kind === 'word' && comparator !== '=') return wrong(at, raw.end, `${comparator} compares numbers, and ${JSON.stringify(raw.text.slice(0, 40))} is none.`);
    if (values.length === MOST_VALUES) return wrong(at, raw.end, `A list has at most ${MOST_VALUES} values.`);
    values.push(value);
    at = taken(COMMA, text, raw.end);
    if (at === raw.end) return { values, end: at };
    if (comparator !== '=') return wrong(raw.end, at, `${comparator} takes one value; lists go with : = and !=.`);
  }
}

function readText(text: string, at: number): { text: string; end: number } | Wrong {
  if (text[at] === '"') {
    const end = taken(QUOTED, text, at);
    return end === at ? wrong(at, text.length, 'This quotation mark is never closed.') : { text: text.slice(at + 1, end - 1).replaceAll(/\\([^])/g, '$1'), end };
  }
  const end = taken(BARE, text, at);
  if (end > at) return { text: text.slice(at, end), end };
  return wrongCharacter(text, at, at === text.length ? 'The value is missing.' : `A value is missing before ${character(text, at)}.`);
}

function orderProblem(field: Field, name: string): string | null {
  return ['state', 'word'].includes(kindOf(field)) ? `${name} is a word, which is not smaller or larger than another: compare it with : or !=.` : null;
}

function example(field: Field): string {
  return { state: ':failed', word: ':NAME', number: '<10', duration: '>60', moment: '<1h', scalar: '=4' }[kindOf(field)];
}

function noTerm(text: string, at: number): string {
  if (at >= text.length) return 'A term is missing at the end.';
  if (/[()]/.test(text[at] ?? '')) return 'There are no brackets: all terms must hold, and a list such as state:failed,cancelled means one of them.';
  return `A term begins with the name of a field or parameter, not with ${character(text, at)}.`;
}

function notATerm(word: string): string {
  if (word === 'or') return 'There is no "or": a list such as state:failed,cancelled means one of them.';
  return word === 'not' ? '"not" stands before a term, and once.' : '"and" stands between two terms.';
}

function character(text: string, at: number): string {
  return JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 32).toWellFormed());
}

function isFieldName(name: string): name is FieldName {
  return Object.hasOwn(FILTER_FIELDS, name);
}

function wrongCharacter(text: string, at: number, message: string): Wrong {
  const code = text.codePointAt(at);
  return wrong(at, code === undefined ? at : at + String.fromCodePoint(code).length, message);
}

function wrong(from: number, until: number, message: string): Wrong {
  return { from, until, message };
}
