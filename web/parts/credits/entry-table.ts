import type { Brief } from '#core/brief.ts';
import type { Account, Entry } from '#core/ledger.ts';
import { findAccount, listEntries, type EntryFilter } from '#store/ledger.ts';
import type { Reader } from '#store/seam.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { accountLink } from '#web/parts/account.ts';
import { idLink, shortId } from '#web/parts/identity.ts';
import { ago } from '#web/parts/moment.ts';
import { creditsInFull } from '#web/parts/number.ts';
import { pager, table, type Column } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readBriefs } from '#web/related.ts';

const ENTRIES_PER_PAGE = 50;

/** Which entries a table shows: those that pass a filter, older than one of them, and where its other pages are. */
export type EntriesAsked = { filter: EntryFilter; before: string | null; at: (before: string | null) => string };

/** Entries of the ledger, the newest first; `none` where there are none. Of one account each amount has its sign. */
export async function entryTable(site: Site, { filter, before, at }: EntriesAsked, none: () => Fragment): Promise<Fragment> {
  const { reader } = site;
  const now = site.engine.now();
  const read = await listEntries(reader, { limit: ENTRIES_PER_PAGE + 1, before, filter });
  const shown = read.slice(0, ENTRIES_PER_PAGE);
  if (shown.length === 0) return none();
  const [names, briefs] = await Promise.all([readAccounts(reader, shown), readBriefs(reader, shown.map((entry) => entry.briefId))]);
  const rows = shown.map((entry) => ({
    id: `entry-${entry.id}`,
    cells: [
      html`<a class="mono" href="${paths.creditEntry(entry.id)}" title="${entry.id}">${shortId(entry.id)}</a>`,
      ago(entry.at, now),
      filter.account === entry.debitAccount ? html`<span class="out">−${creditsInFull(entry.amountMicrocredits)}</span>` : creditsInFull(entry.amountMicrocredits),
      entry.kind,
      accountLink(names.get(entry.debitAccount), entry.debitAccount),
      accountLink(names.get(entry.creditAccount), entry.creditAccount),
      entry.taskId === null ? html`<span class="none">–</span>` : idLink(paths.task(entry.taskId), entry.taskId),
      briefOf(entry, briefs),
    ],
  }));
  const columns: Column[] = [{ head: 'Entry', kind: 'id' }, { head: 'When', kind: 'num' }, { head: 'Amount', kind: 'num' }, { head: 'Kind' }, { head: 'From' }, { head: 'To' }, { head: 'Task' }, { head: 'Brief' }];
  const next = read.length > ENTRIES_PER_PAGE ? at(shown.at(-1)?.id ?? null) : null;
  return html`${table('Entries', columns, rows, 'stacked')}${pager(before === null ? null : at(null), next)}`;
}

/** The brief that an entry is of, as a link to all its entries; one that was deleted is known by its id alone. */
function briefOf({ briefId }: Entry, briefs: ReadonlyMap<string, Brief>): Content {
  if (briefId === null) return html`<span class="none">–</span>`;
  const title = briefs.get(briefId)?.title ?? shortId(briefId);
  return html`<a class="clip" href="${paths.credits({ brief: briefId })}" title="Entries of ${title}">${title}</a>`;
}

async function readAccounts(reader: Reader, shown: readonly Entry[]): Promise<ReadonlyMap<string, Account>> {
  const ids = [...new Set(shown.flatMap((entry) => [entry.debitAccount, entry.creditAccount]))];
  const found = await Promise.all(ids.map((accountId) => findAccount(reader, accountId)));
  return new Map(found.flatMap((account): [string, Account][] => (account === null ? [] : [[account.id, account]])));
}
