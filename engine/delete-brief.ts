import type { Action } from '#core/action.ts';
import { stateAfter, totalCount } from '#core/brief.ts';
import { accept, assert, refuse, type Outcome } from '#core/errors.ts';
import { insertAction } from '#store/action.ts';
import { findBrief, hideBrief, removeBrief, setBriefState } from '#store/brief.ts';
import { lockFamily } from '#store/family.ts';
import { deleteAnswer } from '#store/idempotency.ts';
import { deleteTaskRows, listTaskIds } from '#store/removal.ts';
import type { Tx } from '#store/seam.ts';
import { shiftBriefState, shiftTotals } from '#store/totals.ts';
import { cancelTasks } from './change-brief.ts';
import { TOPICS, type Engine } from './engine.ts';
import { releaseHold, withMove } from './hold-credits.ts';
import { newAction } from './new-action.ts';
import { shiftWorkers } from './settle-family.ts';
import { touchBrief } from './submit-brief.ts';
import { voidAuditsOf } from './void-audits.ts';

/** Tasks, and rows of learning curves and logs, that one transaction removes at most. */
const TASKS_PER_STEP = 100;
const ROWS_PER_STEP = 5000;

/**
 * Deletes a brief with its family, tasks, attempts, learning curves and logs, and the answer by which it would be
 * submitted only once. It is gone for everybody when this returns, and the totals with it; its rows are removed in the
 * background. One that runs is cancelled by it. What the ledger says of it is history and stays, and so do the counts
 * of its workers and their pay, verified or not. It cannot be undone.
 */
export async function deleteBrief(engine: Engine, ownerId: string, briefId: string): Promise<Outcome<Action>> {
  const outcome = await engine.store.write(async (tx): Promise<Outcome<Action>> => {
    const found = await findBrief(tx, briefId);
    const family = found === null ? null : await lockFamily(tx, found.familyId);
    // Read again under the lock, which may have been waited for.
    const brief = await findBrief(tx, briefId);
    if (brief === null || family === null) return refuse('brief_not_found');
    const { counts } = family;
    const isOpen = stateAfter(brief.state, 'cancel') !== null;
    if (isOpen) {
      await cancelTasks(engine, tx, family);
      await setBriefState(tx, briefId, 'cancelled', { launchedAt: null, finishedAt: engine.now() });
    }
    const open = isOpen ? counts.pending + counts.running : 0;
    const total = totalCount(counts);
    const auditors = isOpen ? [] : await voidAuditsOf(engine, tx, family, 'The brief was deleted.');
    await hideBrief(tx, briefId, family.id, engine.now());
    await shiftTotals(tx, family.id, { briefs: -1, families: -1, completed: -counts.completed, failed: -counts.failed, cancelled: -counts.cancelled - open });
    await shiftBriefState(tx, family.id, brief.state, null);
    await shiftWorkers(tx, auditors);
    await deleteAnswer(tx, 'POST /briefs', JSON.stringify({ briefId }));
    const action: Action = { ...newAction(engine, ownerId), verb: 'delete-brief', briefId, familyId: family.id, title: brief.title, total, stopped: counts.running };
    await insertAction(tx, action, { id: '', until: 0 });
    await releaseHold(engine, tx, { ...family, ...withMove(family, -family.heldMicrocredits) }, family.heldMicrocredits);
    touchBrief(tx, brief);
    tx.touch(TOPICS.actions);
    return accept(action);
  });
  if (outcome.ok) engine.log.info({ brief_id: briefId, action_id: outcome.value.id, tasks: outcome.value.total }, 'brief deleted');
  return outcome;
}

/** Removes some rows of a hidden brief; its action ends with the brief's own row. */
export async function deleteSome(engine: Engine, tx: Tx, action: Action): Promise<Action> {
  const { briefId, familyId } = action;
  assert(briefId !== null && familyId !== null, 'a deletion knows what it deletes');
  const ids = await listTaskIds(tx, familyId, TASKS_PER_STEP);
  if (ids.length === 0) {
    await removeBrief(tx, briefId, familyId);
    return { ...action, finishedAt: engine.now() };
  }
  const removed = await deleteTaskRows(tx, ids, ROWS_PER_STEP);
  return { ...action, done: action.done + removed };
}
