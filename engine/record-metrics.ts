import { accept, type Outcome } from '#core/errors.ts';
import type { MetricPoint } from '#core/task.ts';
import { insertPoints } from '#store/point.ts';
import { TOPICS, type Engine } from './engine.ts';
import { findRunningAttempt, type LeaseClaim } from './lease.ts';

/** Adds points to a running attempt's learning curves; points that came before are not added again. */
export async function recordMetrics(engine: Engine, lease: LeaseClaim, points: MetricPoint[]): Promise<Outcome<{ recorded: number }>> {
  return engine.store.write(async (tx): Promise<Outcome<{ recorded: number }>> => {
    const found = await findRunningAttempt(tx, lease);
    if (!found.ok) return found;
    const recorded = await insertPoints(tx, lease.taskId, lease.attempt, points);
    if (recorded > 0) tx.touch(TOPICS.task(lease.taskId));
    return accept({ recorded });
  });
}
