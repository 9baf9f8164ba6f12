import { MOST_TASKS, totalCount } from '#core/brief.ts';
import { accept, refuse, type Outcome } from '#core/errors.ts';
import { creditsToPay } from '#core/ledger.ts';
import { findBrief } from '#store/brief.ts';
import { lockFamily } from '#store/family.ts';
import { findTask } from '#store/task.ts';
import { answerOnce, type OnceRequest } from './answer-once.ts';
import type { Engine } from './engine.ts';
import { addTasks, extensionPrice } from './extend-brief.ts';

/**
 * Runs a task once more: a new task of the same family with the same configuration and the same seed, so that what
 * differs is chance that the seed does not decide, and the machine. It costs what the task did.
 *
 * @param mayRaise whether the budget is raised where it is not enough; it is refused otherwise, with the price
 */
export async function rerunTask(engine: Engine, taskId: string, mayRaise: boolean, once: OnceRequest | null = null): Promise<Outcome<{ taskId: string }>> {
  const outcome = await answerOnce(engine, once, async (tx): Promise<Outcome<{ taskId: string }>> => {
    const found = await findTask(tx, taskId);
    const family = found === null ? null : await lockFamily(tx, found.familyId);
    // The lock may have been waited for: only what is read under it decides.
    const task = family === null ? null : await findTask(tx, taskId);
    const brief = task === null ? null : await findBrief(tx, task.briefId);
    if (task === null || family === null || brief === null) return refuse('task_not_found');
    if (task.state === 'pending' || task.state === 'running') return refuse('task_state', `A task that is ${task.state} has not ended yet; run it once more when it has.`);
    if (brief.state === 'cancelled') return refuse('brief_state', 'Its brief was cancelled, so no task of it runs again.');
    if (totalCount(family.counts) >= MOST_TASKS) return refuse('invalid_brief', `A brief holds at most ${MOST_TASKS} tasks, and this one has them.`);
    const { neededMicrocredits, priceMicrocredits, budgetMicrocredits } = extensionPrice(brief, family, 1);
    if (neededMicrocredits > budgetMicrocredits && !mayRaise) {
      const message = `must be true: one more run costs ${creditsToPay(priceMicrocredits)} credits, for which the budget of ${creditsToPay(budgetMicrocredits)} is raised to ${creditsToPay(neededMicrocredits)}`;
      return refuse('invalid_brief', `raise_budget: ${message}.`, [{ path: 'raise_budget', message }]);
    }
    const added = await addTasks(engine, tx, brief, family, { configurations: [task.config], count: 1, budgetMicrocredits: Math.max(budgetMicrocredits, neededMicrocredits), seed: task.seed });
    return added.ok ? accept({ taskId: added.value[0] ?? '' }) : added;
  });
  if (outcome.ok) engine.log.info({ task_id: outcome.value.taskId, again: taskId }, 'task runs again');
  return outcome;
}
