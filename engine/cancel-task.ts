import type { Task } from '#core/task.ts';
import { endAttempt } from '#store/attempt.ts';
import type { Tx } from '#store/seam.ts';
import { reviseTask } from '#store/task.ts';
import type { Engine } from './engine.ts';
import type { Move } from './settle-family.ts';

/** Cancels a pending or running task of a locked family. The worker of a running one learns of it with its next heartbeat. */
export async function cancelTask(engine: Engine, tx: Tx, task: Task): Promise<Move> {
  const now = engine.now();
  const error = { kind: 'cancelled', message: 'The task was cancelled.' };
  if (task.state === 'running') await endAttempt(tx, { taskId: task.id, attempt: task.attempt, state: 'cancelled', result: null, metrics: null, error, finishedAt: now });
  await reviseTask(tx, { ...task, state: 'cancelled', finishedAt: now });
  return { from: task.state, to: 'cancelled', workerId: task.state === 'running' ? task.workerId : null };
}
