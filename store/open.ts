import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openPostgres } from './postgres.ts';
import type { Store } from './seam.ts';
import { openSqlite } from './sqlite.ts';

/**
 * Opens the database that a setting names and brings its schema up to date.
 *
 * @param options.databaseUrl `postgres://…`, or null for SQLite in `dataDir`
 * @param options.onTrouble told about connection failures that were mended
 * @throws StoreUnavailable with a sentence that says what to do
 */
export async function openStore(options: { databaseUrl: string | null; dataDir: string; now: () => number; onTrouble: (error: Error) => void }): Promise<Store> {
  if (options.databaseUrl !== null) return openPostgres(options.databaseUrl, options.now, options.onTrouble);
  mkdirSync(options.dataDir, { recursive: true });
  return openSqlite(join(options.dataDir, 'xeenet.db'), options.now);
}
