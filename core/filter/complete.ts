import { describeParameter, type Parameter } from '#core/space.ts';
import { TASK_STATES } from '#core/task.ts';
import { FILTER_FIELDS, kindOf, type Field, type FieldKind, type Vocabulary } from './language.ts';
import { BARE, COMMA, findField, JOIN, NAME, NOT, OPERATOR, QUOTED, SPACE, taken } from './parse.ts';
import { writeValue } from './value.ts';

/** What can stand at a place of a filter: each option replaces the text between `from` and `until`, in UTF-16 units. */
export type Completion = { from: number; until: number; options: Option[] };

/** One thing that can stand at the cursor: the text that is put there, and what is said beside it. */
export type Option = { text: string; note: string };

const MOST_OPTIONS = 12;
const ORDERED = ['<', '<=', '>', '>=', '=', '!='];
const AGES: Option[] = [['10min', 'ten minutes'], ['1h', 'an hour'], ['1d', 'a day'], ['1w', 'a week']].map(([text = '', note = '']) => ({ text, note: `${note} ago` }));

/** Proposes field names, operators and known values at the cursor; nothing where the text before it makes no sense. */
export function complete(text: string, cursor: number, vocabulary: Vocabulary): Completion {
  const before = text.slice(0, cursor);
  const until = (rest: RegExp) => before.length + (rest.exec(text.slice(cursor))?.[0].length ?? 0);
  const nothing = { from: before.length, until: before.length, options: [] };
  let at = taken(SPACE, before, 0);
  for (;;) {
    const joined = taken(JOIN, before, at);
    if (joined > at && joined < before.length) at = taken(SPACE, before, joined);
    const start = taken(NOT, before, at);
    const nameEnd = taken(NAME, before, start);
    const name = before.slice(start, nameEnd);
    if (nameEnd === before.length) return { from: start, until: until(/^[\w.]*/), options: pick(name, namesOf(name, vocabulary)) };
    if (nameEnd === start) return nothing;
    const valuesAt = taken(OPERATOR, before, nameEnd);
    if (valuesAt === nameEnd) {
      if (before.slice(nameEnd).trim() === '') return { ...nothing, options: operatorsOf(name, vocabulary) };
      at = taken(SPACE, before, nameEnd);
      if (at === nameEnd) return nothing;
      continue;
    }
    const value = lastValue(before, valuesAt);
    if (value.open) return { from: value.from, until: until(/^[^\s,"]*/), options: pick(before.slice(value.from).replace(/^"/, ''), valuesOf(name, vocabulary)) };
    at = taken(SPACE, before, value.end);
    if (at === value.end) return nothing;
  }
}

/** The last value of a list as far as it goes; it is open while it can still be typed at. */
function lastValue(before: string, from: number): { from: number; end: number; open: boolean } {
  let at = from;
  for (;;) {
    const quoted = before[at] === '"';
    const end = taken(quoted ? QUOTED : BARE, before, at);
    if (end === before.length && (!quoted || end === at)) return { from: at, end, open: true };
    if (quoted && end === at) return { from: at, end: before.length, open: true };
    const next = taken(COMMA, before, end);
    if (next === end) return { from: at, end, open: false };
    at = next;
  }
}

function namesOf(typed: string, vocabulary: Vocabulary): Option[] {
  const { parameters, metric } = vocabulary;
  const own = Object.entries(parameters ?? {}).map(([name, parameter]): [string, string, FieldKind] => [Object.hasOwn(FILTER_FIELDS, name) ? `config.${name}` : name, describeParameter(parameter), 'scalar']);
  const fields = Object.entries(FILTER_FIELDS).map(([name, { about, kind }]): [string, string, FieldKind] => [name, about, kind]);
  const named = metric === null || metric === undefined || Object.hasOwn(parameters ?? {}, metric) || Object.hasOwn(FILTER_FIELDS, metric) ? [] : [[metric, 'the value of a task', 'number'] as [string, string, FieldKind]];
  const reported = (vocabulary.metrics ?? []).map((name): [string, string, FieldKind] => [`metrics.${name}`, 'reported by the script', 'scalar']);
  return [...fields, ...named, ...own, ...reported].flatMap(([name, note, kind]) => {
    if (kind === 'state' || kind === 'word') return [{ text: `${name}:`, note }];
    return name === typed ? operators(kind).map((operator) => ({ text: `${name}${operator}`, note })) : [{ text: name, note }];
  });
}

function operatorsOf(name: string, vocabulary: Vocabulary): Option[] {
  const field = findField(name, vocabulary);
  return typeof field === 'string' ? [] : operators(kindOf(field)).map((text) => ({ text, note: '' }));
}

function operators(kind: FieldKind): string[] {
  return kind === 'state' || kind === 'word' ? [':', '!='] : kind === 'scalar' ? ['=', ...ORDERED.filter((operator) => operator !== '=')] : ORDERED;
}

function valuesOf(name: string, vocabulary: Vocabulary): Option[] {
  const field = findField(name, vocabulary);
  if (typeof field === 'string') return [];
  if (field.of === 'task' && FILTER_FIELDS[field.name].kind === 'moment') return AGES;
  return knownValues(field, vocabulary).map((text) => ({ text: writeValue(text), note: '' }));
}

function knownValues(field: Field, { parameters, known }: Vocabulary): readonly string[] {
  if (field.of === 'task') return field.name === 'state' ? TASK_STATES : (known?.[field.name] ?? []);
  return field.of === 'config' && parameters !== null && Object.hasOwn(parameters, field.name) ? valuesIn(parameters[field.name]) : [];
}

function valuesIn(parameter: Parameter | undefined): string[] {
  if (parameter === undefined) return [];
  if (parameter.type === 'fixed') return [String(parameter.value)];
  return (parameter.type === 'choice' ? parameter.values : [parameter.low, parameter.high]).map(String);
}

/** Those that begin with what was typed, then those that hold it; none when it is there already. */
function pick(typed: string, options: readonly Option[]): Option[] {
  const wanted = typed.toLowerCase();
  const places = options.map((option) => ({ option, place: option.text.replace(/^"/, '').toLowerCase().indexOf(wanted) })).filter(({ option, place }) => place >= 0 && option.text !== typed);
  return [...places.filter(({ place }) => place === 0), ...places.filter(({ place }) => place > 0)].slice(0, MOST_OPTIONS).map(({ option }) => option);
}
