import { isOver, stateAfterChange, type Counts, type Family } from '#core/brief.ts';
import { addValue, EMPTY_ROLLUP, type Rollup } from '#core/rollup.ts';
import type { TaskError } from '#core/result.ts';
import { assert } from '#core/errors.ts';
import { listOpenAuditsOf } from '#store/audit.ts';
import { addSpent, reopenBrief, setBriefState } from '#store/brief.ts';
import { saveFamily } from '#store/family.ts';
import type { Tx } from '#store/seam.ts';
import { listTaskValues } from '#store/task-value.ts';
import { shiftBriefState, shiftTotals } from '#store/totals.ts';
import { findVerifiedBest, setVerification, withdrawValue } from '#store/verification.ts';
import { lockWorkers } from '#store/worker.ts';
import { TOPICS, type Engine } from './engine.ts';
import { releaseHold, withMove } from './hold-credits.ts';
import { reverseResult } from './settle-credits.ts';
import { shiftWorkers } from './settle-family.ts';
import { voidAudits } from './void-audits.ts';
import { touchBrief } from './submit-brief.ts';

/** A result that is no longer to count: `isVested` when its pay cannot be taken back. */
export type Withdrawn = { taskId: string; attempt: number; workerId: string; isVested: boolean };

/** What the results become, and why; `failsTasks` where their tasks do not run again. */
export type SetAside = { verification: 'refuted' | 'set_aside'; reason: TaskError; failsTasks: boolean };

/** Reads the values of a family so many at a time; a brief holds at most ten thousand tasks. */
const VALUES_PER_READ = 2000;

/**
 * Takes results of a locked family out of everything that counts: their values out of its summary, which is computed
 * anew from what is left, their pay from their workers, or from the fund where it had vested, back into the hold. Their
 * tasks wait again, so that a brief that had ended goes on. The attempts stay, and say what became of them.
 *
 * @param workerIds workers that the caller goes on to change; they are locked at their place in the order of locks
 * @returns the family as it is then
 */
export async function setResultsAside(engine: Engine, tx: Tx, family: Family, results: readonly Withdrawn[], how: SetAside, workerIds: readonly string[]): Promise<Family> {
  const to = family.state === 'cancelled' ? 'cancelled' : how.failsTasks ? 'failed' : 'pending';
  const now = engine.now();
  const stopped = await voidAudits(engine, tx, await listOpenAuditsOf(tx, results.map((result) => result.taskId), results.length + 1), how.reason.message);
  for (const { taskId, attempt, isVested } of results) {
    const marked = await setVerification(tx, taskId, attempt, [isVested ? 'vested' : 'unverified'], how.verification, how.reason);
    assert(marked, 'what is set aside counted, and its pay was as the caller says');
    await withdrawValue(tx, taskId, { state: to, error: to === 'failed' ? how.reason : null, finishedAt: to === 'pending' ? null : now });
    tx.touch(TOPICS.task(taskId));
  }
  const change: Counts = { pending: 0, running: 0, completed: -results.length, failed: 0, cancelled: 0 };
  change[to] += results.length;
  const counts: Counts = { ...family.counts, completed: family.counts.completed - results.length };
  counts[to] += results.length;

  const cost = family.runCostMicrocredits * results.length;
  const refilled = { ...family, heldMicrocredits: family.heldMicrocredits + cost };
  const state = stateAfterChange(refilled, counts);
  const released = isOver(state) ? refilled.heldMicrocredits : 0;
  const saved: Family = { ...family, ...(await summarize(tx, family)), state, counts, ...withMove(refilled, -released) };
  await saveFamily(tx, saved);
  await shiftTotals(tx, family.id, change);
  await shiftBriefState(tx, family.id, family.state, state);
  await lockWorkers(tx, [...results.map((result) => result.workerId), ...stopped, ...workerIds]);
  await shiftWorkers(tx, stopped);
  if (state !== family.state) {
    if (isOver(state)) await setBriefState(tx, family.briefId, state, { launchedAt: null, finishedAt: now });
    else await reopenBrief(tx, family.briefId, state);
  }
  await addSpent(tx, family.briefId, -cost);
  let held = family.heldMicrocredits;
  for (const result of results) held = await reverseResult(engine, tx, { ...family, heldMicrocredits: held }, result, result.isVested);
  await releaseHold(engine, tx, saved, released);
  if (to === 'pending') tx.touch(TOPICS.work);
  touchBrief(tx, { id: family.briefId, familyId: family.id });
  return saved;
}

/** The summary of a family computed from its values; the best is the best that was verified. */
async function summarize(tx: Tx, family: Family): Promise<{ rollup: Rollup; median: Family['median'] }> {
  const valued: { value: number; number: number }[] = [];
  let rollup = EMPTY_ROLLUP;
  for (let after = 0; ; ) {
    const page = await listTaskValues(tx, family.id, { limit: VALUES_PER_READ, after });
    for (const { id, number, value } of page) {
      if (value === null) continue;
      rollup = addValue(rollup, family.metric, value, id);
      valued.push({ value, number });
    }
    if (page.length < VALUES_PER_READ) break;
    after = page.at(-1)?.number ?? after;
  }
  const best = await findVerifiedBest(tx, family.id, family.metric.direction);
  valued.sort((left, right) => left.value - right.value || left.number - right.number);
  return { rollup: { ...rollup, best: best?.value ?? null, bestTaskId: best?.taskId ?? null }, median: valued[Math.ceil(valued.length / 2) - 1] ?? null };
}
