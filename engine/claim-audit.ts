import { misfits, type Worker } from '#core/worker.ts';
import { machineClass } from '#core/verify.ts';
import { giveAudit, listWaitingAudits, type WaitingAudit } from '#store/audit.ts';
import { lockFamily } from '#store/family.ts';
import type { Reader, Tx } from '#store/seam.ts';
import { findTask } from '#store/task.ts';
import type { ClaimedTask } from './claim-task.ts';
import type { Engine } from './engine.ts';
import { leaseAttempt } from './lease-attempt.ts';

/** So many audits are looked at, and one of those that fit is chosen by chance: nobody can choose whom to audit. */
const AUDITS_PER_LOOK = 16;

/**
 * Leases an audit to a worker; null when none fits it. Audits come before ordinary work: they are few, and what is
 * verified late is believed late.
 */
export async function claimAudit(engine: Engine, tx: Tx, worker: Worker): Promise<ClaimedTask | null> {
  const fitting = await listFitting(tx, worker);
  const [byte = 0] = engine.randomBytes(1);
  const audit = fitting[byte % Math.max(1, fitting.length)];
  const family = audit === undefined ? null : await lockFamily(tx, audit.familyId);
  if (audit === undefined || family === null || family.state === 'paused' || family.state === 'cancelled') return null;
  // The lock may have been waited for, while somebody else took it.
  const attempt = await giveAudit(tx, audit.taskId, audit.number);
  const task = attempt === null ? null : await findTask(tx, audit.taskId);
  if (attempt === null || task === null) return null;
  const now = engine.now();
  const asRun = { ...task, state: 'running' as const, attempt, workerId: worker.id, value: null, metrics: null, error: null, startedAt: now, finishedAt: null };
  return leaseAttempt(engine, tx, family, asRun, worker.id, 'audit');
}

/** Whether there is an audit for a worker to claim. */
export async function hasAudit(reader: Reader, worker: Worker): Promise<boolean> {
  return (await listFitting(reader, worker)).length > 0;
}

async function listFitting(reader: Reader, worker: Worker): Promise<WaitingAudit[]> {
  if (worker.standing === 'quarantined') return [];
  const waiting = await listWaitingAudits(reader, { class: machineClass(worker.hardware), ownerId: worker.ownerId }, AUDITS_PER_LOOK);
  return waiting.filter((audit) => misfits(worker, audit.requires, audit.needs).length === 0);
}
