import { isOver, stateAfterChange, type BriefState, type Counts, type Family } from '#core/brief.ts';
import type { TaskState } from '#core/task.ts';
import { reopenBrief, setBriefState } from '#store/brief.ts';
import { saveFamily } from '#store/family.ts';
import type { Tx } from '#store/seam.ts';
import { shiftBriefState, shiftTotals } from '#store/totals.ts';
import { shiftWorker } from '#store/worker.ts';
import { TOPICS, type Engine } from './engine.ts';
import { coverHold, releaseHold, withMove } from './hold-credits.ts';

/** A task that people moved from one state to another, from none where it is new; `workerId` where a run was ended for it. */
export type Move = { from: TaskState | null; to: TaskState; workerId: string | null };

/**
 * Brings everything that is kept beside the tasks of a locked family into line with tasks that were moved: its counts,
 * the totals, the workers' running counts, the state of the brief, which ends with its last open task and goes on when it
 * has one again, and its hold, which is released at the end.
 *
 * @param cover what the hold gets from the owner for these moves, as {@link askForHold} has it
 */
export async function settleFamily(engine: Engine, tx: Tx, family: Family, moves: readonly Move[], cover: number): Promise<BriefState> {
  const change: Counts = { pending: 0, running: 0, completed: 0, failed: 0, cancelled: 0 };
  for (const { from, to } of moves) {
    if (from !== null) change[from] -= 1;
    change[to] += 1;
  }
  const counts = addCounts(family.counts, change);
  const state = stateAfterChange({ ...family, heldMicrocredits: family.heldMicrocredits + cover }, counts);
  const move = isOver(state) && !isOver(family.state) ? -family.heldMicrocredits : cover;
  const saved = { ...family, state, counts, ...withMove(family, move) };
  await saveFamily(tx, saved);
  await shiftTotals(tx, family.id, change);
  await shiftBriefState(tx, family.id, family.state, state);
  await shiftWorkers(tx, moves.flatMap((move) => move.workerId ?? []));
  if (state !== family.state) {
    if (isOver(state)) await setBriefState(tx, family.briefId, state, { launchedAt: null, finishedAt: engine.now() });
    else await reopenBrief(tx, family.briefId, state);
  }
  if (move > 0) await coverHold(engine, tx, saved, move);
  else await releaseHold(engine, tx, saved, -move);
  if (change.pending > 0 || state !== family.state) tx.touch(TOPICS.work);
  return state;
}

/** Takes one running task off each of these workers: totals before workers, and workers in one order, so that nobody waits in a circle. */
export async function shiftWorkers(tx: Tx, workerIds: readonly string[]): Promise<void> {
  if (workerIds.length === 0) return;
  for (const workerId of [...new Set(workerIds)].sort()) {
    await shiftWorker(tx, workerId, { running: -workerIds.filter((one) => one === workerId).length, completed: 0, failed: 0 });
    tx.touch(TOPICS.worker(workerId));
  }
  tx.touch(TOPICS.workers);
}

function addCounts(counts: Counts, change: Counts): Counts {
  return {
    pending: counts.pending + change.pending,
    running: counts.running + change.running,
    completed: counts.completed + change.completed,
    failed: counts.failed + change.failed,
    cancelled: counts.cancelled + change.cancelled,
  };
}
