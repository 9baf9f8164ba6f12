import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { attemptKey, type Claim, type Log } from './events.ts';
import { processStart } from './process-table.ts';
import { killTree } from './process-tree.ts';
import { removeScratch } from './scratch.ts';

const record = z.object({
  server_url: z.string(),
  worker_id: z.string(),
  task_id: z.string(),
  attempt: z.number(),
  lease_token: z.string(),
  pid: z.number(),
  /** When that process began; null where it cannot be told. A recycled pid has another one and is left alone. */
  started: z.string().nullable(),
});

/** An attempt that was running when its worker died. */
export type Interrupted = z.output<typeof record>;

/** Notes a running script, so that after a sudden end of the worker the next one finds it. */
export async function noteRunning(folder: string, claim: Claim, owner: { serverUrl: string; workerId: string }, pid: number): Promise<void> {
  const { task_id, attempt, lease_token } = claim;
  const started = await processStart(pid);
  const noted: Interrupted = { server_url: owner.serverUrl, worker_id: owner.workerId, task_id, attempt, lease_token, pid, started };
  await writeFile(join(folder, `${attemptKey(claim)}.json`), JSON.stringify(noted), { mode: 0o600 });
}

/** Removes the note of a script that has ended. */
export async function forgetRunning(folder: string, claim: Claim): Promise<void> {
  await rm(join(folder, `${attemptKey(claim)}.json`), { force: true });
}

/**
 * Kills what an earlier worker with these folders left running and removes its scratch folders. Only to be called while
 * holding the folders' lock: then whatever works in them is a left-over. Returns the attempts that were cut off; their
 * notes stay until {@link forgetInterrupted}.
 */
export async function endLeftovers(folders: { running: string; scratch: string }, log: Log): Promise<Interrupted[]> {
  const interrupted = await readNotes(folders.running);
  for (const one of interrupted) {
    const isSame = one.started !== null && (await processStart(one.pid)) === one.started;
    if (isSame) log.warn({ task_id: one.task_id, attempt: one.attempt, pid: one.pid }, 'a script outlived its worker and is ended');
    await killTree({ leader: isSame ? one.pid : null, folder: join(folders.scratch, attemptKey(one)) }, 0);
  }
  await killTree({ leader: null, folder: folders.scratch }, 0);
  for (const name of await readdir(folders.scratch)) await removeScratch(join(folders.scratch, name));
  return interrupted;
}

/** Removes all notes of an earlier worker. */
export async function forgetInterrupted(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { force: true });
}

async function readNotes(folder: string): Promise<Interrupted[]> {
  const notes: Interrupted[] = [];
  for (const name of await readdir(folder)) {
    const read = record.safeParse(await readJson(join(folder, name)));
    if (read.success) notes.push(read.data);
  }
  return notes;
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch {
    return null;
  }
}
