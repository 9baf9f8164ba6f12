import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Setting, SettingsOf } from './settings.ts';

/** Wrong use of the command line or a wrong setting; its message is all that the person needs to see. */
export class UsageError extends Error {}

/** Where settings come from, the strongest first: flags, then the environment, then the file. */
export type Sources = { argv: string[]; env: Record<string, string | undefined> };

/** What was read: the settings, the words that are no flags, and the flags that take no value. */
export type Parsed<T extends Record<string, Setting>> = { config: SettingsOf<T>; words: string[]; switches: Set<string> };

/** The environment of this process; nothing else reads it. */
export const ENVIRONMENT: Sources['env'] = process.env;

const DEFAULT_FILE = 'xeenet.yaml';

/** Names that a file may hold although the command at hand does not use them. */
export type KnownNames = readonly string[];

/**
 * Reads settings once, from flags, `XEENET_*` and an optional file (`--config FILE`, `XEENET_CONFIG`, or ./xeenet.yaml).
 *
 * @param known every setting's name, so that one file serves all commands
 * @param switches flags without a value
 * @throws UsageError naming the setting, where it came from and what is wrong with it
 */
export function readConfig<T extends Record<string, Setting>>(settings: T, sources: Sources, known: KnownNames, switches: readonly string[] = []): Parsed<T> {
  const { flags, words } = readFlags(settings, sources.argv, switches);
  const file = readFile(flags['config'] ?? sources.env['XEENET_CONFIG'], known);
  const config: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, setting] of Object.entries(settings)) {
    const [origin, given] = pick(name, flags, sources.env, file);
    const parsed = setting.schema.safeParse(given);
    if (parsed.success) config[name] = parsed.data;
    else problems.push(`${origin}${setting.secret === true ? '' : ` (${JSON.stringify(given)})`} ${parsed.error.issues[0]?.message ?? 'is not valid'}.`);
  }
  if (problems.length > 0) throw new UsageError(problems.join('\n'));
  return { config: config as SettingsOf<T>, words, switches: new Set(switches.filter((name) => flags[name] !== undefined)) };
}

/** For commands that take flags only: refuses words that belong to none. */
export function refuseWords(words: readonly string[]): void {
  if (words.length > 0) throw new UsageError(`"${words.join(' ')}" belongs to no flag. See "xeenet help".`);
}

/** `database_url` as a flag: `--database-url`. */
export function flagOf(name: string): string {
  return `--${name.replaceAll('_', '-')}`;
}

/** `database_url` as an environment variable: `XEENET_DATABASE_URL`. */
export function variableOf(name: string): string {
  return `XEENET_${name.toUpperCase()}`;
}

function readFlags(settings: Record<string, Setting>, argv: string[], switches: readonly string[]): { flags: Record<string, string | undefined>; words: string[] } {
  const withValue = Object.fromEntries([...Object.keys(settings), 'config'].map((name) => [flagOf(name).slice(2), { type: 'string' as const }]));
  const without = Object.fromEntries(switches.map((name) => [name, { type: 'boolean' as const }]));
  try {
    const { values, positionals } = parseArgs({ args: argv, options: { ...withValue, ...without }, allowPositionals: true });
    const flags = Object.fromEntries(Object.entries(values).map(([flag, value]) => [flag.replaceAll('-', '_'), String(value)]));
    return { flags, words: positionals };
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? (error.message.split('. ')[0] ?? error.message) : String(error)}. See "xeenet help".`);
  }
}

function readFile(named: string | undefined, known: KnownNames): Record<string, unknown> {
  const path = named ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
  if (path === undefined) return {};
  let content: unknown;
  try {
    content = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`The configuration file ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).safeParse(content ?? {});
  if (!parsed.success) throw new UsageError(`The configuration file ${path} must be a list of settings, one "name: value" a line.`);
  const unknown = Object.keys(parsed.data).find((name) => !known.includes(name));
  if (unknown !== undefined) throw new UsageError(`The configuration file ${path} names "${unknown}", which is not a setting. There are: ${known.join(', ')}.`);
  return parsed.data;
}

function pick(name: string, flags: Record<string, string | undefined>, env: Record<string, string | undefined>, file: Record<string, unknown>): [string, unknown] {
  if (flags[name] !== undefined) return [flagOf(name), flags[name]];
  const variable = env[variableOf(name)];
  // An empty variable is how shells and service files say "not set".
  if (variable !== undefined && variable !== '') return [variableOf(name), variable];
  return [`${name} in the configuration file`, file[name] ?? undefined];
}
