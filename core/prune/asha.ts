import type { Option } from '#core/option.ts';
import { GO_ON, lossesAt, numberOf, standingOf, type Decision, type PruneRequest, type Pruner } from './pruner.ts';

/** How the rungs of successive halving lie. */
export const HALVING: readonly Option[] = [
  { name: 'first_share', title: 'Share before the first decision', description: 'Every task runs this share of its budget; it should be long enough that values there say something of the end.', type: 'number', low: 0.005, high: 0.9, default: 0.1111 },
  { name: 'reduction', title: 'Reduction', description: 'Of the tasks at a rung one in so many goes on, and the next rung lies at so many times the share of the budget.', type: 'number', low: 1.5, high: 10, default: 3 },
];

/** Asynchronous successive halving, the variant that stops (Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning", MLSys). */
export const asha: Pruner = {
  name: 'asha',
  title: 'Successive halving (ASHA)',
  description: 'Looks at each task at a ninth and a third of its budget (options "first_share" and "reduction") and lets the best third of those that came there go on, without ever waiting for others.',
  options: HALVING,
  rungs: (options) => halvingRungs(options, 0),
  decide: (request) => halve(request),
};

/** The rungs from a share of the budget on, each at so many times the share of the one before; `skipped` lowest ones are left out. */
export function halvingRungs(options: Record<string, unknown>, skipped: number): number[] {
  const first = numberOf(HALVING, options, 'first_share');
  const reduction = numberOf(HALVING, options, 'reduction');
  const rungs: number[] = [];
  for (let share = first * reduction ** skipped; share < 1 - 1e-3; share = first * reduction ** (skipped + rungs.length)) rungs.push(share);
  return rungs;
}

/** Lets a trial go on that is among the best 1/reduction of those that have come to its rung, itself included; the best always does. */
export function halve({ trial, others, options }: PruneRequest): Decision {
  const standing = standingOf(trial);
  if (standing === null) return GO_ON;
  const there = lossesAt(others, standing.rung);
  const reduction = numberOf(HALVING, options, 'reduction');
  const places = Math.max(1, Math.floor((there.length + 1) / reduction));
  const better = there.filter((loss) => loss < standing.loss).length;
  if (better < places) return GO_ON;
  const needed = there.toSorted((left, right) => left - right)[places - 1] ?? Number.NaN;
  return { stops: true, needed, compared: there.length, rule: `the best one in ${Number(reduction.toPrecision(3))}` };
}
