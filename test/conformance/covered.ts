import { readdirSync } from 'node:fs';
import type { Reader } from '#store/seam.ts';

const calls = new Set<string>();

/** The files of the store that belong to the seam itself; every other file is a noun whose functions are all tested. */
const SEAM_FILES = new Set(['announce.ts', 'group-commit.ts', 'lock.ts', 'migrate.ts', 'open.ts', 'postgres.ts', 'postgres-statements.ts', 'postgres-wire.ts', 'read-only.ts', 'seam.ts', 'shard.ts', 'sqlite.ts', 'sqlite-statements.ts']);

/**
 * A module of the store whose functions note that they were called, and on which database. The conformance suites
 * call every function through this, so that {@link missingCalls} can tell which ones nobody tried.
 */
export function covered<Module extends object>(noun: string, module: Module): Module {
  const entries = Object.entries(module).map(([name, member]): [string, unknown] => {
    if (typeof member !== 'function') return [name, member];
    const recorded = (reader: Reader, ...rest: unknown[]): unknown => {
      calls.add(`${noun}.${name} on ${reader.dialect}`);
      return Reflect.apply(member, undefined, [reader, ...rest]);
    };
    return [name, recorded];
  });
  return Object.fromEntries(entries) as Module;
}

/** Functions of the store's nouns that no test called on both databases. */
export async function missingCalls(): Promise<string[]> {
  const missing: string[] = [];
  for (const file of readdirSync(new URL('../../store/', import.meta.url))) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts') || SEAM_FILES.has(file)) continue;
    const module = (await import(`#store/${file}`)) as Record<string, unknown>;
    for (const [name, member] of Object.entries(module)) {
      if (typeof member !== 'function') continue;
      for (const dialect of ['sqlite', 'postgres']) {
        const call = `${file.replace('.ts', '')}.${name} on ${dialect}`;
        if (!calls.has(call)) missing.push(call);
      }
    }
  }
  return missing;
}
