import { accept, refuse, type Outcome } from '#core/errors.ts';
import { findAnswer, insertAnswer } from '#store/idempotency.ts';
import type { Reader, Tx } from '#store/seam.ts';
import type { Engine } from './engine.ts';

/** A creating request with an Idempotency-Key. */
export type OnceRequest = { ownerId: string; scope: string; key: string; requestSha256: string };

/**
 * One that is answered with a token. `secret` is known to the caller alone: the token is derived from it, so that a
 * repetition gets the same one without its having been stored.
 */
export type OnceForToken = OnceRequest & { secret: string };

/**
 * Creates something at most once per key, in one transaction. A repetition is answered with what was answered then;
 * the same key with a different request is refused. Without a request the work is simply done.
 */
export async function answerOnce<T>(engine: Engine, request: OnceRequest | null, work: (tx: Tx) => Promise<Outcome<T>>): Promise<Outcome<T>> {
  if (request === null) return engine.store.write(work);
  for (;;) {
    try {
      return await engine.store.write(async (tx): Promise<Outcome<T>> => {
        const before = await earlierAnswer<T>(tx, request);
        if (before !== null) return before;
        const outcome = await work(tx);
        if (!outcome.ok) return outcome;
        const kept = await insertAnswer(tx, { ...request, answer: JSON.stringify(outcome.value), createdAt: engine.now() });
        if (!kept) throw new SimultaneousRequests(request.key);
        return outcome;
      });
    } catch (error) {
      // The other request has committed, so the next round finds its answer.
      if (!(error instanceof SimultaneousRequests)) throw error;
    }
  }
}

/** What a key was answered with, or the refusal of a key that now stands for another request; null for a new key. */
export async function earlierAnswer<T>(reader: Reader, request: OnceRequest): Promise<Outcome<T> | null> {
  const before = await findAnswer(reader, request.ownerId, request.scope, request.key);
  if (before === null) return null;
  return before.requestSha256 === request.requestSha256 ? accept(JSON.parse(before.answer) as T) : refuse('idempotency_conflict');
}

/** Two requests used one Idempotency-Key at the same moment; the transaction of the later one is undone by this. */
class SimultaneousRequests extends Error {}
