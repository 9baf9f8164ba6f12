import { accept, refuse, type Outcome } from '#core/errors.ts';
import { findBrief } from '#store/brief.ts';
import { lockFamily } from '#store/family.ts';
import { findTask } from '#store/task.ts';
import { answerOnce, type OnceRequest } from './answer-once.ts';
import type { Engine } from './engine.ts';
import { addTasks, checkPrice } from './extend-brief.ts';

/** Which tasks' configurations run again, with how many fresh seeds each; the budget is as for an extension. */
export type Confirmation = { taskIds: readonly string[]; seeds: number; budgetMicrocredits: number | null };

/**
 * Runs configurations that a brief has tried again, with seeds that none of its tasks had: what looked best once may have
 * been lucky. A brief that had ended goes on.
 */
export async function confirmTasks(engine: Engine, briefId: string, { taskIds, seeds, budgetMicrocredits }: Confirmation, once: OnceRequest | null = null): Promise<Outcome<{ briefId: string }>> {
  const outcome = await answerOnce(engine, once, async (tx): Promise<Outcome<{ briefId: string }>> => {
    const found = await findBrief(tx, briefId);
    const family = found === null ? null : await lockFamily(tx, found.familyId);
    // The lock may have been waited for: only what is read under it decides.
    const brief = family === null ? null : await findBrief(tx, briefId);
    if (brief === null || family === null) return refuse('brief_not_found');
    if (brief.state === 'draft' || brief.state === 'cancelled') return refuse('brief_state', `A brief that is ${brief.state} cannot have more tasks.`);
    const tasks = [];
    for (const id of new Set(taskIds)) {
      const task = await findTask(tx, id);
      if (task === null || task.familyId !== family.id) return refuse('task_not_found');
      tasks.push(task);
    }
    if (tasks.length === 0) return refuse('invalid', undefined, [{ path: 'tasks', message: 'choose at least one configuration' }]);
    const count = tasks.length * seeds;
    const paid = checkPrice(brief, family, { numTasks: count, budgetMicrocredits });
    if (!paid.ok) return paid;
    const configurations = tasks.flatMap((task) => Array.from({ length: seeds }, () => task.config));
    // Every one stands for itself: the replicates of the brief's own configurations are another matter.
    const added = await addTasks(engine, tx, { ...brief, replicates: 1 }, family, { configurations, count, budgetMicrocredits: paid.value });
    return added.ok ? accept({ briefId }) : added;
  });
  if (outcome.ok) engine.log.info({ brief_id: briefId, configurations: taskIds.length, seeds }, 'configurations run again');
  return outcome;
}
