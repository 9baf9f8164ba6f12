import { accept, type Outcome } from '#core/errors.ts';
import type { Sandbox } from '#core/sandbox.ts';
import type { Hardware, Runtimes, Worker } from '#core/worker.ts';
import { insertAccount } from '#store/ledger.ts';
import { insertToken } from '#store/token.ts';
import { insertWorker } from '#store/worker.ts';
import { answerOnce, type OnceForToken } from './answer-once.ts';
import { TOPICS, type Engine } from './engine.ts';
import { derivedToken, newId, newToken, sha256 } from './id.ts';

/** How a machine introduces itself. */
export type WorkerIntroduction = { name: string; hardware: Hardware; runtimes: Runtimes; slots: number; sandbox: Sandbox | null };

/**
 * Adds a worker with an account of its own. Its token is answered here and kept only as a hash: where the request may be
 * repeated, the token is derived from the caller's own secret, so that a repetition gets the same one without its having
 * been stored.
 */
export async function registerWorker(
  engine: Engine,
  ownerId: string,
  introduction: WorkerIntroduction,
  once: OnceForToken | null,
): Promise<Outcome<{ workerId: string; token: string }>> {
  const fresh = newToken(engine, 'worker');
  const tokenOf = (workerId: string): string => (once === null ? fresh : derivedToken('worker', once.secret, workerId, once.key));
  const outcome = await answerOnce(engine, once, async (tx) => {
    const now = engine.now();
    const id = newId(engine);
    const worker: Worker = { ...introduction, id, ownerId, status: 'active', standing: 'probation', standingReason: null, quarantineOpen: false, load: null, running: 0, completed: 0, failed: 0, lost: 0, createdAt: now, lastSeenAt: now };
    await insertAccount(tx, { id, kind: 'worker', name: worker.name }, now);
    await insertWorker(tx, worker);
    await insertToken(tx, { hash: sha256(tokenOf(id)), kind: 'worker', accountId: id, workerId: id, createdAt: now });
    for (const topic of [TOPICS.workers, TOPICS.stats, TOPICS.ledger]) tx.touch(topic);
    return accept({ workerId: id });
  });
  if (!outcome.ok) return outcome;
  engine.log.info({ worker_id: outcome.value.workerId, name: introduction.name }, 'worker registered');
  return accept({ workerId: outcome.value.workerId, token: tokenOf(outcome.value.workerId) });
}
