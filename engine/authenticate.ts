import { insertToken, deleteOtherTokens, findToken } from '#store/token.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { sha256 } from './id.ts';
import type { Engine } from './engine.ts';

/** Who is asking: an administrator, somebody who may add workers, or a worker. */
export type Actor =
  | { kind: 'admin'; accountId: string }
  | { kind: 'enrolment'; accountId: string }
  | { kind: 'worker'; accountId: string; workerId: string };

/** The owner of a bearer token, or null. */
export async function authenticate(engine: Engine, token: string): Promise<Actor | null> {
  const found = await findToken(engine.store.reader, sha256(token));
  if (found === null) return null;
  const { kind, accountId, workerId } = found;
  if (kind !== 'worker') return { kind, accountId };
  return workerId === null ? null : { kind, accountId, workerId };
}

/**
 * Lets a token in, as the configuration says at boot.
 *
 * @param sole takes every other token of its kind back that is this server's own, so that a changed token shuts the old one out
 */
export async function installToken(engine: Engine, kind: 'admin' | 'enrolment', token: string, sole: boolean): Promise<void> {
  const hash = sha256(token);
  await engine.store.write(async (tx) => {
    await insertToken(tx, { hash, kind, accountId: LOCAL_ID, workerId: null, createdAt: engine.now() });
    if (sole) await deleteOtherTokens(tx, kind, LOCAL_ID, hash);
  });
}
