import type { MetricPoint } from '#core/task.ts';

/** A value measured so shortly after a rung still stands for it where none came before: this share of the rung later at most. */
const LATE_SHARE = 0.1;

/** What a task had at a rung. */
export type Reached = { rung: number; value: number };

/**
 * The values of a learning curve at the rungs that it has reached and that are not known yet, the lowest first: between the
 * last point before a rung and the first one at or after it, by interpolation over the time used.
 *
 * @param points of one metric and attempt, in any order
 * @param rungs shares of the budget, in rising order
 */
export function reachedRungs(points: readonly MetricPoint[], rungs: readonly number[], timeBudgetSeconds: number, known: ReadonlyMap<number, number>): Reached[] {
  const places = points.map((point) => ({ share: point.atSeconds / timeBudgetSeconds, value: point.value })).sort((left, right) => left.share - right.share);
  return rungs.flatMap((share, rung): Reached[] => {
    const next = known.has(rung) ? -1 : places.findIndex((place) => place.share >= share);
    const [before, after] = [places[next - 1], places[next]];
    if (after === undefined) return [];
    if (before === undefined) return after.share <= share * (1 + LATE_SHARE) ? [{ rung, value: after.value }] : [];
    return [{ rung, value: before.value + ((after.value - before.value) * (share - before.share)) / (after.share - before.share) }];
  });
}
