import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { StoreUnavailable } from './seam.ts';

/** Somebody else holds the lock, https://www.sqlite.org/rescode.html#busy. */
const SQLITE_BUSY = 5;

/**
 * Keeps a data folder for one server at a time. The lock is the operating system's own (through an empty SQLite file),
 * so it vanishes with the process that holds it, however that ends.
 *
 * @returns gives the folder free
 * @throws StoreUnavailable when another process holds it, or the folder cannot be written
 */
export function lockFolder(folder: string): () => void {
  const file = join(folder, 'lock.db');
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(file, { timeout: 0 });
    database.exec('pragma locking_mode = exclusive; begin exclusive');
  } catch (error) {
    database?.close();
    if (isTaken(error)) throw new StoreUnavailable(`Another XeeNet runs on the data folder ${folder}. Stop it, or choose another folder with --data.`);
    throw new StoreUnavailable(`The data folder ${folder} cannot be used: ${file}: ${error instanceof Error ? error.message : String(error)}.`);
  }
  return () => database.close();
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY;
}
