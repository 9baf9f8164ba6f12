import { parseArgs } from 'node:util';

/** A flag of a benchmark that takes a number: what it is without the flag, and the least it may be. */
type NumberFlag = { fallback: number; least: number };

/** Wrong words on the command line; the message says what is wrong. */
export class WrongWords extends Error {}

/**
 * Reads flags that take numbers, and switches.
 *
 * @throws WrongWords when one is unknown or not a possible number
 */
export function readOptions<N extends string, S extends string>(words: string[], numbers: Record<N, NumberFlag>, switches: readonly S[]): Record<N, number> & Record<S, boolean> {
  const options = Object.fromEntries([
    ...Object.keys(numbers).map((name) => [name, { type: 'string' as const }]),
    ...switches.map((name) => [name, { type: 'boolean' as const }]),
  ]);
  const values = parse(words, options);
  const read = Object.entries<NumberFlag>(numbers).map(([name, { fallback, least }]) => {
    const given = values[name];
    const value = given === undefined ? fallback : Number(given);
    if (!(Number.isFinite(value) && value >= least)) throw new WrongWords(`--${name} must be a number of at least ${least}, not "${String(given)}".`);
    return [name, value];
  });
  return Object.fromEntries([...read, ...switches.map((name) => [name, values[name] === true])]) as Record<N, number> & Record<S, boolean>;
}

function parse(words: string[], options: Record<string, { type: 'string' | 'boolean' }>): Record<string, unknown> {
  try {
    return parseArgs({ args: words, options, allowPositionals: false }).values;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new WrongWords(`${reason} There are: ${Object.keys(options).map((name) => `--${name}`).join(', ')}.`);
  }
}
