import type { Metric } from '#core/experiment.ts';
import type { TaskError } from '#core/result.ts';
import type { Task } from '#core/task.ts';
import type { Decision } from './pruner.ts';

/** The kind of error of a task that its brief's own rule stopped. */
export const PRUNED = 'pruned';

/** A value turned so that lower is better, and a loss turned back. */
export function turned(metric: Pick<Metric, 'direction'>, value: number): number {
  return metric.direction === 'minimize' ? value : -value;
}

/** Whether a task was stopped by its brief's own rule, and nobody has had it run anew since. */
export function isPruned(task: Pick<Task, 'state' | 'error'>): boolean {
  return task.state === 'cancelled' && task.error?.kind === PRUNED;
}

/** Why a task was stopped, in the words and numbers of its metric. */
export function stoppedError(metric: Metric, at: { share: number; value: number }, decision: Extract<Decision, { stops: true }>): TaskError {
  const { heading, compared, rule } = decision;
  const needed = turned(metric, decision.needed);
  const there = heading === null ? '' : `, heading for ${shortNumber(turned(metric, heading))}`;
  const others = compared === 1 ? 'the one other task' : `the ${compared} other tasks`;
  const message = `Stopped at ${Math.round(100 * at.share)} % of its budget with ${metric.name} ${shortNumber(at.value)}${there}: to be among ${rule} of ${others} that came so far it needed ${shortNumber(needed)}.`;
  return { kind: PRUNED, message, stopped: { ...at, needed, isHeading: heading !== null } };
}

/** Four significant digits, as everywhere people read numbers. */
function shortNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}
