import { checkOptions } from '#core/option.ts';
import { countValues } from '#core/space.ts';
import { drawDistinct } from './distinct.ts';
import { gp } from './gp.ts';
import type { ProposalRequest, Strategy } from './strategy.ts';

/**
 * Chooses the strategy from the budget, the space and how many runs go on at once, and says which and why. It chooses
 * anew with each request, so a campaign that is extended, or gets more machines, is searched as it now is.
 */
export const auto: Strategy = {
  name: 'auto',
  title: 'Automatic',
  description: 'Chooses the method that suits the budget, the space and the machines, and says which and why.',
  options: [],
  checkOptions: (given) => checkOptions([], given, 'strategy', 'the automatic choice'),
  isAdaptive: true,
  propose: (request) => {
    const { propose, why } = choose(request);
    const proposal = propose(request);
    return proposal.ok ? { ...proposal, note: `${proposal.note} ${why}` } : proposal;
  },
};

type Choice = { propose: Strategy['propose']; why: string };

function choose(request: ProposalRequest): Choice {
  const { total, parallel, earlier } = request;
  const dimensions = Object.values(request.space.parameters).filter((parameter) => countValues(parameter) > 1).length;
  if (earlier.length === 0 && parallel >= total) {
    return { propose: spread, why: `All ${total} run at once, so none can learn from another.` };
  }
  return { propose: gp.propose, why: `A Gaussian process, since it learns most from few runs: at most ${total} over ${dimensions} ${dimensions === 1 ? 'parameter' : 'parameters'}.` };
}

const spread: Strategy['propose'] = (request) => {
  const drawn = drawDistinct(request);
  return drawn.ok ? { ...drawn, note: 'Spread over the space.' } : drawn;
};
