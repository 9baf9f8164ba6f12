import { LONGEST_REASON } from '#core/audit.ts';
import { accept, refuse, type Outcome } from '#core/errors.ts';
import type { Worker } from '#core/worker.ts';
import { beginRecordsAnew } from '#store/reputation.ts';
import type { Tx } from '#store/seam.ts';
import { lockWorkers, setStanding } from '#store/worker.ts';
import { TOPICS, type Engine } from './engine.ts';
import { recordQuarantine } from './record-event.ts';

/**
 * Puts a locked worker into quarantine. What it has in hand and what no audit confirmed is set aside by the sweep, in
 * steps: {@link setQuarantinedAside}.
 */
export async function quarantine(engine: Engine, tx: Tx, worker: Worker, reason: string, cause: { taskId: string; attempt: number }): Promise<void> {
  await setStanding(tx, worker.id, 'quarantined', reason.slice(0, LONGEST_REASON), true);
  if (worker.standing !== 'quarantined') await recordQuarantine(engine, tx, worker, reason, cause);
  for (const topic of [TOPICS.workers, TOPICS.worker(worker.id)]) tx.touch(topic);
}

/**
 * Lets a worker out of quarantine, on probation again: its record begins anew, and its first results are all audited. What
 * was set aside stays so.
 */
export async function clearQuarantine(engine: Engine, workerId: string, reason: string): Promise<Outcome<{ workerId: string }>> {
  const said = reason.trim();
  if (said === '' || said.length > LONGEST_REASON) {
    return refuse('invalid', undefined, [{ path: 'reason', message: said === '' ? 'is needed: it stays with the worker' : `can have at most ${LONGEST_REASON} characters` }]);
  }
  const outcome = await engine.store.write(async (tx): Promise<Outcome<{ workerId: string }>> => {
    const [worker] = await lockWorkers(tx, [workerId]);
    if (worker === undefined || worker.status === 'removed') return refuse('worker_not_found');
    if (worker.standing !== 'quarantined') return refuse('worker_state', 'The worker is not in quarantine.');
    if (worker.quarantineOpen) return refuse('worker_state', 'Its results are still being set aside; try again shortly.');
    await setStanding(tx, workerId, 'probation', said, false);
    await beginRecordsAnew(tx, workerId);
    for (const topic of [TOPICS.workers, TOPICS.worker(workerId), TOPICS.work]) tx.touch(topic);
    return accept({ workerId });
  });
  if (outcome.ok) engine.log.info({ worker_id: workerId }, 'quarantine cleared');
  return outcome;
}
