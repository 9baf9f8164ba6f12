import { parseArgs } from 'node:util';

/** A flag of a benchmark that takes a number: what it is without the flag, and the least it may be. */
type NumberFlag = { fallback: number; least: number };

/** Wrong words on the command line; the message says what is wrong. */
export class WrongWords extends Error {}

/** A flag that takes words of a list, separated by commas: which there are, and which are taken without the flag. */
type WordsFlag = { fallback: readonly string[]; known: readonly string[] };

/**
 * Reads flags that take numbers, switches, and flags that take words of a list.
 *
 * @throws WrongWords when one is unknown, not a possible number or not a word of its list
 */
export function readOptions<N extends string, S extends string, L extends string = never>(words: string[], numbers: Record<N, NumberFlag>, switches: readonly S[], lists?: Record<L, WordsFlag>): Record<N, number> & Record<S, boolean> & Record<L, string[]> {
  const options = Object.fromEntries([
    ...[...Object.keys(numbers), ...Object.keys(lists ?? {})].map((name) => [name, { type: 'string' as const }]),
    ...switches.map((name) => [name, { type: 'boolean' as const }]),
  ]);
  const values = parse(words, options);
  const read = Object.entries<NumberFlag>(numbers).map(([name, { fallback, least }]) => {
    const given = values[name];
    const value = given === undefined ? fallback : Number(given);
    if (!(Number.isFinite(value) && value >= least)) throw new WrongWords(`--${name} must be a number of at least ${least}, not "${String(given)}".`);
    return [name, value];
  });
  const listed = Object.entries<WordsFlag>(lists ?? {}).map(([name, flag]) => [name, wordsOf(name, values[name], flag)]);
  return Object.fromEntries([...read, ...switches.map((name) => [name, values[name] === true]), ...listed]) as Record<N, number> & Record<S, boolean> & Record<L, string[]>;
}

function wordsOf(name: string, given: unknown, { fallback, known }: WordsFlag): string[] {
  if (given === undefined) return [...fallback];
  const words = String(given).split(',').map((word) => word.trim());
  const unknown = words.find((word) => !known.includes(word));
  if (unknown !== undefined) throw new WrongWords(`--${name} does not know "${unknown}"; it takes ${known.join(', ')}, several with commas.`);
  return words;
}

function parse(words: string[], options: Record<string, { type: 'string' | 'boolean' }>): Record<string, unknown> {
  try {
    return parseArgs({ args: words, options, allowPositionals: false }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new WrongWords(`${reason} There are: ${Object.keys(options).map((name) => `--${name}`).join(', ')}.`);
  }
}
