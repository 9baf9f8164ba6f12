import { accept, refuse, type Outcome } from '#core/errors.ts';
import type { Reached } from '#core/prune/rungs.ts';
import type { MetricPoint, Task } from '#core/task.ts';
import type { StoredAttempt } from '#store/attempt.ts';
import { lockFamily } from '#store/family.ts';
import { insertPoints } from '#store/point.ts';
import { findPruning, type Pruning } from '#store/rung.ts';
import type { Tx } from '#store/seam.ts';
import { findTask } from '#store/task.ts';
import { TOPICS, type Engine } from './engine.ts';
import { findReached, judgeProgress } from './judge-progress.ts';
import { findRunningAttempt, type LeaseClaim } from './lease.ts';
import { pruneTask } from './prune-task.ts';

/** What was added, and whether the run is stopped early for what the points say. */
export type Recorded = { recorded: number; stopped: boolean };

/**
 * Adds points to a running attempt's learning curves; points that came before are not added again. Where the brief stops
 * hopeless runs early, it is decided in the same transaction whether this is one.
 */
export async function recordMetrics(engine: Engine, lease: LeaseClaim, points: MetricPoint[]): Promise<Outcome<Recorded>> {
  const outcome = await engine.store.write(async (tx): Promise<Outcome<Recorded>> => {
    const found = await findRunningAttempt(tx, lease);
    if (!found.ok) return found;
    const stopped = await stopIfHopeless(engine, tx, lease, points);
    if (!stopped.ok) return stopped;
    const recorded = await insertPoints(tx, lease.taskId, lease.attempt, points);
    if (recorded > 0) tx.touch(TOPICS.task(lease.taskId));
    return accept({ recorded, stopped: stopped.value });
  });
  if (outcome.ok && outcome.value.stopped) engine.log.info({ task_id: lease.taskId, attempt: lease.attempt, worker_id: lease.workerId }, 'task stopped early');
  return outcome;
}

async function stopIfHopeless(engine: Engine, tx: Tx, lease: LeaseClaim, points: MetricPoint[]): Promise<Outcome<boolean>> {
  const pruning = await findPruning(tx, lease.taskId);
  if (pruning === null || (await look(engine, tx, lease, pruning, points)).reached.length === 0) return accept(false);
  // Of two runs that reach a rung at once one is first: under the lock it is looked again.
  const family = await lockFamily(tx, pruning.familyId);
  const { task, attempt, reached } = await look(engine, tx, lease, pruning, points);
  if (attempt === null) return refuse('stale_lease');
  if (family === null || task === null || reached.length === 0) return accept(false);
  const error = await judgeProgress(tx, family, pruning, task, attempt, reached);
  if (error !== null) await pruneTask(engine, tx, family, task, attempt, error);
  return accept(error !== null);
}

async function look(engine: Engine, tx: Tx, lease: LeaseClaim, pruning: Pruning, points: MetricPoint[]): Promise<{ task: Task | null; attempt: StoredAttempt | null; reached: Reached[] }> {
  const found = await findRunningAttempt(tx, lease);
  const task = await findTask(tx, lease.taskId);
  const reached = found.ok && task !== null ? await findReached(engine, tx, pruning, task, found.value, points) : [];
  return { task, attempt: found.ok ? found.value : null, reached };
}
