import type { Task } from '#core/task.ts';
import type { Tx } from '#store/seam.ts';
import { reviseTask } from '#store/task.ts';
import type { Move } from './settle-family.ts';

/** Lets a failed or cancelled task of a locked family wait again, with all its attempts before it. It was not paid for, but what was held for it may have gone to other attempts or back to the owner. */
export async function requeueTask(tx: Tx, task: Task): Promise<Move> {
  await reviseTask(tx, { ...task, state: 'pending', error: null, finishedAt: null, attemptsBefore: task.attempt });
  return { from: task.state, to: 'pending', workerId: null };
}
