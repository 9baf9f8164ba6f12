import { accept, refuse, type Outcome } from '#core/errors.ts';
import { TREASURY_ID, VERIFICATION_ID } from '#core/ledger.ts';
import { insertPerson } from '#store/account.ts';
import { findAccount, postEntry } from '#store/ledger.ts';
import type { Reader } from '#store/seam.ts';
import { insertToken } from '#store/token.ts';
import { answerOnce, earlierAnswer, type OnceForToken } from './answer-once.ts';
import { TOPICS, type Engine } from './engine.ts';
import { derivedToken, newId, newToken, sha256 } from './id.ts';

/** A person's account to add, and the credits that it starts with. */
export type AccountRequest = { name: string; starterMicrocredits: number };

/**
 * Adds an account for a person, with its starter credits and a token with which machines join that are to be theirs. The
 * token is answered here and kept only as a hash.
 */
export async function addAccount(engine: Engine, request: AccountRequest, once: OnceForToken | null): Promise<Outcome<{ accountId: string; token: string }>> {
  const fresh = newToken(engine, 'enrolment');
  const tokenOf = (accountId: string): string => (once === null ? fresh : derivedToken('enrolment', once.secret, accountId, once.key));
  const outcome = await answerOnce(engine, once, async (tx): Promise<Outcome<{ accountId: string }>> => {
    const [id, now] = [newId(engine), engine.now()];
    if (await isLedgersName(tx, request.name) || !(await insertPerson(tx, { id, name: request.name }, now))) {
      // The name may have been taken a moment ago by this very request.
      const earlier = once === null ? null : await earlierAnswer<{ accountId: string }>(tx, once);
      if (earlier !== null) return earlier;
      const message = 'is the name of another account already';
      return refuse('invalid', `The name ${message}.`, [{ path: 'name', message }]);
    }
    await insertToken(tx, { hash: sha256(tokenOf(id)), kind: 'enrolment', accountId: id, workerId: null, createdAt: now });
    if (request.starterMicrocredits > 0) {
      const entry = { id: newId(engine), at: now, debitAccount: TREASURY_ID, creditAccount: id, amountMicrocredits: request.starterMicrocredits, briefId: null, taskId: null };
      await postEntry(tx, { ...entry, kind: 'starter' }, `starter:${id}`);
    }
    for (const topic of [TOPICS.ledger, TOPICS.stats]) tx.touch(topic);
    return accept({ accountId: id });
  });
  if (!outcome.ok) return outcome;
  const { accountId } = outcome.value;
  engine.log.info({ account_id: accountId, starter_microcredits: request.starterMicrocredits }, 'account added');
  return accept({ accountId, token: tokenOf(accountId) });
}

/** Whether the ledger's own accounts go by this name: nobody is to be taken for the treasury. */
async function isLedgersName(reader: Reader, name: string): Promise<boolean> {
  const own = await Promise.all([TREASURY_ID, VERIFICATION_ID].map((id) => findAccount(reader, id)));
  return own.some((account) => account?.name.toLowerCase() === name.toLowerCase());
}
