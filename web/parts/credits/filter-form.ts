import { ENTRY_KINDS, TREASURY_ID, VERIFICATION_ID } from '#core/ledger.ts';
import { listPeople } from '#store/account.ts';
import { findAccount } from '#store/ledger.ts';
import type { Reader } from '#store/seam.ts';
import type { Narrowed } from '#web/entry-filter.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import { choice, field } from '#web/parts/field.ts';
import { paths } from '#web/paths.ts';

const MOST_PEOPLE = 100;

/** Whether anything is left out. */
export function isNarrowed({ account, kind, brief, from, to }: Narrowed): boolean {
  return [account, kind, brief, from, to].some((one) => one !== null);
}

/** Chooses which entries are shown. Workers and holds are too many to choose from: their pages lead here. */
export async function filterForm(reader: Reader, asked: Narrowed): Promise<Fragment> {
  const [people, ...rest] = await Promise.all([listPeople(reader, { limit: MOST_PEOPLE, after: null }), ...[TREASURY_ID, VERIFICATION_ID, ...(asked.account === null ? [] : [asked.account])].map((id) => findAccount(reader, id))]);
  const listed = new Map([...people, ...rest.filter((one) => one !== null)].map((account) => [account.id, account.name]));
  const options = [{ value: '', text: 'all' }, ...[...listed].map(([value, text]) => ({ value, text }))];
  const kinds = [{ value: '', text: 'all' }, ...ENTRY_KINDS.map((kind) => ({ value: kind, text: kind }))];
  return html`<form class="filters" method="get" action="${paths.credits()}" aria-label="Which entries are shown">${choice({ name: 'account', label: 'Account', value: asked.account ?? '', options })}${choice({ name: 'kind', label: 'Kind', value: asked.kind ?? '', options: kinds })}${field({ name: 'brief', label: 'Id of a brief', value: asked.brief ?? '', type: 'text' })}${field({ name: 'from', label: 'From the day (UTC)', value: asked.from ?? '', type: 'date' })}${field({ name: 'to', label: 'To the day', value: asked.to ?? '', type: 'date' })}<button type="submit" class="secondary">Show</button>${isNarrowed(asked) ? html` <a href="${paths.credits()}">Clear</a>` : nothing}</form>`;
}
