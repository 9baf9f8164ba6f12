import { accept, assert, refuse, type Outcome } from '#core/errors.ts';
import type { Experiment } from '#core/experiment.ts';
import type { Task } from '#core/task.ts';
import { misfits, type Requirements, type Worker } from '#core/worker.ts';
import { listWaitingFamilies, serveFamily, type WaitingFamily } from '#store/family.ts';
import type { Reader, Tx } from '#store/seam.ts';
import { takePendingTasks } from '#store/task.ts';
import { shiftTotals } from '#store/totals.ts';
import { findClaimant, shiftWorker } from '#store/worker.ts';
import { claimAudit, hasAudit } from './claim-audit.ts';
import type { Engine } from './engine.ts';
import { leaseAttempt } from './lease-attempt.ts';

/** A task in a worker's hands, with everything needed to run it. */
export type ClaimedTask = { task: Task; leaseToken: string; leaseExpiresAt: number; packageSha256: string; experiment: Experiment; requires: Requirements };

/** The first family mostly fits, so the first look is short; the others skip over many that need another machine. */
const FAMILIES_PER_FIRST_LOOK = 4;
const FAMILIES_PER_LOOK = 64;

/**
 * Leases up to `slots` pending tasks to a worker, one family at a time: first the families with the fewest running
 * tasks, then those served longest ago, so that briefs share the workers evenly. Only tasks whose requirements the
 * worker meets are considered.
 */
export async function claimTasks(engine: Engine, workerId: string, slots: number): Promise<Outcome<ClaimedTask[]>> {
  // Where rows are locked, a transaction that holds one family and waits for another meets one that does the reverse:
  // 64 claims of up to three tasks took 15 s of deadlocks, and take under one with a family per transaction.
  const mostPerTransaction = engine.store.reader.dialect === 'postgres' ? 1 : slots;
  const claimed: ClaimedTask[] = [];
  while (claimed.length < slots) {
    const most = Math.min(mostPerTransaction, slots - claimed.length);
    const outcome = await claimTogether(engine, workerId, most);
    if (!outcome.ok) return claimed.length > 0 ? accept(claimed) : outcome;
    claimed.push(...outcome.value);
    if (outcome.value.length < most) break;
  }
  return accept(claimed);
}

async function claimTogether(engine: Engine, workerId: string, slots: number): Promise<Outcome<ClaimedTask[]>> {
  const outcome = await engine.store.write(async (tx): Promise<Outcome<ClaimedTask[]>> => {
    const claimant = await findClaimant(tx, workerId);
    if (claimant === null) return refuse('worker_not_found');
    const { worker } = claimant;
    let { auditsWait } = claimant;
    if (worker.status === 'removed') return refuse('worker_removed');
    const claimed: ClaimedTask[] = [];
    while (worker.status === 'active' && claimed.length < slots) {
      const audit = auditsWait ? await claimAudit(engine, tx, worker) : null;
      auditsWait = audit !== null;
      if (audit !== null) {
        claimed.push(audit);
        continue;
      }
      const family = await nextFamily(tx, worker);
      if (family === null) break;
      const taken = await claimFrom(engine, tx, family, worker);
      if (taken !== null) claimed.push(taken);
    }
    if (claimed.length > 0) await shiftWorker(tx, workerId, { running: claimed.length, completed: 0, failed: 0 });
    return accept(claimed);
  });
  if (outcome.ok) {
    for (const { task } of outcome.value) engine.log.info({ task_id: task.id, attempt: task.attempt, worker_id: workerId }, 'task claimed');
  }
  return outcome;
}

/** Whether there is anything for a worker to claim: a look that writes nothing. */
export async function hasWork(engine: Engine, workerId: string): Promise<boolean> {
  const { reader } = engine.store;
  const claimant = await findClaimant(reader, workerId);
  if (claimant === null || claimant.worker.status !== 'active') return false;
  return (claimant.auditsWait && (await hasAudit(reader, claimant.worker))) || (await nextFamily(reader, claimant.worker)) !== null;
}

async function nextFamily(reader: Reader, worker: Worker): Promise<WaitingFamily | null> {
  let after: WaitingFamily | null = null;
  for (let limit = FAMILIES_PER_FIRST_LOOK; ; limit = FAMILIES_PER_LOOK) {
    const families: WaitingFamily[] = await listWaitingFamilies(reader, { limit, after });
    const fitting = families.find((family) => !(family.isVerified && worker.standing === 'quarantined') && misfits(worker, family.requires, family.needs).length === 0);
    if (fitting !== undefined || families.length < limit) return fitting ?? null;
    after = families.at(-1) ?? null;
  }
}

/** Leases one task of a family; null when its last one has gone to somebody else since the look. */
async function claimFrom(engine: Engine, tx: Tx, family: WaitingFamily, worker: Worker): Promise<ClaimedTask | null> {
  const now = engine.now();
  if (!(await serveFamily(tx, family.id, 1, now))) return null;
  const [task] = await takePendingTasks(tx, family.id, worker.id, 1, now);
  assert(task !== undefined, 'a family that counts pending tasks has one');
  const claimed = await leaseAttempt(engine, tx, family, task, worker.id, 'run');
  await shiftTotals(tx, family.id, { pending: -1, running: 1 });
  return claimed;
}
