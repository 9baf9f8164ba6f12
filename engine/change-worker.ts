import { accept, assert, refuse, type Outcome } from '#core/errors.ts';
import type { Attempt } from '#core/task.ts';
import type { WorkerStatus } from '#core/worker.ts';
import { findAttempt, listHeldAttempts } from '#store/attempt.ts';
import { lockFamily } from '#store/family.ts';
import type { Tx } from '#store/seam.ts';
import { findTask } from '#store/task.ts';
import { findWorker, setWorkerStatus } from '#store/worker.ts';
import { TOPICS, type Engine } from './engine.ts';
import { endAttemptOf } from './finish-task.ts';

const MOST_HELD = 10_000;

/**
 * Lets a worker take new tasks (`active`), lets it finish and take none (`draining`), or removes it: its running tasks
 * go back at once and every verb refuses it with `worker_removed`. Its history stays.
 */
export async function changeWorker(engine: Engine, workerId: string, status: WorkerStatus): Promise<Outcome<{ workerId: string }>> {
  const outcome = await engine.store.write(async (tx): Promise<Outcome<{ workerId: string }>> => {
    const worker = await findWorker(tx, workerId);
    if (worker === null || worker.status === 'removed') return refuse('worker_not_found');
    await setWorkerStatus(tx, workerId, status);
    for (const topic of [TOPICS.workers, TOPICS.worker(workerId), TOPICS.stats]) tx.touch(topic);
    if (status === 'active') tx.touch(TOPICS.work);
    return accept({ workerId });
  });
  if (!outcome.ok) return outcome;
  // Each task goes back in a transaction of its own: everybody locks a family before a worker, and one transaction over
  // all of them, which holds the worker, would meet the results that arrive meanwhile in deadlocks.
  const held = status === 'removed' ? await listHeldAttempts(engine.store.reader, workerId, MOST_HELD) : [];
  for (const attempt of held) await engine.store.write((tx) => takeBack(engine, tx, attempt));
  engine.log.info({ worker_id: workerId, status }, 'worker changed');
  return outcome;
}

async function takeBack(engine: Engine, tx: Tx, held: Attempt): Promise<void> {
  const before = await findTask(tx, held.taskId);
  assert(before !== null, 'an attempt has a task');
  const family = await lockFamily(tx, before.familyId);
  // The lock may have been waited for, and the attempt may have ended meanwhile.
  const [task, current] = [await findTask(tx, held.taskId), await findAttempt(tx, held.taskId, held.attempt)];
  if (family === null || task === null || current?.state !== 'running') return;
  const error = { kind: 'worker_removed', message: 'The worker was removed while it had the task.' };
  await endAttemptOf(engine, tx, family, task, current, { ok: false, error }, { state: 'lost', result: null, metrics: null });
}
