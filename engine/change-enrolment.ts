import { accept, refuse, type Outcome } from '#core/errors.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { findPerson } from '#store/account.ts';
import type { Reader } from '#store/seam.ts';
import { deleteOtherTokens, insertToken } from '#store/token.ts';
import { answerOnce, type OnceForToken } from './answer-once.ts';
import { TOPICS, type Engine } from './engine.ts';
import { derivedToken, newToken, sha256 } from './id.ts';

/**
 * Gives an account a new token with which its machines join; the one before opens nothing any more. Workers that have
 * joined go on with their own tokens. The new one is answered here and kept only as a hash.
 */
export async function renewEnrolment(engine: Engine, accountId: string, once: OnceForToken | null): Promise<Outcome<{ accountId: string; token: string }>> {
  const token = once === null ? newToken(engine, 'enrolment') : derivedToken('enrolment', once.secret, accountId, once.key);
  const hash = sha256(token);
  const outcome = await answerOnce(engine, once, async (tx) => {
    const owner = await ownerOfTokens(tx, accountId);
    if (!owner.ok) return owner;
    await deleteOtherTokens(tx, 'enrolment', accountId, hash);
    await insertToken(tx, { hash, kind: 'enrolment', accountId, workerId: null, createdAt: engine.now() });
    tx.touch(TOPICS.ledger);
    return accept({ accountId });
  });
  if (!outcome.ok) return outcome;
  engine.log.info({ account_id: accountId }, 'enrolment token renewed');
  return accept({ accountId, token });
}

/** Lets no further machine join for an account. Workers that have joined go on; each can be removed by itself. */
export async function revokeEnrolment(engine: Engine, accountId: string): Promise<Outcome<{ accountId: string }>> {
  const outcome = await engine.store.write(async (tx) => {
    const owner = await ownerOfTokens(tx, accountId);
    if (!owner.ok) return owner;
    await deleteOtherTokens(tx, 'enrolment', accountId, null);
    tx.touch(TOPICS.ledger);
    return accept({ accountId });
  });
  if (outcome.ok) engine.log.info({ account_id: accountId }, 'enrolment token revoked');
  return outcome;
}

/** The token of the server's own account is a setting, and would be back with the next start. */
async function ownerOfTokens(reader: Reader, accountId: string): Promise<Outcome<null>> {
  if (accountId === LOCAL_ID) return refuse('account_kind', 'The enrolment token of this server’s own account is a setting: see Settings for how to renew it.');
  return (await findPerson(reader, accountId)) === null ? refuse('account_not_found') : accept(null);
}
