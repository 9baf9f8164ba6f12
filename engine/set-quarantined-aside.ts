import type { Family } from '#core/brief.ts';
import { findAttempt } from '#store/attempt.ts';
import { lockFamily } from '#store/family.ts';
import { addToReputation } from '#store/reputation.ts';
import type { Tx } from '#store/seam.ts';
import { findTask } from '#store/task.ts';
import { listRunningVerified, listUnverifiedResults, setVerification, type UnverifiedResult } from '#store/verification.ts';
import { listOpenQuarantines, lockWorkers, setStanding } from '#store/worker.ts';
import { drawForBest } from './draw-audit.ts';
import { TOPICS, type Engine } from './engine.ts';
import { endAttemptOf } from './finish-task.ts';
import { setResultsAside } from './set-aside.ts';
import { reverseAudit } from './settle-credits.ts';

const WORKERS_PER_SWEEP = 20;
/** One transaction computes the summary of a family anew, for at most so many results of it. */
const RESULTS_PER_STEP = 100;

const REASON = { kind: 'set_aside', message: 'Another result of this worker was refuted, and no audit had confirmed this one.' };

/**
 * Takes back what quarantined workers have in hand and sets aside what they reported that no audit confirmed, some of it
 * in each sweep and a family at a time: a crash in between loses nothing, because what is left says so itself.
 *
 * @returns how many results and runs that was
 */
export async function setQuarantinedAside(engine: Engine): Promise<number> {
  let changed = 0;
  for (const worker of await listOpenQuarantines(engine.store.reader, WORKERS_PER_SWEEP)) {
    const running = await listRunningVerified(engine.store.reader, worker.id, RESULTS_PER_STEP);
    for (const { taskId, attempt } of running) await engine.store.write((tx) => takeBack(engine, tx, taskId, attempt));
    const results = await listUnverifiedResults(engine.store.reader, worker.id, RESULTS_PER_STEP);
    for (const [familyId, some] of Map.groupBy(results, (result) => result.familyId)) {
      await engine.store.write((tx) => setSomeAside(engine, tx, familyId, worker.id, some));
    }
    changed += running.length + results.length;
    if (running.length + results.length === 0) await engine.store.write((tx) => close(engine, tx, worker.id));
    else engine.log.warn({ worker_id: worker.id, running: running.length, results: results.length }, 'set aside what a quarantined worker did');
  }
  return changed;
}

/** Nothing is left, as far as one can tell while the worker is locked: whatever it ends later opens its quarantine again. */
async function close(engine: Engine, tx: Tx, workerId: string): Promise<void> {
  const [worker] = await lockWorkers(tx, [workerId]);
  if (worker === undefined || worker.standing !== 'quarantined') return;
  const left = (await listRunningVerified(tx, workerId, 1)).length + (await listUnverifiedResults(tx, workerId, 1)).length;
  if (left === 0) await setStanding(tx, workerId, 'quarantined', worker.standingReason, false);
  tx.touch(TOPICS.worker(workerId));
}

async function takeBack(engine: Engine, tx: Tx, taskId: string, number: number): Promise<void> {
  const before = await findTask(tx, taskId);
  const family = before === null ? null : await lockFamily(tx, before.familyId);
  // The lock may have been waited for, and the attempt may have ended meanwhile.
  const [task, attempt] = [await findTask(tx, taskId), await findAttempt(tx, taskId, number)];
  if (family === null || task === null || attempt?.state !== 'running') return;
  const error = { kind: 'worker_quarantined', message: 'A result of the worker was refuted while it had the task.' };
  await endAttemptOf(engine, tx, family, task, attempt, { ok: false, error }, { state: 'lost', result: null, metrics: null });
}

async function setSomeAside(engine: Engine, tx: Tx, familyId: string, workerId: string, results: readonly UnverifiedResult[]): Promise<void> {
  const family = await lockFamily(tx, familyId);
  if (family === null) return;
  // Read again under the lock: an audit may have confirmed or refuted one meanwhile.
  const open: UnverifiedResult[] = [];
  for (const result of results) {
    const attempt = await findAttempt(tx, result.taskId, result.attempt);
    const task = await findTask(tx, result.taskId);
    const counts = result.purpose === 'audit' || (task?.state === 'completed' && task.attempt === result.attempt);
    if (counts && (attempt?.verification === 'unverified' || attempt?.verification === 'vested')) open.push({ ...result, verification: attempt.verification });
  }
  const withdrawn = open.filter((result) => result.purpose === 'run').map(({ taskId, attempt, verification }) => ({ taskId, attempt, workerId, isVested: verification === 'vested' }));
  const after = withdrawn.length === 0 ? family : await setResultsAside(engine, tx, family, withdrawn, { verification: 'set_aside', reason: REASON, failsTasks: false }, [workerId]);
  if (withdrawn.length > 0) await addToReputation(tx, workerId, family.experiment, { setAside: withdrawn.length });
  for (const result of open) if (result.purpose === 'audit') await setAuditAside(engine, tx, family, workerId, result);
  if (after.state !== 'cancelled') await drawForBest(engine, tx, after);
}

/** The run of an audit by a worker in quarantine: nobody is judged by it any more. */
async function setAuditAside(engine: Engine, tx: Tx, family: Family, workerId: string, { taskId, attempt, verification }: UnverifiedResult): Promise<void> {
  await setVerification(tx, taskId, attempt, [verification], 'set_aside', REASON);
  const run = { taskId, attempt, workerId };
  if (verification === 'unverified') await reverseAudit(engine, tx, family.briefId, run, family.runCostMicrocredits - family.runFeeMicrocredits);
}
