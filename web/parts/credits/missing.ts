import { lackOf, runsCostMicrocredits, type Brief, type Family } from '#core/brief.ts';
import { findBalances } from '#store/ledger.ts';
import type { Reader } from '#store/seam.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import { countOf, credits } from '#web/parts/number.ts';
import { paths } from '#web/paths.ts';

/** What a brief lacks, in micro-credits, so that all of its open tasks can run. */
export type Missing = {
  open: number;
  /** What its hold lacks for all open tasks, and for the next one alone. */
  forAll: number;
  forNext: number;
  /** By how much its budget, and its owner's balance, are too small for that. */
  ofBudget: number;
  ofBalance: number;
  balance: number;
};

/** Reads what a brief that is under way lacks. */
export async function readMissing(reader: Reader, brief: Brief, family: Family): Promise<Missing> {
  const { pending, running } = family.counts;
  const balance = (await findBalances(reader, [brief.ownerId])).get(brief.ownerId) ?? 0;
  const forAll = lackOf(family, family.counts);
  const room = brief.budgetMicrocredits - brief.spentMicrocredits - family.heldMicrocredits;
  return {
    open: pending + running,
    forAll,
    forNext: Math.max(0, runsCostMicrocredits(running + Math.min(pending, 1), brief) - family.heldMicrocredits),
    ofBudget: Math.max(0, forAll - room),
    ofBalance: Math.max(0, forAll - balance),
    balance,
  };
}

/** Why an exhausted brief stands still, what it lacks, and the way to give it that. */
export function exhaustedText(brief: Pick<Brief, 'id' | 'ownerId'>, { open, forAll, forNext, ofBudget, ofBalance }: Missing): Fragment {
  const lacks = ofBudget > 0 ? html` Its budget is ${credits(ofBudget)} too small.` : nothing;
  const owner = ofBalance > 0 ? html` Its owner’s <a href="${paths.creditAccount(brief.ownerId)}">account</a> lacks ${credits(ofBalance)}.` : nothing;
  return html`It has run out of credits: ${credits(forNext)} credits are missing for the next task, ${credits(forAll)} for ${countOf(open, 'task')} that ${open === 1 ? 'is' : 'are'} left.${lacks}${owner}`;
}
