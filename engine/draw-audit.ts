import type { Family } from '#core/brief.ts';
import { isBetter } from '#core/experiment.ts';
import type { AttemptState } from '#core/task.ts';
import { auditRate, machineClass } from '#core/verify.ts';
import { insertAudit } from '#store/audit.ts';
import { addToReputation } from '#store/reputation.ts';
import type { Tx } from '#store/seam.ts';
import { listCandidates } from '#store/verification.ts';
import { findWorker } from '#store/worker.ts';
import { TOPICS, type Engine } from './engine.ts';

/** Of the best values of a family so many are looked at for one that an audit may confirm. */
const MOST_CANDIDATES = 20;

/** How a run ended, as far as its worker's record is concerned. */
export type RunEnd = { taskId: string; attempt: number; workerId: string; state: AttemptState; value: number | null };

/**
 * Notes in the record of its worker how a run of a family with verification ended, and draws by lot whether its result is
 * audited. A value better than all others is always audited, since it would be called best. The lot is drawn when the
 * result is in, so that no worker can know before.
 *
 * @param family as it was before the result
 */
export async function noteRun(engine: Engine, tx: Tx, family: Family, run: RunEnd): Promise<void> {
  if (family.verification === null) return;
  const isCounted = run.value !== null;
  const { record } = await addToReputation(tx, run.workerId, family.experiment, { completed: isCounted ? 1 : 0, failed: run.state === 'failed' ? 1 : 0, lost: run.state === 'lost' ? 1 : 0 });
  if (run.value === null) return;
  const rate = leads(family, run.value) ? 1 : auditRate(family.verification, { ...record, completed: record.completed - 1 });
  if (chance(engine) < rate) await drawAudit(engine, tx, family, run);
}

/** Has a result audited: the audit waits for a machine of another owner. */
export async function drawAudit(engine: Engine, tx: Tx, family: Pick<Family, 'id'>, run: { taskId: string; attempt: number; workerId: string }): Promise<void> {
  const worker = await findWorker(tx, run.workerId);
  if (worker === null) return;
  const { taskId, attempt, workerId } = run;
  await insertAudit(tx, { taskId, auditedAttempt: attempt, familyId: family.id, workerId, ownerId: worker.ownerId, machineClass: machineClass(worker.hardware), createdAt: engine.now() });
  tx.touch(TOPICS.work);
}

/**
 * Has the best value of a locked family audited that is not verified, as long as none better is verified or being audited:
 * what would be called best if it were true.
 */
export async function drawForBest(engine: Engine, tx: Tx, family: Pick<Family, 'id' | 'metric'>): Promise<void> {
  for (const candidate of await listCandidates(tx, family.id, family.metric.direction, MOST_CANDIDATES)) {
    if (candidate.verification === 'verified' || candidate.open > 0) return;
    // One that could not be repeated stays unverified, and the next one may be the best.
    if (candidate.audits > 0) continue;
    return drawAudit(engine, tx, family, candidate);
  }
}

function leads(family: Family, value: number): boolean {
  const { min, max } = family.rollup;
  const best = family.metric.direction === 'minimize' ? min : max;
  return best === null || isBetter(family.metric, value, best);
}

/** A number from 0 to below 1, from the machine's own randomness. */
function chance(engine: Engine): number {
  return engine.randomBytes(4).reduce((sum, byte) => sum * 256 + byte, 0) / 2 ** 32;
}
