import type { Family } from '#core/brief.ts';
import { assert } from '#core/errors.ts';
import { standingOf } from '#core/verify.ts';
import type { Worker } from '#core/worker.ts';
import { findAuditOf, listOpenAuditsOf } from '#store/audit.ts';
import { saveFamily } from '#store/family.ts';
import { takeVerified } from '#store/reputation.ts';
import type { Tx } from '#store/seam.ts';
import { findTask } from '#store/task.ts';
import { countConfirming, findVerifiedBest, undoVerified } from '#store/verification.ts';
import { findAttempt } from '#store/attempt.ts';
import { setStanding } from '#store/worker.ts';
import { drawAudit } from './draw-audit.ts';
import { TOPICS, type Engine } from './engine.ts';
import type { Run } from './settle-credits.ts';

/**
 * Takes back what an audit confirmed that does not stand any more: where those that still agree with the result are fewer
 * than its family's policy asks for, nobody has verified it. What was paid for it stays as it is.
 *
 * @returns the result that is not verified any more; null where there is none
 */
export async function undoConfirmed(tx: Tx, family: Family, taskId: string, attempt: number): Promise<Run | null> {
  const [audit, task] = [await findAuditOf(tx, taskId, attempt), await findTask(tx, taskId)];
  assert(audit !== null && family.verification !== null, 'an attempt that is an audit has one');
  if (task?.state !== 'completed' || task.attempt !== audit.auditedAttempt) return null;
  if (1 + (await countConfirming(tx, taskId, audit.auditedAttempt)) >= family.verification.quorum) return null;
  if (!(await undoVerified(tx, taskId, audit.auditedAttempt))) return null;
  const original = await findAttempt(tx, taskId, audit.auditedAttempt);
  assert(original !== null, 'the attempt that is audited is kept');
  tx.touch(TOPICS.task(taskId));
  return { taskId, attempt: original.attempt, workerId: original.workerId };
}

/** Calls best what is verified now, in a locked family of which some results are verified no longer. Returns the family as it is then. */
export async function callBestAnew(tx: Tx, family: Family): Promise<Family> {
  const best = await findVerifiedBest(tx, family.id, family.metric.direction);
  if ((best?.taskId ?? null) === family.rollup.bestTaskId) return family;
  const after = { ...family, rollup: { ...family.rollup, best: best?.value ?? null, bestTaskId: best?.taskId ?? null } };
  await saveFamily(tx, after);
  return after;
}

/**
 * What follows for workers, who are locked, from results of theirs that are not verified any more: they have done less than
 * their record said, and others audit those results anew. A worker in quarantine has them set aside, as all that nobody verified.
 */
export async function followUndone(engine: Engine, tx: Tx, family: Family, undone: readonly Run[], workers: ReadonlyMap<string, Worker>): Promise<void> {
  const open = new Set((await listOpenAuditsOf(tx, undone.map((run) => run.taskId), undone.length + 1)).map((audit) => audit.taskId));
  for (const run of undone) {
    const worker = workers.get(run.workerId);
    assert(worker !== undefined, 'an attempt has a worker');
    const { record } = await takeVerified(tx, worker.id, family.experiment);
    if (worker.standing === 'quarantined') await setStanding(tx, worker.id, 'quarantined', worker.standingReason, true);
    else {
      if (worker.standing === 'trusted' && standingOf(record).standing === 'probation') await setStanding(tx, worker.id, 'probation', null, false);
      if (family.state !== 'cancelled' && !open.has(run.taskId)) await drawAudit(engine, tx, family, run);
    }
    tx.touch(TOPICS.worker(worker.id));
  }
}
