import { join } from 'node:path';
import { lockFolder } from './lock.ts';
import { openPostgres } from './postgres.ts';
import type { Store } from './seam.ts';
import { openSqlite } from './sqlite.ts';

/**
 * Opens the database that a setting names and brings its schema up to date.
 *
 * @param options.dataDir an existing folder; with SQLite it is kept for this process alone
 * @param options.databaseUrl `postgres://…`, or null for SQLite in `dataDir`
 * @param options.onTrouble told about connection failures that were mended
 * @throws StoreUnavailable with a sentence that says what to do
 */
export async function openStore(options: { databaseUrl: string | null; dataDir: string; now: () => number; onTrouble: (error: Error) => void }): Promise<Store> {
  if (options.databaseUrl !== null) return openPostgres(options.databaseUrl, options.now, options.onTrouble);
  const unlock = lockFolder(options.dataDir);
  try {
    const store = openSqlite(join(options.dataDir, 'xeenet.db'), options.now);
    return { ...store, close: () => store.close().finally(unlock) };
  } catch (error) {
    unlock();
    throw error;
  }
}
