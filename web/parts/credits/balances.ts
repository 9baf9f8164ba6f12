import { TREASURY_ID, VERIFICATION_ID } from '#core/ledger.ts';
import { sumHeld, sumPeople } from '#store/account.ts';
import { findAccount } from '#store/ledger.ts';
import type { Reader } from '#store/seam.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { count, countOf, credits } from '#web/parts/number.ts';
import { card, table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';

/** What each kind of account has together. Workers have what nobody else has, so that nothing is summed over them. */
type Balances = { people: number; peopleMany: number; held: number; heldMany: number; workers: number; fund: number; circulating: number };

async function readBalances(reader: Reader): Promise<Balances> {
  const [people, held, fund, treasury] = await Promise.all([sumPeople(reader), sumHeld(reader), findAccount(reader, VERIFICATION_ID), findAccount(reader, TREASURY_ID)]);
  const circulating = 0 - (treasury?.balanceMicrocredits ?? 0);
  const inFund = fund?.balanceMicrocredits ?? 0;
  return { people: people.microcredits, peopleMany: people.many, held: held.microcredits, heldMany: held.many, fund: inFund, circulating, workers: circulating - people.microcredits - held.microcredits - inFund };
}

/** How many credits there are, and how many of them wait in holds. */
export async function circulation(reader: Reader): Promise<Fragment> {
  const { circulating, held, heldMany } = await readBalances(reader);
  return html`<b class="big">${credits(circulating)}</b> credits are in circulation, ${credits(held)} of them held for ${countOf(heldMany, 'brief')} under way.`;
}

/** Balances by kind of account, each with what it is, and the sum that shows nothing was lost. */
export async function balances(reader: Reader): Promise<Fragment> {
  const { people, peopleMany, held, heldMany, workers, fund, circulating } = await readBalances(reader);
  const row = (id: string, who: Content, microcredits: number, what: Content) => ({ id: `kind-${id}`, cells: [who, credits(microcredits), html`<small>${what}</small>`] });
  const rows = [
    row('people', html`<a href="${paths.creditAccounts()}">${countOf(peopleMany, 'person', 'people')}</a>`, people, 'Starter credits and grants, less what their briefs hold or have spent.'),
    row('holds', html`<a href="${paths.briefs({ state: 'running' })}">Holds of ${countOf(heldMany, 'brief')}</a>`, held, 'Taken from a brief’s owner at its launch, for every run that it asks for; it pays them, and what is left goes back at its end.'),
    row('workers', html`<a href="${paths.workers()}">Workers</a>`, workers, 'Earned by accepted results, by runs that verify them, and by failures that were the script’s fault.'),
    row('fund', html`<a href="${paths.creditAccount(VERIFICATION_ID)}">Verification fund</a>`, fund, 'Takes the fee of each run whose results are verified, and pays the runs that verify them.'),
    row('treasury', html`<a href="${paths.creditAccount(TREASURY_ID)}">Treasury</a>`, 0 - circulating, 'Issues all credits, so it owes what everybody else has.'),
    row('sum', html`<b>Together</b>`, people + held + workers + fund - circulating, `All balances add up to ${count(0)}: a credit is never lost or made up.`),
  ];
  const columns = [{ head: 'Whose' }, { head: 'Balance', kind: 'num' }, { head: 'What that is', kind: 'wide' }] as const;
  return card('Balances', table('Balances by kind of account', columns, rows, 'stacked'));
}
