import type { Account } from '#core/ledger.ts';
import { grantForm } from '#web/parts/credits/grant-form.ts';
import { exhaustedText } from '#web/parts/credits/missing.ts';
import { priceList } from '#web/parts/credits/price-list.ts';
import { html } from '#web/html.ts';
import { HOSTILE_TEXT, LONG_TEXT, type Specimens } from './specimen.ts';

const person: Account = { id: 'specimen-person', kind: 'person', name: LONG_TEXT, balanceMicrocredits: 8e15 };
const missing = { open: 12, forAll: 7_400_000, forNext: 400_000, ofBudget: 7_000_000, ofBalance: 1, balance: 0 };

/** Credits: prices, grants, and what is missing. */
export const CREDITS: readonly Specimens[] = [
  { part: 'credits/price-list.ts', specimens: [{ name: 'the price list', fragment: priceList() }] },
  {
    part: 'credits/missing.ts',
    specimens: [
      { name: 'of budget and balance', fragment: html`<p>${exhaustedText({ id: 'specimen-brief', ownerId: 'local' }, missing)}</p>` },
      { name: 'of the balance alone', fragment: html`<p>${exhaustedText({ id: 'specimen-brief', ownerId: 'local' }, { ...missing, open: 1, ofBudget: 0, ofBalance: 8e15 })}</p>` },
    ],
  },
  { part: 'credits/grant-form.ts', specimens: [{ name: 'refused', fragment: grantForm(person, { amount: '1e99', reason: HOSTILE_TEXT, key: '' }, [{ path: 'amount_credits', message: 'must be at most 100000000' }]) }] },
];
