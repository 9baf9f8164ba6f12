import { totalCount, stateAfter, type Brief, type BriefAction, type Family } from '#core/brief.ts';
import { accept, assert, refuse, type Outcome } from '#core/errors.ts';
import { insertAction, putOpenTasks } from '#store/action.ts';
import { endAttempt, listRunningAttempts } from '#store/attempt.ts';
import { findBrief, setBriefState } from '#store/brief.ts';
import { lockFamily, saveFamily } from '#store/family.ts';
import type { Tx } from '#store/seam.ts';
import { cancelOpenTasks } from '#store/task.ts';
import { shiftBriefState, shiftTotals } from '#store/totals.ts';
import { TOPICS, type Engine } from './engine.ts';
import { askForHold, coverHold, goOn, releaseHold, withMove } from './hold-credits.ts';
import { newAction } from './new-action.ts';
import { shiftWorkers } from './settle-family.ts';
import { voidAuditsOf } from './void-audits.ts';
import { proposeConfigurations, startTasks, touchBrief } from './submit-brief.ts';

const DONE: Record<BriefAction, string> = { launch: 'launched', pause: 'paused', resume: 'resumed', cancel: 'cancelled' };

/**
 * Launches, pauses, resumes or cancels a brief. Pausing stops handing out tasks and lets running ones end; cancelling
 * also takes running tasks back, which their workers learn with the next heartbeat. What was done is kept as an action, by
 * which it can be undone.
 */
export async function changeBrief(engine: Engine, briefId: string, action: BriefAction): Promise<Outcome<{ briefId: string; actionId: string }>> {
  const outcome = await engine.store.write(async (tx): Promise<Outcome<{ briefId: string; actionId: string }>> => {
    const found = await findBrief(tx, briefId);
    if (found === null) return refuse('brief_not_found');
    const family = await lockFamily(tx, found.familyId);
    // The lock may have been waited for: only what is read under it decides.
    const brief = await findBrief(tx, briefId);
    if (brief === null || family === null) return refuse('brief_not_found');
    const wanted = stateAfter(brief.state, action);
    if (wanted === null) return refuse('brief_state', `A brief that is ${brief.state} cannot be ${DONE[action]}.`);
    const configurations = action === 'launch' ? proposeConfigurations(brief, []) : accept([]);
    if (!configurations.ok) return configurations;
    const price = action === 'launch' ? await askForHold(tx, brief, family, { pending: brief.numTasks, running: 0 }, brief.budgetMicrocredits) : accept(0);
    if (!price.ok) return price;
    const { state, move } = action === 'resume' ? await goOn(tx, { ...family, state: wanted }, family.counts, 0) : { state: wanted, move: price.value };
    const actionId = await record(engine, tx, brief, family, action);
    if (action === 'launch') {
      await startTasks(engine, tx, brief, family, configurations.value, move);
    } else if (action === 'cancel') {
      await cancelTasks(engine, tx, family);
    } else {
      await saveFamily(tx, { ...family, state, ...withMove(family, move) });
    }
    await shiftBriefState(tx, family.id, brief.state, state);
    await setBriefState(tx, brief.id, state, timesOf(action, engine.now()));
    if (action === 'cancel') await releaseHold(engine, tx, { ...family, ...withMove(family, -family.heldMicrocredits) }, family.heldMicrocredits);
    else await coverHold(engine, tx, { ...family, ...withMove(family, move) }, move);
    if (action === 'resume') tx.touch(TOPICS.work);
    touchBrief(tx, brief);
    return accept({ briefId: brief.id, actionId });
  });
  if (outcome.ok) engine.log.info({ brief_id: briefId, action }, 'brief changed');
  return outcome;
}

function timesOf(action: BriefAction, now: number): { launchedAt: Brief['launchedAt']; finishedAt: Brief['finishedAt'] } {
  return { launchedAt: action === 'launch' ? now : null, finishedAt: action === 'cancel' ? now : null };
}

async function record(engine: Engine, tx: Tx, brief: Brief, family: Family, action: BriefAction): Promise<string> {
  const { pending, running } = family.counts;
  const about = { verb: `${action}-brief` as const, briefId: brief.id, familyId: family.id, title: brief.title, beforeState: brief.state };
  const [done, stopped] = action === 'cancel' ? [pending + running, running] : [totalCount(family.counts), 0];
  const kept = { ...newAction(engine, brief.ownerId), ...about, total: done, done, stopped, finishedAt: engine.now() };
  await insertAction(tx, kept, { id: '', until: 0 });
  if (action === 'cancel') await putOpenTasks(tx, kept.id, family.id);
  return kept.id;
}

/** Ends every open task of a locked family, and the family with them. Its hold is saved as empty; the caller releases it when all but accounts is written. */
export async function cancelTasks(engine: Engine, tx: Tx, family: Family): Promise<void> {
  const { counts } = family;
  const running = await listRunningAttempts(tx, family.id, counts.running);
  for (const { taskId, attempt } of running) {
    const error = { kind: 'cancelled', message: 'The brief was cancelled.' };
    await endAttempt(tx, { taskId, attempt, state: 'cancelled', result: null, metrics: null, error, finishedAt: engine.now() });
    tx.touch(TOPICS.task(taskId));
  }
  const auditors = await voidAuditsOf(engine, tx, family, 'The brief was cancelled.');
  const cancelled = await cancelOpenTasks(tx, family.id, engine.now());
  assert(cancelled === counts.pending + counts.running, 'the counts of a family agree with its tasks');
  await saveFamily(tx, { ...family, state: 'cancelled', counts: { ...counts, pending: 0, running: 0, cancelled: counts.cancelled + cancelled }, ...withMove(family, -family.heldMicrocredits) });
  await shiftTotals(tx, family.id, { pending: -counts.pending, running: -counts.running, cancelled });
  await shiftWorkers(tx, [...running.map((attempt) => attempt.workerId), ...auditors]);
}
