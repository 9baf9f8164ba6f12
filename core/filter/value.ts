import { TASK_STATES } from '#core/task.ts';
import type { FieldKind, FilterValue } from './language.ts';
import { nearest } from './nearest.ts';

const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;
const LENGTH_OF_TIME = /^(\d+\.?\d*|\.\d+)(ms|s|min|m|h|d|w)$/i;
const MOMENT = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,3})?)?Z?)?$/i;
const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** Reads what a field is compared with; a returned string says in a sentence why it is no value of that kind. */
export function readValue(kind: FieldKind, text: string): FilterValue | string {
  if (kind === 'state') return isState(text) ? { kind: 'word', text } : unknownState(text);
  if (kind === 'word') return { kind: 'word', text };
  if (kind === 'scalar') return readNumber(text) ?? { kind: 'word', text };
  if (kind === 'number') return readNumber(text) ?? `${quote(text)} is not a number.`;
  if (kind === 'duration') return readDuration(text);
  return readMoment(text);
}

/** Writes a value so that it is read as one. */
export function writeValue(text: string): string {
  return /^[^\s,"\\]+$/.test(text) ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}

function readNumber(text: string): FilterValue | null {
  const number = NUMBER.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(number) ? { kind: 'number', text, number } : null;
}

function readDuration(text: string): FilterValue | string {
  const seconds = readNumber(text);
  if (seconds !== null) return seconds;
  const ms = readLength(text);
  return ms === null ? `${quote(text)} is not a length of time: give seconds, or a number with ms, s, min, h, d or w.` : { kind: 'number', text, number: ms / 1000 };
}

/** A date stands for its whole day, a time for its whole minute or second. Times are in UTC. */
function readMoment(text: string): FilterValue | string {
  const ageMs = readLength(text);
  if (ageMs !== null) return { kind: 'age', text, ageMs };
  const [, year, month, day, hours, minutes, seconds] = MOMENT.exec(text) ?? [];
  if (year === undefined) return `${quote(text)} is neither an age such as 90min, 2h or 7d nor a date such as 2026-11-01 or 2026-11-01T18:30.`;
  const parts = [year, month, day, hours ?? 0, minutes ?? 0, seconds ?? 0].map(Number);
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = parts;
  const from = Date.UTC(y, mo - 1, d, h, mi, s);
  const back = new Date(from);
  const real = [back.getUTCMonth() + 1, back.getUTCDate(), back.getUTCHours(), back.getUTCMinutes(), back.getUTCSeconds()];
  if (y < 1970 || !real.every((part, index) => part === parts[index + 1])) return `${quote(text)} is not a day of the calendar.`;
  return { kind: 'moment', text, from, until: from + (seconds !== undefined ? 1000 : hours !== undefined ? 60_000 : 86_400_000) };
}

function readLength(text: string): number | null {
  const [, amount, unit = ''] = LENGTH_OF_TIME.exec(text) ?? [];
  const ms = amount === undefined ? Number.NaN : Number(amount) * (UNITS_MS[unit.toLowerCase()] ?? Number.NaN);
  return Number.isFinite(ms) && ms <= Number.MAX_SAFE_INTEGER ? ms : null;
}

function isState(text: string): boolean {
  return (TASK_STATES as readonly string[]).includes(text);
}

function unknownState(text: string): string {
  const meant = nearest(text, TASK_STATES);
  return meant === null ? `${quote(text)} is not a state: there are ${TASK_STATES.join(', ')}.` : `${quote(text)} is not a state. Did you mean ${meant}?`;
}

function quote(text: string): string {
  return `"${text.length > 40 ? `${text.slice(0, 40)}…` : text}"`;
}
