import { HALVING, halve, halvingRungs } from './asha.ts';
import { numberOf, type Pruner } from './pruner.ts';

/**
 * Hyperband with asynchronous halving in each bracket (Li et al. 2018, JMLR 18(185); Li et al. 2020, MLSys). Brackets
 * differ in how early they first stop a trial: at the first share, at `reduction` times it, and so on; the last never does.
 */
export const hyperband: Pruner = {
  name: 'hyperband',
  title: 'Hyperband',
  description: 'Successive halving in several brackets that first stop tasks at different shares of the budget, for when nobody knows how early a value says something of the end.',
  options: HALVING,
  rungs: halvingRungs,
  decide: (request) => {
    const reduction = numberOf(HALVING, request.options, 'reduction');
    const brackets = Math.ceil(halvingRungs(request.options).length / RUNGS_PER_REDUCTION) + 1;
    const bracket = bracketOf(request.trial.number, brackets, reduction);
    const others = request.others.filter((other) => bracketOf(other.number, brackets, reduction) === bracket);
    return halve({ ...request, others }, bracket * RUNGS_PER_REDUCTION);
  },
};

const RUNGS_PER_REDUCTION = 2;

/**
 * The bracket of a trial: 0 begins at the lowest rung, and the last never stops a trial. Of so many trials in a row each
 * bracket gets a share by which all use about the same budget (Li et al. 2018, Algorithm 1), evenly spread.
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
