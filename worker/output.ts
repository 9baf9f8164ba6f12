import type { Metrics } from '#core/result.ts';

/** Lines longer than this are text, whatever they hold. */
const LONGEST_LINE = 2 ** 20;
const MOST_VALUES_OF_LINE = 100;
const LONGEST_NAME = 64;
const MOST_METRICS = 200;
const LONGEST_NOTE = 1000;

/** What a line of a script's standard output says. */
export type Line = { kind: 'progress'; step: number; values: Record<string, number> } | { kind: 'result'; metrics: Metrics } | { kind: 'text' };

/** Splits a stream of text into lines. A line that grows too long is passed on in pieces, as text. */
export function createLineSplitter(onLine: (line: string) => void, onText: (text: string) => void) {
  let rest = '';
  let isTooLong = false;
  return {
    add(text: string): void {
      const [first = '', ...later] = text.split('\n');
      rest += first;
      for (const next of later) {
        if (isTooLong) onText(`${rest}\n`);
        else onLine(rest.endsWith('\r') ? rest.slice(0, -1) : rest);
        isTooLong = false;
        rest = next;
      }
      if (rest.length <= LONGEST_LINE && !isTooLong) return;
      isTooLong = true;
      onText(rest);
      rest = '';
    },
    /** The end of the stream also ends the last line. */
    end(): void {
      if (isTooLong) onText(`${rest}\n`);
      else if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}

/**
 * Reads one line: an object with a `step` is progress, whose finite numbers are points; any other object may be the
 * result; the rest is text. NaN and Infinity, which Python's json prints bare, are read as numbers that are not finite.
 */
export function readLine(line: string): Line {
  const text = line.trim();
  if (!text.startsWith('{') || text.length > LONGEST_LINE) return { kind: 'text' };
  const value = parse(text) ?? parse(withoutBareTokens(text));
  if (value === undefined) return { kind: 'text' };
  if (!Object.hasOwn(value, 'step')) return { kind: 'result', metrics: toMetrics(value) };
  const { step, ...others } = value;
  if (typeof step !== 'number' || !Number.isSafeInteger(step) || step < 0) return { kind: 'text' };
  const values = Object.entries(others).filter((entry): entry is [string, number] => isName(entry[0]) && typeof entry[1] === 'number' && Number.isFinite(entry[1]));
  return { kind: 'progress', step, values: Object.fromEntries(values.slice(0, MOST_VALUES_OF_LINE)) };
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

// Strings are matched first so that a "NaN" inside one stays. No nested quantifiers: linear in the line's length.
function withoutBareTokens(text: string): string {
  return text.replaceAll(/"[^"\\]*(?:\\.[^"\\]*)*"|-?\b(?:NaN|Infinity)\b/g, (token) => (token.startsWith('"') ? token : 'null'));
}

/** What the server takes of a result: numbers, notes and truths; a number that is not finite becomes null, never a value. */
function toMetrics(value: Record<string, unknown>): Metrics {
  const entries = Object.entries(value).flatMap(([name, one]): [string, Metrics[string]][] => {
    if (!isName(name)) return [];
    if (typeof one === 'number') return [[name, Number.isFinite(one) ? one : null]];
    if (typeof one === 'string') return [[name, one.slice(0, LONGEST_NOTE)]];
    return typeof one === 'boolean' || one === null ? [[name, one]] : [];
  });
  return Object.fromEntries(entries.slice(0, MOST_METRICS));
}

function isName(text: string): boolean {
  return text.length > 0 && text.length <= LONGEST_NAME;
}
