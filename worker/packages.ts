import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskError } from '#core/result.ts';
import { untilReached, type Client } from './client.ts';
import { UNFINISHED } from './durable-file.ts';
import { unpack } from './unpack.ts';

const MOST_BYTES = 512 * 2 ** 20;
/** A withdrawal takes effect on a worker within this time, also for packages that it has. */
const APPROVAL_LASTS_MS = 30_000;

/** A package's folder on this machine, or why there is none. */
export type Obtained = { ok: true; folder: string } | { ok: false; error: TaskError };

/** Experiment packages on this machine, by their sha256. */
export type Packages = { obtain(sha256: string, signal: AbortSignal): Promise<Obtained | null> };

/**
 * Keeps packages under `<folder>/<sha256>/`. `obtain` downloads what is not there, checks that the bytes have the hash
 * that was asked for before it looks into them, runs none that the server's list of approved ones lacks, and shares one download among all who wait; null when its signal ended
 * the waiting. `lifetime` ends downloads.
 */
export function createPackages(folder: string, client: Client, lifetime: AbortSignal): Packages {
  const underway = new Map<string, Promise<Obtained | null>>();
  const isApproved = watchApproval(client, lifetime);
  const fetchOnce = async (sha256: string): Promise<Obtained | null> => {
    const approval = await isApproved(sha256);
    if (approval !== true) return approval;
    const path = join(folder, sha256);
    if (await isFolder(path)) return { ok: true, folder: path };
    return fetchPackage(folder, sha256, client, lifetime);
  };
  return {
    async obtain(sha256, signal) {
      const started = underway.get(sha256) ?? fetchOnce(sha256).finally(() => underway.delete(sha256));
      underway.set(sha256, started);
      return untilAborted(started, signal);
    },
  };
}

/** Whether a package is on the server's list, which is asked for anew when it is old or lacks the package; null when it cannot be asked any more. */
function watchApproval(client: Client, signal: AbortSignal): (sha256: string) => Promise<true | Obtained | null> {
  let approved = new Set<string>();
  let readAt = -Infinity;
  return async (sha256) => {
    if (approved.has(sha256) && performance.now() - readAt < APPROVAL_LASTS_MS) return true;
    const answer = await untilReached(() => client.approved(signal), signal);
    if (answer.kind === 'aborted') return null;
    if (answer.kind === 'refused') return refused('package_unavailable', `The server does not say which packages it has approved: ${answer.detail}`);
    approved = new Set(answer.value.items.map((one) => one.sha256));
    readAt = performance.now();
    return approved.has(sha256) ? true : refused('package_not_approved', `The package ${sha256} is not among those that the server has approved. It was not run.`);
  };
}

/** Removes what an interrupted download left. */
export async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (name.startsWith(UNFINISHED)) await rm(join(folder, name), { recursive: true, force: true });
}

async function fetchPackage(folder: string, sha256: string, client: Client, signal: AbortSignal): Promise<Obtained | null> {
  const workshop = join(folder, `${UNFINISHED}${randomUUID()}`);
  await mkdir(workshop);
  try {
    const archive = join(workshop, 'package.tgz');
    const answer = await untilReached(() => client.download(sha256, archive, MOST_BYTES, signal), signal);
    if (answer.kind === 'aborted') return null;
    if (answer.kind === 'refused') return refused('package_unavailable', `The server does not give out the package ${sha256}: ${answer.detail}`);
    if (answer.value.sha256 !== sha256) return refused('package_mismatch', `The package should have the sha256 ${sha256}, but what came has ${answer.value.sha256}. It was not run.`);
    const unpacked = join(workshop, 'unpacked');
    await mkdir(unpacked);
    const problem = await unpack(archive, unpacked);
    if (problem !== null) return refused('package_unsafe', `The package ${sha256} was not unpacked: ${problem}`);
    await rename(unpacked, join(folder, sha256));
    return { ok: true, folder: join(folder, sha256) };
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

function refused(kind: string, message: string): Obtained {
  return { ok: false, error: { kind, message } };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** What others also wait for, as long as one's own signal lets one wait. */
function untilAborted<T>(shared: Promise<T>, signal: AbortSignal): Promise<T | null> {
  const { promise, resolve, reject } = Promise.withResolvers<T | null>();
  const leave = () => resolve(null);
  if (signal.aborted) leave();
  signal.addEventListener('abort', leave, { once: true });
  shared.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  return promise;
}
