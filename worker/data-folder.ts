import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Where a worker keeps what outlives it. All paths are absolute and free of links, as the system reports them. */
export type DataFolder = { root: string; identities: string; packages: string; scratch: string; spool: string; running: string; unlock: () => void };

/**
 * Makes a worker's data folder and takes it for this process; null when another worker has it. The lock is one of the
 * operating system (an exclusive SQLite transaction on an empty file), so it ends with the process however that ends,
 * and a stale one cannot exist.
 */
export async function openDataFolder(path: string): Promise<DataFolder | null> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const root = await realpath(path);
  const within = (name: string) => join(root, name);
  const folder = { root, identities: within('worker.json'), packages: within('packages'), scratch: within('scratch'), spool: within('spool'), running: within('running') };
  for (const one of [folder.packages, folder.scratch, folder.spool, folder.running]) await mkdir(one, { recursive: true, mode: 0o700 });
  const unlock = lock(within('worker.lock'));
  return unlock === null ? null : { ...folder, unlock };
}

function lock(path: string): (() => void) | null {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    database.exec('begin exclusive');
    return () => database.close();
  } catch (error) {
    database.close();
    if (error instanceof Error && error.message.includes('locked')) return null;
    throw error;
  }
}
