import { accept, assert, refuse, type Outcome } from '#core/errors.ts';
import { MICROCREDITS, TREASURY_ID } from '#core/ledger.ts';
import { findEntryOfCause, insertNote } from '#store/account.ts';
import { findAccount, postEntry } from '#store/ledger.ts';
import { answerOnce, type OnceRequest } from './answer-once.ts';
import { TOPICS, type Engine } from './engine.ts';
import { newId, sha256 } from './id.ts';

/** Credits that an administrator gives, and why. */
export type Grant = { accountId: string; amountMicrocredits: number; reason: string };

/** All credits there are stay below this, so that every balance and every sum of them is an exact number. */
const MOST_IN_CIRCULATION = 8_000_000_000 * MICROCREDITS;

/**
 * Gives credits of the treasury to a person. The reason stands beside the entry, so that the ledger names nobody.
 * A repeated request, even after its answer was forgotten, finds its entry and gives nothing more.
 *
 * @param by the account whose administrator asks
 */
export async function grantCredits(engine: Engine, by: string, grant: Grant, once: OnceRequest | null): Promise<Outcome<{ entryId: string }>> {
  const { accountId, amountMicrocredits } = grant;
  const outcome = await answerOnce(engine, once, async (tx): Promise<Outcome<{ entryId: string }>> => {
    const [account, treasury] = [await findAccount(tx, accountId), await findAccount(tx, TREASURY_ID)];
    if (account === null) return refuse('account_not_found');
    if (account.kind !== 'person') return refuse('account_kind', `Credits are granted to people; this is an account of the kind ${account.kind}.`);
    assert(treasury !== null, 'there is a treasury');
    if (amountMicrocredits - treasury.balanceMicrocredits > MOST_IN_CIRCULATION) {
      const message = `is more than can be given: there can be at most ${MOST_IN_CIRCULATION / MICROCREDITS} credits in all`;
      return refuse('invalid', `The amount ${message}.`, [{ path: 'amount_credits', message }]);
    }
    const [id, now] = [newId(engine), engine.now()];
    const cause = `grant:${once === null ? id : sha256(JSON.stringify([once.ownerId, once.scope, once.key]))}`;
    const posted = await postEntry(tx, { id, at: now, kind: 'grant', debitAccount: TREASURY_ID, creditAccount: accountId, amountMicrocredits, briefId: null, taskId: null }, cause);
    if (!posted) {
      const earlier = await findEntryOfCause(tx, cause);
      const isSame = earlier !== null && earlier.creditAccount === accountId && earlier.amountMicrocredits === amountMicrocredits;
      return isSame ? accept({ entryId: earlier.id }) : refuse('idempotency_conflict');
    }
    await insertNote(tx, { entryId: id, note: grant.reason, accountId: by, createdAt: now });
    for (const topic of [TOPICS.ledger, TOPICS.stats, TOPICS.work]) tx.touch(topic);
    return accept({ entryId: id });
  });
  if (outcome.ok) engine.log.info({ entry_id: outcome.value.entryId, account_id: accountId, microcredits: amountMicrocredits, by }, 'credits granted');
  return outcome;
}
