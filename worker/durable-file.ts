import { randomUUID } from 'node:crypto';
import { open, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Marks a file that is being written; such files are left-overs when nobody writes. */
export const UNFINISHED = '.unfinished-';

/** Writes a file so that after a power cut it is there whole or not at all; once this returns it stays. Mode 0600. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const unfinished = join(dirname(path), `${UNFINISHED}${randomUUID()}-${basename(path)}`);
  const file = await open(unfinished, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
  await syncFolder(dirname(path));
}

/** Makes the names in a folder durable. Windows has no such thing and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
