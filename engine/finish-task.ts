import { isOver, type Counts, type Family } from '#core/brief.ts';
import { accept, assert, refuse, type Outcome } from '#core/errors.ts';
import type { Metrics, Result, TaskError, Verdict } from '#core/result.ts';
import { addValue, type Rollup } from '#core/rollup.ts';
import { stateAfterFailure, type AttemptState, type Task, type TaskState } from '#core/task.ts';
import { addActivity } from '#store/activity.ts';
import { endAttempt, type StoredAttempt } from '#store/attempt.ts';
import { addSpent, setBriefState } from '#store/brief.ts';
import { lockFamily, saveFamily } from '#store/family.ts';
import type { Tx } from '#store/seam.ts';
import { endTask, findTask, neighbourValue } from '#store/task.ts';
import { shiftBriefState, shiftTotals } from '#store/totals.ts';
import { shiftWorker } from '#store/worker.ts';
import { noteRun } from './draw-audit.ts';
import { endRunningAudit } from './end-audit.ts';
import { TOPICS, type Engine } from './engine.ts';
import { coverHold, goOn, releaseHold, withMove } from './hold-credits.ts';
import { judgeAttempt } from './judge-result.ts';
import { findLeasedAttempt, type LeaseClaim } from './lease.ts';
import { touchTask } from './lease-attempt.ts';
import { failuresToPay, payFailures } from './pay-failures.ts';
import { recordTaskEnd } from './record-event.ts';
import { settleResult } from './settle-credits.ts';

/** What became of a task; `accepted` tells whether its result has a value. */
export type Finished = { taskId: string; attempt: number; state: TaskState; accepted: boolean };

/**
 * Takes a worker's result. The first one of a running attempt counts; the same one again is answered alike and changes
 * nothing; anything else is refused. Value, summary, counts, credits and the brief's own end are one transaction.
 */
export async function finishTask(engine: Engine, lease: LeaseClaim, result: Result): Promise<Outcome<Finished>> {
  const text = JSON.stringify(result);
  const outcome = await engine.store.write(async (tx): Promise<Outcome<Finished>> => {
    const task = await findTask(tx, lease.taskId);
    if (task === null) return refuse('task_not_found');
    const family = await lockFamily(tx, task.familyId);
    if (family === null) return refuse('task_not_found');
    const found = await findLeasedAttempt(tx, lease);
    if (!found.ok) return found;
    const attempt = found.value;
    if (attempt.state !== 'running') {
      if (attempt.result === null) return refuse('stale_lease');
      if (attempt.result !== text) return refuse('result_differs');
      // Told from the attempt, not from the task, which may have gone on to other attempts since.
      const accepted = attempt.state === 'completed';
      return accept({ taskId: task.id, attempt: attempt.attempt, state: accepted ? 'completed' : stateAfterEnd(task, attempt), accepted });
    }
    const verdict = await judgeAttempt(engine, tx, family, task, attempt, result);
    const state = await endAttemptOf(engine, tx, family, task, attempt, verdict, { state: verdict.ok ? 'completed' : 'failed', result: text, metrics: result.metrics });
    return accept({ taskId: task.id, attempt: attempt.attempt, state, accepted: verdict.ok });
  });
  if (outcome.ok) engine.log.info({ task_id: lease.taskId, attempt: lease.attempt, worker_id: lease.workerId, state: outcome.value.state }, 'task finished');
  return outcome;
}

/** How an attempt is recorded: its state, and what its worker said, if it said anything. */
type Recorded = { state: AttemptState; result: string | null; metrics: Metrics | null };

/** Ends a running attempt, be it a run of its task or an audit. Returns what its worker is told of the task, which is the same for both. */
export async function endAttemptOf(engine: Engine, tx: Tx, family: Family, task: Task, attempt: StoredAttempt, verdict: Verdict, recorded: Recorded): Promise<TaskState> {
  if (attempt.purpose === 'run') return endRunningTask(engine, tx, family, task, attempt.workerId, verdict, recorded);
  await endRunningAudit(engine, tx, family, task, attempt, verdict, recorded);
  return verdict.ok ? 'completed' : stateAfterEnd(task, attempt);
}

function stateAfterEnd(task: Task, attempt: StoredAttempt): TaskState {
  return attempt.purpose === 'audit' ? 'pending' : stateAfterFailure(attempt.attempt - task.attemptsBefore);
}

/**
 * Ends the running attempt of a task whose family is locked, and everything that follows from it. Returns the task's
 * new state: completed, or pending again, or failed for good.
 */
async function endRunningTask(
  engine: Engine,
  tx: Tx,
  family: Family,
  task: Task,
  workerId: string,
  verdict: Verdict,
  recorded: Recorded,
): Promise<TaskState> {
  const now = engine.now();
  const error: TaskError | null = verdict.ok ? null : verdict.error;
  const value = verdict.ok ? verdict.value : null;
  const state: TaskState = verdict.ok ? 'completed' : stateAfterFailure(task.attempt - task.attemptsBefore);
  const metrics = verdict.ok ? recorded.metrics : null;
  const ended = await endAttempt(tx, { taskId: task.id, attempt: task.attempt, ...recorded, error, finishedAt: now, verification: verdict.ok && family.verification !== null ? 'unverified' : null });
  assert(ended && task.state === 'running', 'the attempt that ends was running');
  await endTask(tx, { id: task.id, state, value, metrics, error, finishedAt: state === 'pending' ? null : now });

  const counts: Counts = { ...family.counts, running: family.counts.running - 1 };
  counts[state] += 1;
  const due = error === null ? [] : await failuresToPay(tx, family, task, { workerId, kind: error.kind, isForGood: state === 'failed', now });
  const paid = verdict.ok ? family.runCostMicrocredits : due.reduce((sum, one) => sum + one.amountMicrocredits, 0);
  const next = await goOn(tx, family, counts, paid);
  const settled = next.state === 'completed' || next.state === 'failed' ? next.state : null;
  const rollup = value === null ? family.rollup : withValue(family, value, task.id);
  const median = value === null ? family.median : await nextMedian(tx, family, { value, number: task.number });
  const hold = withMove({ ...family, heldMicrocredits: family.heldMicrocredits - paid }, next.move);
  await saveFamily(tx, { id: family.id, state: next.state, counts, rollup, median, ...hold });
  await shiftTotals(tx, family.id, { running: -1, [state]: 1 });
  await noteActivity(tx, family, state, now, verdict.ok ? paid - family.runFeeMicrocredits : paid);
  await shiftBriefState(tx, family.id, family.state, next.state);
  await shiftWorker(tx, workerId, { running: -1, completed: verdict.ok ? 1 : 0, failed: verdict.ok ? 0 : 1, lost: recorded.state === 'lost' ? 1 : 0 });
  if (next.state !== family.state) await setBriefState(tx, family.briefId, next.state, { launchedAt: null, finishedAt: isOver(next.state) ? now : null });
  if (paid > 0) await addSpent(tx, family.briefId, paid);
  // Last of all rows are those of accounts, where families meet: where rows are locked, others wait for them.
  if (verdict.ok) await settleResult(engine, tx, family, { taskId: task.id, attempt: task.attempt, workerId });
  else await payFailures(engine, tx, family, due);
  if (next.move > 0) await coverHold(engine, tx, { ...family, ...hold }, next.move);
  else await releaseHold(engine, tx, { ...family, ...hold }, -next.move);
  await noteRun(engine, tx, family, { taskId: task.id, attempt: task.attempt, workerId, state: recorded.state, value });
  await recordTaskEnd(engine, tx, { family, counts, settled, state: next.state, heldMicrocredits: hold.heldMicrocredits, task, value, best: rollup.best });
  if (state === 'pending') tx.touch(TOPICS.work);
  touchTask(tx, task, workerId);
  return state;
}

/** The summary with one more value. With verification the best stays that which was verified. */
function withValue({ rollup, metric, verification }: Family, value: number, taskId: string): Rollup {
  const next = addValue(rollup, metric, value, taskId);
  return verification === null ? next : { ...next, best: rollup.best, bestTaskId: rollup.bestTaskId };
}

/**
 * The lower median after one more value, found by one step along the index. With n values in the order of
 * (value, number) the lower median stands at place ⌈n / 2⌉, which one more value moves by at most one.
 */
async function nextMedian(tx: Tx, family: Family, added: { value: number; number: number }): Promise<Family['median']> {
  const { median, id } = family;
  if (median === null) return added;
  const before = added.value < median.value || (added.value === median.value && added.number < median.number);
  const wasOdd = family.rollup.n % 2 === 1;
  if (wasOdd) return before ? neighbourValue(tx, id, median, 'before') : median;
  return before ? median : neighbourValue(tx, id, median, 'after');
}

async function noteActivity(tx: Tx, family: Family, state: TaskState, now: number, earnedMicrocredits: number): Promise<void> {
  if (state === 'pending' && earnedMicrocredits === 0) return;
  await addActivity(tx, family.id, now, { completed: state === 'completed' ? 1 : 0, failed: state === 'failed' ? 1 : 0, earnedMicrocredits });
}
