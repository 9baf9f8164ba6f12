import type { Family } from '#core/brief.ts';
import { findAttempt } from '#store/attempt.ts';
import { lockFamily } from '#store/family.ts';
import { addToReputation } from '#store/reputation.ts';
import type { Tx } from '#store/seam.ts';
import { findTask } from '#store/task.ts';
import { closePay, listDoubtfulRuns, listRunningVerified, setVerification, shiftVerified, type DoubtfulRun } from '#store/verification.ts';
import { listOpenQuarantines, lockWorkers, setStanding } from '#store/worker.ts';
import { drawForBest } from './draw-audit.ts';
import { TOPICS, type Engine } from './engine.ts';
import { endAttemptOf } from './finish-task.ts';
import { setResultsAside, type Withdrawn } from './set-aside.ts';
import { reverseIntoFund, type Run } from './settle-credits.ts';
import { touchBrief } from './submit-brief.ts';
import { callBestAnew, followUndone, undoConfirmed } from './undo-verified.ts';

const WORKERS_PER_SWEEP = 20;
/** One transaction computes the summary of a family anew, for at most so many results of it. */
const RESULTS_PER_STEP = 100;

const UNCONFIRMED = { kind: 'set_aside', message: 'Another result of this worker was refuted, and no audit had confirmed this one.' };
const CONFIRMS_NOTHING = { kind: 'set_aside', message: 'Another result of this worker was refuted, so that its audits say nothing any more.' };

/**
 * Takes back what quarantined workers have in hand, sets aside what they reported that no audit confirmed, undoes what they
 * confirmed for others, and takes back all pay that is not final, also for results that were confirmed; some of it in each sweep and a family at a time: a crash in between loses nothing, because what is left says so itself.
 *
 * @returns how many results and runs that was
 */
export async function setQuarantinedAside(engine: Engine): Promise<number> {
  let changed = 0;
  for (const worker of await listOpenQuarantines(engine.store.reader, WORKERS_PER_SWEEP)) {
    const running = await listRunningVerified(engine.store.reader, worker.id, RESULTS_PER_STEP);
    for (const { taskId, attempt } of running) await engine.store.write((tx) => takeBack(engine, tx, taskId, attempt));
    const results = await listDoubtfulRuns(engine.store.reader, worker.id, RESULTS_PER_STEP);
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
  const left = (await listRunningVerified(tx, workerId, 1)).length + (await listDoubtfulRuns(tx, workerId, 1)).length;
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

async function setSomeAside(engine: Engine, tx: Tx, familyId: string, workerId: string, runs: readonly DoubtfulRun[]): Promise<void> {
  const family = await lockFamily(tx, familyId);
  if (family === null) return;
  const { withdrawn, returned, undone } = await sort(tx, family, workerId, runs);
  if (undone.length > 0) await shiftVerified(tx, family.id, -undone.length);
  const workerIds = [workerId, ...undone.map((run) => run.workerId)];
  const after = withdrawn.length === 0 ? await callBestAnew(tx, family) : await setResultsAside(engine, tx, family, withdrawn, { verification: 'set_aside', reason: UNCONFIRMED, failsTasks: false }, workerIds);
  const workers = new Map((await lockWorkers(tx, workerIds)).map((worker) => [worker.id, worker]));
  if (withdrawn.length > 0) await addToReputation(tx, workerId, family.experiment, { setAside: withdrawn.length });
  // The brief had what was verified: only what it has not had goes back into its hold.
  for (const run of returned) await reverseIntoFund(engine, tx, family.briefId, run, family.runCostMicrocredits - family.runFeeMicrocredits);
  await followUndone(engine, tx, after, undone, workers);
  if (after.state !== 'cancelled') await drawForBest(engine, tx, after);
  touchBrief(tx, { id: family.briefId, familyId: family.id });
}

/** What becomes of runs: results that do not count any more, pay that goes back although its run stays, and what is verified no longer. */
type Sorted = { withdrawn: Withdrawn[]; returned: Run[]; undone: Run[] };

/** Marks all but the results that are withdrawn. Reads each under the lock: an audit may have confirmed or refuted it meanwhile. */
async function sort(tx: Tx, family: Family, workerId: string, runs: readonly DoubtfulRun[]): Promise<Sorted> {
  const sorted: Sorted = { withdrawn: [], returned: [], undone: [] };
  for (const { taskId, attempt, purpose } of runs) {
    const [stored, task] = [await findAttempt(tx, taskId, attempt), await findTask(tx, taskId)];
    const known = stored?.verification;
    if (known !== 'unverified' && known !== 'vested' && known !== 'verified') continue;
    if (purpose === 'run' && known !== 'verified') {
      if (task?.state === 'completed' && task.attempt === attempt) sorted.withdrawn.push({ taskId, attempt, workerId, isVested: known === 'vested' });
      continue;
    }
    if (await closePay(tx, taskId, attempt)) sorted.returned.push({ taskId, attempt, workerId });
    tx.touch(TOPICS.task(taskId));
    if (purpose === 'run') continue;
    await setVerification(tx, taskId, attempt, ['vested', 'verified'], 'set_aside', CONFIRMS_NOTHING);
    const undone = known === 'verified' ? await undoConfirmed(tx, family, taskId, attempt) : null;
    if (undone !== null) sorted.undone.push(undone);
  }
  return sorted;
}
