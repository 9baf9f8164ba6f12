import type { FieldIssue } from '#core/errors.ts';
import type { Parameter, Scalar, Space } from '#core/space.ts';
import { numberOr, textOf, type Typed } from './fields.ts';

/** The names of the fields of one parameter. */
export function spaceFields(name: string): Record<'low' | 'high' | 'only' | 'values' | 'type' | 'step' | 'log', string> {
  const field = (part: string) => `space.${name}.${part}`;
  return { low: field('low'), high: field('high'), only: field('only'), values: field('values'), type: field('type'), step: field('step'), log: field('log') };
}

/** How a value of a choice is written in the form: told apart from texts that look like it. */
export function valueKey(value: Scalar): string {
  return JSON.stringify(value);
}

/** The fields of a space: a choice has its chosen values, a range what differs from the experiment's own. */
export function spaceTyped(base: Space, chosen: Space): Typed {
  const entries = Object.entries(base.parameters).flatMap(([name, own]): [string, string[]][] => {
    const fields = spaceFields(name);
    const wanted = Object.hasOwn(chosen.parameters, name) ? (chosen.parameters[name] ?? own) : own;
    const values = valuesOf(wanted);
    if (own.type === 'choice') return [[fields.values, (values ?? own.values).filter((value) => own.values.includes(value)).map(valueKey)]];
    if (own.type === 'fixed') return [];
    if (values !== null) return [[fields.only, [values.map(String).join(', ')]]];
    return rangeTyped(fields, own, wanted);
  });
  return Object.fromEntries(entries);
}

/** The wire's form of the space as far as it differs from the experiment's, with what could not be understood. */
export function readSpace(typed: Typed, base: Space): { space: Record<string, unknown>; issues: FieldIssue[] } {
  const issues: FieldIssue[] = [];
  const entries = Object.entries(base.parameters).flatMap(([name, own]): [string, unknown][] => {
    const read = own.type === 'choice' ? readChoice(typed, name, own) : own.type === 'fixed' ? null : readRange(typed, name, own);
    if (typeof read === 'string') issues.push({ path: `space.${name}`, message: read });
    return read === null || typeof read === 'string' ? [] : [[name, read]];
  });
  return { space: Object.fromEntries(entries), issues };
}

/** Whether anything is typed for a parameter that differs from the experiment's own. */
export function isNarrowed(typed: Typed, name: string, own: Parameter): boolean {
  const fields = spaceFields(name);
  if (own.type === 'fixed') return false;
  if (own.type === 'choice') return own.values.some((value) => !(typed[fields.values] ?? []).includes(valueKey(value)));
  return [fields.low, fields.high, fields.only, fields.type, fields.step, fields.log].some((field) => textOf(typed, field).trim() !== '');
}

/** What was typed, with one parameter as the experiment has it. */
export function resetParameter(typed: Typed, base: Space, name: string): Typed {
  const own = Object.hasOwn(base.parameters, name) ? base.parameters[name] : undefined;
  if (own === undefined) return typed;
  const fields = new Set(Object.values(spaceFields(name)));
  const kept = Object.entries(typed).filter(([field]) => !fields.has(field));
  return { ...Object.fromEntries(kept), ...spaceTyped({ parameters: { [name]: own }, constraints: [] }, base) };
}

type Choice = Extract<Parameter, { type: 'choice' }>;
type Range = Extract<Parameter, { low: number }>;

function valuesOf(parameter: Parameter): Scalar[] | null {
  if (parameter.type === 'choice') return parameter.values;
  return parameter.type === 'fixed' ? [parameter.value] : null;
}

function rangeTyped(fields: ReturnType<typeof spaceFields>, own: Range, wanted: Parameter): [string, string[]][] {
  if (wanted.type === 'choice' || wanted.type === 'fixed') return [];
  const entries: [string, string[]][] = [];
  if (wanted.low !== own.low) entries.push([fields.low, [String(wanted.low)]]);
  if (wanted.high !== own.high) entries.push([fields.high, [String(wanted.high)]]);
  // What the form has no field for travels along unseen, so that a clone asks for the same.
  if (wanted.type !== own.type) entries.push([fields.type, [wanted.type]]);
  if (wanted.type === 'int' && own.type === 'int' && wanted.step !== own.step) entries.push([fields.step, [String(wanted.step ?? 1)]]);
  if (wanted.type === 'int' && own.type === 'int' && wanted.log !== own.log) entries.push([fields.log, [String(wanted.log ?? false)]]);
  return entries;
}

function readChoice(typed: Typed, name: string, own: Choice): Record<string, unknown> | string | null {
  const keys = typed[spaceFields(name).values] ?? [];
  const values = own.values.filter((value) => keys.includes(valueKey(value)));
  if (values.length === 0) return 'choose at least one value';
  if (values.length === own.values.length) return null;
  return values.length === 1 ? { value: values[0] } : { type: 'choice', values, ...(own.ordered === undefined ? {} : { ordered: own.ordered }) };
}

function readRange(typed: Typed, name: string, own: Range): Record<string, unknown> | string | null {
  const fields = spaceFields(name);
  const [low, high, only, type, step, log] = [fields.low, fields.high, fields.only, fields.type, fields.step, fields.log].map((field) => textOf(typed, field).trim());
  if (only !== undefined && only !== '') return low || high ? 'give either a range or single values, not both' : readOnly(only);
  if (!low && !high && !type && !step && !log) return null;
  const [from, to] = [low ? numberOr(low) : own.low, high ? numberOr(high) : own.high];
  if (typeof from === 'string') return `the lowest value "${from.slice(0, 20)}" is not a number`;
  if (typeof to === 'string') return `the highest value "${to.slice(0, 20)}" is not a number`;
  return { ...own, ...(type ? { type } : {}), low: from, high: to, ...(step ? { step: numberOr(step) } : {}), ...(log ? { log: log === 'true' } : {}), when: undefined };
}

function readOnly(text: string): Record<string, unknown> | string {
  const values = text.split(',').map((part) => numberOr(part.trim()));
  const wrong = values.find((value) => typeof value === 'string');
  if (wrong !== undefined) return `"${String(wrong).slice(0, 20)}" is not a number`;
  return values.length === 1 ? { value: values[0] } : { type: 'choice', values, ordered: true };
}
