import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { writeDurably } from './durable-file.ts';

/** Who a worker is to a server. `machine` is what it said of itself; when that changes it introduces itself anew. */
export type Identity = z.output<typeof identity>;

const identity = z.object({ server_url: z.string(), worker_id: z.string(), token: z.string(), heartbeat_seconds: z.number(), machine: z.string() });

const identities = z.object({ workers: z.array(identity) });

/** The identities in a file, oldest first; none where there is no readable file. */
export async function readIdentities(path: string): Promise<Identity[]> {
  try {
    return identities.parse(JSON.parse(await readFile(path, 'utf8'))).workers;
  } catch {
    return [];
  }
}

/** The identity a server knows this worker by now. */
export function currentIdentity(known: Identity[], serverUrl: string): Identity | null {
  return known.findLast((one) => one.server_url === serverUrl) ?? null;
}

/** Adds an identity. Earlier ones stay: results that were not delivered yet belong to them. */
export async function rememberIdentity(path: string, added: Identity): Promise<void> {
  const others = (await readIdentities(path)).filter((one) => one.worker_id !== added.worker_id || one.server_url !== added.server_url);
  await writeDurably(path, JSON.stringify({ workers: [...others, added] }, null, 2));
}

/** Removes identities that are no longer known to their server or no longer needed. */
export async function forgetIdentities(path: string, isGone: (one: Identity) => boolean): Promise<void> {
  const known = await readIdentities(path);
  const kept = known.filter((one) => !isGone(one));
  if (kept.length < known.length) await writeDurably(path, JSON.stringify({ workers: kept }, null, 2));
}
