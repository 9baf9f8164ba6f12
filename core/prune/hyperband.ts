import { HALVING, halve, halvingRungs } from './asha.ts';
import { GO_ON, numberOf, type Pruner } from './pruner.ts';

/**
 * Hyperband with asynchronous halving in each bracket (Li et al. 2018, JMLR 18(185); Li et al. 2020, MLSys). Brackets
 * differ in how early they first look: the lowest rung, the one after it, and so on, up to one that never does.
 */
export const hyperband: Pruner = {
  name: 'hyperband',
  title: 'Hyperband',
  description: 'Successive halving in several brackets that first look at different shares of the budget, for when nobody knows how early a value says something of the end.',
  options: HALVING,
  rungs: (options) => halvingRungs(options, 0),
  decide: (request) => {
    const brackets = halvingRungs(request.options, 0).length + 1;
    const reduction = numberOf(HALVING, request.options, 'reduction');
    const bracket = bracketOf(request.trial.number, brackets, reduction);
    if (request.trial.losses.length - 1 < bracket) return GO_ON;
    return halve({ ...request, others: request.others.filter((other) => bracketOf(other.number, brackets, reduction) === bracket) });
  },
};

/**
 * The bracket of a trial: 0 looks at every rung, 1 leaves the lowest out, and the last leaves all out. Of so many trials in
 * a row each bracket gets a share by which all use about the same budget (Li et al. 2018, Algorithm 1), evenly spread.
 */
export function bracketOf(number: number, brackets: number, reduction: number): number {
  const sizes = Array.from({ length: brackets }, (_, bracket) => Math.ceil((brackets * reduction ** (brackets - 1 - bracket)) / (brackets - bracket)));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  // Multiples of the golden ratio spread any share of the trials evenly over their numbers.
  let place = ((number * 0.6180339887498949) % 1) * total;
  for (const [bracket, size] of sizes.entries()) {
    if (place < size) return bracket;
    place -= size;
  }
  return brackets - 1;
}
