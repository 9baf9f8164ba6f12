import { assert } from '#core/errors.ts';
import { findStrategy } from '#core/search/strategies.ts';
import type { Proposal, ProposalRequest } from '#core/search/strategy.ts';

/** A strategy is asked for one family; what it is told of trials that have not changed since the last time are the same objects. */
export type Question = { familyId: string; strategy: string; request: ProposalRequest };

/** Asks a strategy. `behind`: its answer is not there in time, and may come with the next question about the family. */
export type Propose = (question: Question) => Promise<Proposal | 'behind'>;

/** Asks a strategy here and now, which takes as long as it takes. */
export const proposeInline: Propose = async ({ strategy, request }) => {
  const found = findStrategy(strategy);
  assert(found !== null, `strategy ${strategy} was checked and exists`);
  return found.propose(request);
};
