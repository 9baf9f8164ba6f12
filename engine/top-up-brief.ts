import { isOver, type BriefState } from '#core/brief.ts';
import { accept, refuse, type Outcome } from '#core/errors.ts';
import { creditsToPay, MICROCREDITS } from '#core/ledger.ts';
import { enlargeBrief, findBrief } from '#store/brief.ts';
import { lockFamily } from '#store/family.ts';
import { answerOnce, type OnceRequest } from './answer-once.ts';
import type { Engine } from './engine.ts';
import { askForHold } from './hold-credits.ts';
import { settleFamily } from './settle-family.ts';
import { touchBrief } from './submit-brief.ts';

/** Larger budgets no brief can have. */
const MOST_BUDGET_MICROCREDITS = 1_000_000_000 * MICROCREDITS;

/** What is done to a brief that cannot be topped up; one that was cancelled cannot grow either. */
const INSTEAD: Partial<Record<BriefState, string>> = { draft: 'edit it', cancelled: 'clone it' };

/** The budget that a brief is to have, or how much is to be added to the one it has. */
export type TopUp = { budgetMicrocredits: number } | { addedMicrocredits: number };

/**
 * Raises the budget of a brief that has not ended, and has its owner hold what all its open tasks cost. A brief that was
 * exhausted goes on. The budget that it has is enough where only its owner's balance lacked something.
 */
export async function topUpBrief(engine: Engine, briefId: string, topUp: TopUp, once: OnceRequest | null = null): Promise<Outcome<{ briefId: string }>> {
  const outcome = await answerOnce(engine, once, async (tx): Promise<Outcome<{ briefId: string }>> => {
    const found = await findBrief(tx, briefId);
    const family = found === null ? null : await lockFamily(tx, found.familyId);
    // The lock may have been waited for: only what is read under it decides.
    const brief = family === null ? null : await findBrief(tx, briefId);
    if (brief === null || family === null) return refuse('brief_not_found');
    if (brief.state === 'draft' || isOver(brief.state)) return refuse('brief_state', `A brief that is ${brief.state} cannot be topped up; ${INSTEAD[brief.state] ?? 'add tasks to it'}.`);
    const budget = 'budgetMicrocredits' in topUp ? topUp.budgetMicrocredits : brief.budgetMicrocredits + topUp.addedMicrocredits;
    if (budget < brief.budgetMicrocredits) return refuseBudget(`must be at least ${creditsToPay(brief.budgetMicrocredits)}, which it is now`);
    if (budget > MOST_BUDGET_MICROCREDITS) return refuseBudget(`can be at most ${creditsToPay(MOST_BUDGET_MICROCREDITS)}`);
    const cover = await askForHold(tx, brief, family, family.counts, budget);
    if (!cover.ok) return cover;
    await enlargeBrief(tx, brief.id, brief.numTasks, budget);
    await settleFamily(engine, tx, family, [], cover.value);
    touchBrief(tx, brief);
    return accept({ briefId });
  });
  if (outcome.ok) engine.log.info({ brief_id: briefId }, 'brief topped up');
  return outcome;
}

function refuseBudget(message: string): Outcome<never> {
  return refuse('invalid_brief', `budget_credits: ${message}.`, [{ path: 'budget_credits', message }]);
}
