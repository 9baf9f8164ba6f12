import { isUndoable, UNDO_MS, type Action } from '#core/action.ts';
import { accept, assert, refuse, type Outcome } from '#core/errors.ts';
import { findAction, insertAction, setUndone } from '#store/action.ts';
import { findBrief, reopenBrief } from '#store/brief.ts';
import { lockFamily, saveFamily } from '#store/family.ts';
import type { Tx } from '#store/seam.ts';
import { reviveTasks } from '#store/task.ts';
import { shiftBriefState, shiftTotals } from '#store/totals.ts';
import { MOST_AT_ONCE } from './act-on-tasks.ts';
import { drawForBest } from './draw-audit.ts';
import { TOPICS, type Engine } from './engine.ts';
import { askForHold, coverHold, goOn, payableRuns, withMove } from './hold-credits.ts';
import { newId } from './id.ts';
import { newAction } from './new-action.ts';
import { RUNNER_MS, runAction } from './run-actions.ts';
import { touchBrief } from './submit-brief.ts';

/**
 * Takes an action back, up to ten minutes after it. Each task is looked at again: one that has changed since is refused
 * and stays as it is. A run that was ended begins anew. Large ones go on in the background.
 */
export async function undoAction(engine: Engine, ownerId: string, actionId: string): Promise<Outcome<Action>> {
  const runner = newId(engine);
  const begun = await engine.store.write(async (tx): Promise<Outcome<Action>> => {
    const undone = await findAction(tx, actionId);
    if (undone === null) return refuse('action_not_found');
    if (!isUndoable(undone, engine.now())) return refuse('action_state', reasonAgainst(undone, engine.now()));
    const undo: Action = { ...newAction(engine, ownerId), verb: 'undo', undoes: undone.id, briefId: undone.briefId, familyId: undone.familyId, title: undone.title, total: undone.done };
    if (undone.briefId === null) {
      // Of two people who undo the same action at one moment the later one finds it undone.
      if (!(await setUndone(tx, undone.id, undo.id))) return refuse('action_state', 'It was undone before.');
      await insertAction(tx, undo, { id: runner, until: undone.done <= MOST_AT_ONCE ? engine.now() + RUNNER_MS : 0 });
      tx.touch(TOPICS.actions);
      return accept(undo);
    }
    const restored = await restoreBrief(engine, tx, undone);
    if (!restored.ok) return restored;
    await setUndone(tx, undone.id, undo.id);
    const finished = { ...undo, done: restored.value, refused: undone.done - restored.value, finishedAt: engine.now() };
    await insertAction(tx, finished, { id: runner, until: 0 });
    return accept(finished);
  });
  if (!begun.ok) return begun;
  const undo = begun.value;
  engine.log.info({ action_id: undo.id, undoes: actionId, tasks: undo.total }, 'action undone');
  if (undo.finishedAt !== null || (undo.total ?? 0) > MOST_AT_ONCE) return begun;
  await runAction(engine, undo.id, runner);
  const finished = await findAction(engine.store.reader, undo.id);
  assert(finished !== null, 'an action is kept for a while');
  return accept(finished);
}

function reasonAgainst(action: Action, now: number): string {
  if (action.undoneBy !== null) return 'It was undone before.';
  if (action.finishedAt === null) return 'It still goes on; wait until it has ended.';
  if (now - action.finishedAt > UNDO_MS) return `It can be undone for ${UNDO_MS / 60_000} minutes, which are over.`;
  return action.done === 0 ? 'It changed nothing.' : 'An action of this kind cannot be undone.';
}

/** Gives a brief the state it had, with the tasks that its cancelling ended; returns how many tasks that is about. */
async function restoreBrief(engine: Engine, tx: Tx, action: Action): Promise<Outcome<number>> {
  const { familyId, briefId, beforeState } = action;
  assert(familyId !== null && briefId !== null && beforeState !== null, 'an action on a brief knows it');
  const family = await lockFamily(tx, familyId);
  const brief = await findBrief(tx, briefId);
  if (family === null || brief === null) return refuse('brief_not_found');
  // The lock may have been waited for, while somebody else undid the action and did it again.
  if ((await findAction(tx, action.id))?.undoneBy !== null) return refuse('action_state', 'It was undone before.');
  const made = { 'cancel-brief': 'cancelled', 'pause-brief': 'paused', 'resume-brief': 'running' }[String(action.verb)];
  if (brief.state !== made) return refuse('action_state', `The brief is ${brief.state} by now.`);
  // Nobody can have touched the tasks of a cancelled brief, so that all of them come back.
  const revived = action.verb === 'cancel-brief' ? action.done : 0;
  const counts = { ...family.counts, pending: family.counts.pending + revived, cancelled: family.counts.cancelled - revived };
  const payable = revived === 0 ? revived : (await payableRuns(tx, brief, family)).runs;
  if (payable < revived && beforeState !== 'exhausted') {
    const price = await askForHold(tx, brief, family, counts, brief.budgetMicrocredits);
    if (!price.ok) return price;
  }
  const { state, move } = beforeState === 'draft' ? { state: beforeState, move: 0 } : await goOn(tx, { ...family, state: beforeState }, counts, 0);
  if (revived > 0) assert((await reviveTasks(tx, familyId, action.id)) === revived, 'what a cancelled brief was is kept');
  const saved = { ...family, state, counts, ...withMove(family, move) };
  await saveFamily(tx, saved);
  await shiftTotals(tx, familyId, { pending: revived, cancelled: -revived });
  await shiftBriefState(tx, familyId, brief.state, state);
  await reopenBrief(tx, briefId, state);
  await coverHold(engine, tx, saved, move);
  // Its audits were called off with it; what would be called best is audited again.
  if (family.verification !== null && action.verb === 'cancel-brief') await drawForBest(engine, tx, family);
  tx.touch(TOPICS.work);
  touchBrief(tx, brief);
  return accept(action.verb === 'cancel-brief' ? revived : action.done);
}
