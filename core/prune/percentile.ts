import type { Option } from '#core/option.ts';
import { GO_ON, lossesAt, numberOf, standingOf, type Decision, type PruneRequest, type Pruner } from './pruner.ts';

/** Where trials are looked at by the rules that compare them with finished ones. */
export const PLACES: readonly Option[] = [
  { name: 'first_tasks', title: 'Finished tasks before it begins', description: 'So many tasks run to their end before any is stopped.', type: 'int', low: 1, high: 1000, default: 5 },
  { name: 'warm_up_share', title: 'Share that every task runs', description: 'No task is stopped before this share of its budget.', type: 'number', low: 0, high: 0.9, default: 0.2 },
  { name: 'interval_share', title: 'Share between looks', description: 'A task is looked at each time it has used this share of its budget more.', type: 'number', low: 0.02, high: 0.5, default: 0.1 },
];

const OPTIONS: readonly Option[] = [
  { name: 'percentile', title: 'Percentile that goes on', description: 'A task goes on where its best value so far is within this percentage, from the best on, of what finished tasks had there.', type: 'number', low: 1, high: 99, default: 25 },
  ...PLACES,
];

/** The median stopping rule with another share than the better half. */
export const percentile: Pruner = {
  name: 'percentile',
  title: 'Percentile rule',
  description: 'Stops a task whose best value so far is outside the best quarter (option "percentile") of what finished tasks had at the same share of their budget.',
  options: OPTIONS,
  rungs: (options) => placesOf(options, OPTIONS),
  decide: (request) => {
    const share = numberOf(OPTIONS, request.options, 'percentile');
    return compareWithFinished(request, share / 100, `the best ${Number(share.toPrecision(3))} %`);
  },
};

/** The shares of the budget at which a trial is looked at: after the warm-up, at even distances. */
export function placesOf(options: Record<string, unknown>, described: readonly Option[]): number[] {
  const from = numberOf(described, options, 'warm_up_share');
  const every = numberOf(described, options, 'interval_share');
  // Each place is a product, not a sum, so that errors of rounding do not add up to one place more or less.
  const most = Math.ceil((1 - from) / every) + 1;
  return Array.from({ length: most }, (_, index) => from + index * every).filter((share) => share > 1e-9 && share < 1 - 1e-9);
}

/**
 * Stops a trial whose best loss so far is above a quantile of what finished trials had at the same rung
 * (Golovin et al. 2017, "Google Vizier", section 3.2.2: the median stopping rule; quantile by linear interpolation).
 */
export function compareWithFinished({ trial, others, options }: PruneRequest, share: number, rule: string): Decision {
  const standing = standingOf(trial);
  if (standing === null) return GO_ON;
  const finished = lossesAt(others.filter((other) => other.final !== null), standing.rung);
  if (finished.length < numberOf(PLACES, options, 'first_tasks')) return GO_ON;
  const best = trial.losses.reduce<number>((least, loss) => Math.min(least, loss ?? Infinity), Infinity);
  const needed = quantile(finished.toSorted((left, right) => left - right), share);
  return best <= needed ? GO_ON : { stops: true, heading: best === standing.loss ? null : best, needed, compared: finished.length, rule: `${rule} of the finished tasks` };
}

function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
