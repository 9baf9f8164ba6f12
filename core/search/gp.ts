import { checkOptions } from '#core/option.ts';
import { countValues } from '#core/space.ts';
import { drawDistinct } from './distinct.ts';
import { proposeByModel } from './gp/propose.ts';
import type { ProposalRequest, Strategy } from './strategy.ts';

/** At most this many of one request are chosen by the model, some 10 ms each; a larger one is filled up with draws. */
const MOST_AT_ONCE = 32;

/**
 * Bayesian optimization with a Gaussian process: a model of the loss over the space, which is asked where the most is to
 * be gained. See docs/search.md for what it is made of, and `gp/` for each part.
 */
export const gp: Strategy = {
  name: 'gp',
  title: 'Gaussian process',
  description: 'A model of the results says where the most is to be gained: the fewest runs for a good result, in up to some twenty dimensions.',
  isAdaptive: true,
  options: [],
  checkOptions: (given) => checkOptions([], given, 'strategy', 'the Gaussian process'),
  propose: (request) => {
    const known = [...request.earlier, ...request.trials].filter((trial) => trial.state === 'measured').length;
    const chosenBefore = request.earlier.length + request.trials.length;
    const ready = known >= 2 && chosenBefore >= startingPoints(request);
    const modelled = ready ? proposeByModel(request, Math.min(request.count, MOST_AT_ONCE)) : [];
    const trials = [...request.trials, ...modelled.map((config) => ({ config, state: 'open' as const, loss: null, runs: 0, stopped: null }))];
    const rest = drawDistinct({ ...request, trials, count: request.count - modelled.length });
    if (!rest.ok) return { ok: false, fits: modelled.length + rest.fits };
    const note = modelled.length > 0 ? `The model of ${known} results expects the most improvement here.` : 'Spread over the space, for the model to start from.';
    return { ok: true, configurations: [...modelled, ...rest.configurations], note };
  },
};

/** How many configurations are spread over the space before the model is asked. */
function startingPoints({ space, total }: ProposalRequest): number {
  const dimensions = Object.values(space.parameters).filter((parameter) => countValues(parameter) > 1).length;
  return Math.max(2, Math.min(3 + dimensions, 12, Math.ceil(total / 3)));
}
