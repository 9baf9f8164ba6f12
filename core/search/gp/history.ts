import type { Trial } from '#core/search/strategy.ts';
import { pointOf, type Geometry, type Point } from './dimensions.ts';
import type { Data } from './fit.ts';

/** What a model can learn from: points with losses, and points whose results are open. */
export type History = { data: Data; open: Point[] };

/** More open points than this tell a model little that the latest do not, and each costs a row. */
const MOST_OPEN = 64;

/**
 * The trials of a campaign and of earlier ones as data.
 *
 * A pruned trial was worse than others at the same place and would have gone on to some loss; a failed one has none. So
 * that the model leaves their surroundings, but is not spoiled by an invented abyss, the pruned get what they had, and
 * the failed a loss that is worse than three quarters of those measured; the pruned at least the median.
 */
export function historyOf(geometry: Geometry, trials: readonly Trial[], earlier: readonly Trial[]): History {
  const data: Data = { points: [], losses: [], runs: [] };
  const measured = [...earlier, ...trials].flatMap((trial) => (trial.state === 'measured' && trial.loss !== null && Number.isFinite(trial.loss) ? [trial.loss] : [])).toSorted((left, right) => left - right);
  const median = measured[measured.length >> 1];
  const poor = measured[Math.floor((measured.length * 3) / 4)];
  const keep = (point: Point | null, loss: number | undefined, runs: number): void => {
    if (point === null || loss === undefined) return;
    data.points.push(point);
    data.losses.push(loss);
    data.runs.push(Math.max(1, runs));
  };
  const open: Point[] = [];
  for (const trial of [...earlier, ...trials]) {
    const point = pointOf(geometry, trial.config);
    if (point === null) continue;
    if (trial.state === 'open') open.push(point);
    else if (trial.state === 'measured') keep(point, trial.loss !== null && Number.isFinite(trial.loss) ? trial.loss : poor, trial.runs);
    else if (median !== undefined && trial.state === 'pruned') keep(point, Math.max(median, trial.stopped !== null && Number.isFinite(trial.stopped.loss) ? trial.stopped.loss : median), 1);
    else keep(point, poor, 1);
  }
  return { data, open: open.slice(-MOST_OPEN) };
}
