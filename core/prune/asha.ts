import type { Option } from '#core/option.ts';
import { GO_ON, numberOf, type Climb, type Decision, type PruneRequest, type Pruner } from './pruner.ts';

/** How the rungs of successive halving lie. */
export const HALVING: readonly Option[] = [
  { name: 'first_share', title: 'Share before the first decision', description: 'Every task runs this share of its budget; it should be long enough that values there say something of the end.', type: 'number', low: 0.005, high: 0.9, default: 0.1111 },
  { name: 'reduction', title: 'Reduction', description: 'One task in so many goes on each time the share of the budget has grown so many times.', type: 'number', low: 1.5, high: 10, default: 3 },
];

/** A trial that has used almost all of its budget is not worth stopping. */
const LAST_SHARE = 0.95;

/** Of those that come to the first rung a little more than one in `reduction` go on: values that early say the least. */
const LENIENCE = 1.15;

/**
 * Asynchronous successive halving, the variant that stops (Li et al. 2020, "A System for Massively Parallel Hyperparameter
 * Tuning", MLSys), with two changes that decisions/0030 measures: rungs lie half as far apart, each with the root of the
 * reduction, and trials are ranked by where they are heading, not by where they are.
 */
export const asha: Pruner = {
  name: 'asha',
  title: 'Successive halving (ASHA)',
  description: 'Looks at each task from a ninth of its budget on (option "first_share"), ever less often, and lets those go on that are heading for the best values: about one in three (option "reduction") each time the share has tripled. Nothing ever waits for others.',
  options: HALVING,
  rungs: halvingRungs,
  decide: (request) => halve(request, 0),
};

/** The rungs from the first share of the budget on: each lies at the root of the reduction times the share of the one before. */
export function halvingRungs(options: Record<string, unknown>): number[] {
  const first = numberOf(HALVING, options, 'first_share');
  const step = Math.sqrt(numberOf(HALVING, options, 'reduction'));
  const rungs: number[] = [];
  for (let share = first; share < LAST_SHARE; share = first * step ** rungs.length) rungs.push(share);
  return rungs;
}

/**
 * Lets a trial go on that is heading for a loss among the best of those that have come to its rung, itself included; the
 * very best always does.
 *
 * @param first the index of the first rung at which trials are stopped
 */
export function halve({ trial, others, options }: PruneRequest, first: number): Decision {
  const rung = trial.losses.length - 1;
  const heading = headingOf(trial, rung, halvingRungs(options), first);
  if (rung < first || heading === null) return GO_ON;
  const headings = others.flatMap((other) => headingOf(other, rung, halvingRungs(options), first) ?? []);
  const reduction = numberOf(HALVING, options, 'reduction');
  const share = rung === first ? LENIENCE / reduction : 1 / Math.sqrt(reduction);
  const places = Math.max(1, Math.floor((headings.length + 1) * share));
  if (headings.filter((other) => other < heading).length < places) return GO_ON;
  const needed = headings.toSorted((left, right) => left - right)[places - 1] ?? Number.NaN;
  return { stops: true, heading: rung === 0 ? null : heading, needed, compared: headings.length, rule: `the best ${Math.round(100 * share)} %` };
}

/**
 * The loss for which a trial is heading: that of the whole budget on the line through its last two rungs over the logarithm
 * of the share, on which learning curves are nearly straight for long stretches. At the lowest rung that is its loss there.
 * Null where a value lacks.
 */
function headingOf({ losses }: Climb, rung: number, shares: readonly number[], first: number): number | null {
  const loss = losses[rung] ?? null;
  if (rung === 0 || loss === null) return rung < first ? null : loss;
  const before = losses[rung - 1] ?? null;
  const [share = 1, shareBefore = 1] = [shares[rung], shares[rung - 1]];
  return before === null ? null : loss - ((before - loss) * Math.log(1 / share)) / Math.log(share / shareBefore);
}
