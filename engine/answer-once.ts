import { accept, refuse, type Outcome } from '#core/errors.ts';
import { findAnswer, insertAnswer } from '#store/idempotency.ts';
import type { Tx } from '#store/seam.ts';
import type { Engine } from './engine.ts';

/** A creating request with an Idempotency-Key. */
export type OnceRequest = { ownerId: string; scope: string; key: string; requestSha256: string };

/**
 * Creates something at most once per key, in the caller's transaction. A repetition is answered with what was answered
 * then; the same key with a different request is refused. Without a request the work is simply done.
 */
export async function answerOnce<T>(engine: Engine, tx: Tx, request: OnceRequest | null, work: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  if (request === null) return work();
  const before = await findAnswer(tx, request.ownerId, request.scope, request.key);
  if (before !== null) {
    return before.requestSha256 === request.requestSha256 ? accept(JSON.parse(before.answer) as T) : refuse('idempotency_conflict');
  }
  const outcome = await work();
  if (!outcome.ok) return outcome;
  const kept = await insertAnswer(tx, { ...request, answer: JSON.stringify(outcome.value), createdAt: engine.now() });
  // Two requests with one key at the same moment: the later one undoes its own work and finds the answer on its retry.
  if (!kept) throw new SimultaneousRequests(request.key);
  return outcome;
}

/** Two requests used one Idempotency-Key at the same moment; the transaction of this one is undone. */
export class SimultaneousRequests extends Error {}
