import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { StoreUnavailable } from './seam.ts';

/**
 * Keeps a data folder for one server at a time. The lock is the operating system's own (through an empty SQLite file),
 * so it vanishes with the process that holds it, however that ends.
 *
 * @returns gives the folder free
 * @throws StoreUnavailable when another process holds it
 */
export function lockFolder(folder: string): () => void {
  const database = new DatabaseSync(join(folder, 'lock.db'), { timeout: 0 });
  try {
    database.exec('pragma locking_mode = exclusive; begin exclusive');
  } catch {
    database.close();
    throw new StoreUnavailable(`Another XeeNet runs on the data folder ${folder}. Stop it, or choose another folder with --data.`);
  }
  return () => database.close();
}
