import { isOver, type Counts, type Family } from '#core/brief.ts';
import { assert } from '#core/errors.ts';
import { failurePayMicrocredits } from '#core/ledger.ts';
import type { TaskError } from '#core/result.ts';
import type { Attempt, Task } from '#core/task.ts';
import { addActivity } from '#store/activity.ts';
import { endAttempt } from '#store/attempt.ts';
import { addSpent, setBriefState } from '#store/brief.ts';
import { saveFamily } from '#store/family.ts';
import type { Tx } from '#store/seam.ts';
import { endTask } from '#store/task.ts';
import { shiftBriefState, shiftTotals } from '#store/totals.ts';
import { shiftWorker } from '#store/worker.ts';
import { TOPICS, type Engine } from './engine.ts';
import { coverHold, goOn, releaseHold, withMove } from './hold-credits.ts';
import { touchTask } from './lease-attempt.ts';
import { recordTaskEnd } from './record-event.ts';
import { payPruned } from './settle-credits.ts';

/**
 * Ends the running task of a locked family early, as its brief's rule says. It counts as cancelled, and pays its worker for
 * the time used by the clock of the server, like a failure that is the script's fault. The worker learns of it with its next message.
 */
export async function pruneTask(engine: Engine, tx: Tx, family: Family, task: Task, { attempt, workerId, startedAt }: Attempt, error: TaskError): Promise<void> {
  const now = engine.now();
  const ended = await endAttempt(tx, { taskId: task.id, attempt, state: 'cancelled', result: null, metrics: null, error, finishedAt: now });
  assert(ended && task.state === 'running' && task.attempt === attempt, 'the attempt that is stopped early was running');
  await endTask(tx, { id: task.id, state: 'cancelled', value: null, classId: null, metrics: null, error, finishedAt: now });

  const counts: Counts = { ...family.counts, running: family.counts.running - 1, cancelled: family.counts.cancelled + 1 };
  const price = family.runCostMicrocredits - family.runFeeMicrocredits;
  const paid = failurePayMicrocredits(price, (now - startedAt) / 1000, task.timeBudgetSeconds);
  const next = await goOn(tx, family, counts, paid);
  const hold = withMove({ ...family, heldMicrocredits: family.heldMicrocredits - paid }, next.move);
  await saveFamily(tx, { ...family, state: next.state, counts, pruned: family.pruned + 1, ...hold });
  await shiftTotals(tx, family.id, { running: -1, cancelled: 1 });
  if (paid > 0) await addActivity(tx, family.id, now, { completed: 0, failed: 0, earnedMicrocredits: paid });
  await shiftBriefState(tx, family.id, family.state, next.state);
  await shiftWorker(tx, workerId, { running: -1, completed: 0, failed: 0 });
  if (next.state !== family.state) await setBriefState(tx, family.briefId, next.state, { launchedAt: null, finishedAt: isOver(next.state) ? now : null });
  if (paid > 0) {
    await addSpent(tx, family.briefId, paid);
    await payPruned(engine, tx, family, { taskId: task.id, attempt, workerId }, paid);
  }
  if (next.move > 0) await coverHold(engine, tx, { ...family, ...hold }, next.move);
  else await releaseHold(engine, tx, { ...family, ...hold }, -next.move);
  const settled = next.state === 'completed' || next.state === 'failed' ? next.state : null;
  await recordTaskEnd(engine, tx, { family, counts, settled, state: next.state, heldMicrocredits: hold.heldMicrocredits, task, value: null, best: family.rollup.best });
  // Its place is free, for which a strategy may have been waiting.
  tx.touch(TOPICS.work);
  touchTask(tx, task, workerId);
}
