import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { TREASURY_ID, type Account, type Entry } from '#core/ledger.ts';
import { TOPICS } from '#engine/engine.ts';
import { id } from '#protocol/scalar.ts';
import { findAccount, listAccounts, listEntries } from '#store/ledger.ts';
import type { Reader } from '#store/seam.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { registerPage, type Page, type Site } from '#web/page.ts';
import { idLink, shortId } from '#web/parts/identity.ts';
import { ago } from '#web/parts/moment.ts';
import { credits } from '#web/parts/number.ts';
import { card, emptyState, pager, table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';

const ACCOUNTS_PER_PAGE = 25;
const ENTRIES_PER_PAGE = 50;

const querySchema = z.object({ after: id.optional(), before: id.optional() });

/** Balances of all accounts and every entry that made them. */
export function registerCredits(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.credits(), async (request) => {
    const query = readQuery(querySchema, request);
    return query.ok ? creditsPage(site, query.value.after ?? null, query.value.before ?? null) : query.refusal;
  });
}

/** `after` pages the accounts, `before` the entries; each list keeps the other's place. */
function creditsPage(site: Site, after: string | null, before: string | null): Page {
  const topics = [TOPICS.ledger];
  return {
    title: 'Credits',
    section: 'credits',
    address: paths.credits({ after, before }),
    regions: [
      { id: 'circulation', topics, render: () => circulation(site.reader) },
      { id: 'accounts', topics, render: () => accounts(site.reader, after, before) },
      { id: 'entries', topics, render: () => entries(site, after, before) },
    ],
    content: (region) => html`<section class="head"><div><h1>Credits</h1><p class="lead">${region('circulation', 'span')} One credit is a minute of budgeted training; it is earned by an accepted result.</p></div></section>
${region('accounts')}${region('entries')}`,
  };
}

async function circulation(reader: Reader): Promise<Fragment> {
  const treasury = await findAccount(reader, TREASURY_ID);
  return html`<b class="big">${credits(0 - (treasury?.balanceMicrocredits ?? 0))}</b> in circulation.`;
}

async function accounts(reader: Reader, after: string | null, before: string | null): Promise<Fragment> {
  const read = await listAccounts(reader, { limit: ACCOUNTS_PER_PAGE + 1, after });
  const shown = read.slice(0, ACCOUNTS_PER_PAGE);
  const rows = shown.map((account) => ({ id: `account-${account.id}`, cells: [accountName(account), account.kind, credits(account.balanceMicrocredits), html`<span class="mono none" title="${account.id}">${shortId(account.id)}</span>`] }));
  const columns = [{ head: 'Account', kind: 'wide' }, { head: 'Kind' }, { head: 'Balance', kind: 'num' }, { head: 'Id', kind: 'id' }] as const;
  const next = read.length > ACCOUNTS_PER_PAGE ? paths.credits({ after: shown.at(-1)?.id, before }) : null;
  const body = html`${table('Balances', columns, rows)}${pager(after === null ? null : paths.credits({ before }), next, { first: 'First accounts', next: 'More' })}`;
  return html`<section>${card('Balances', body, html`<small>all balances add up to 0: what the treasury issued, others hold</small>`)}</section>`;
}

async function entries(site: Site, after: string | null, before: string | null): Promise<Fragment> {
  const { reader } = site;
  const now = site.engine.now();
  const read = await listEntries(reader, { limit: ENTRIES_PER_PAGE + 1, before });
  const shown = read.slice(0, ENTRIES_PER_PAGE);
  const names = await readAccountNames(reader, shown);
  const account = (accountId: string): Content => {
    const found = names.get(accountId);
    return found === undefined ? accountId : accountName(found);
  };
  const rows = shown.map((entry) => ({
    id: `entry-${entry.id}`,
    cells: [
      ago(entry.at, now),
      entry.kind,
      account(entry.debitAccount),
      account(entry.creditAccount),
      credits(entry.amountMicrocredits),
      entry.taskId !== null ? idLink(paths.task(entry.taskId), entry.taskId) : entry.briefId !== null ? idLink(paths.brief(entry.briefId), entry.briefId) : null,
      html`<span class="mono none" title="${entry.id}">${shortId(entry.id)}</span>`,
    ],
  }));
  const columns = [{ head: 'When' }, { head: 'Kind' }, { head: 'From' }, { head: 'To' }, { head: 'Amount', kind: 'num' }, { head: 'For', kind: 'id' }, { head: 'Entry', kind: 'id' }] as const;
  const next = read.length > ENTRIES_PER_PAGE ? paths.credits({ after, before: shown.at(-1)?.id }) : null;
  const body =
    rows.length === 0
      ? emptyState('Nothing has been paid yet', 'Each accepted result pays its worker for the training time that the task was given.', html`<a role="button" href="${paths.briefNew()}">Write a brief</a>`)
      : html`${table('Entries', columns, rows)}${pager(before === null ? null : paths.credits({ after }), next)}`;
  return html`<section>${card('Entries', body)}</section>`;
}

async function readAccountNames(reader: Reader, shown: readonly Entry[]): Promise<ReadonlyMap<string, Account>> {
  const ids = [...new Set(shown.flatMap((entry) => [entry.debitAccount, entry.creditAccount]))];
  const found = await Promise.all(ids.map((accountId) => findAccount(reader, accountId)));
  return new Map(found.flatMap((account): [string, Account][] => (account === null ? [] : [[account.id, account]])));
}

function accountName(account: Account): Fragment {
  return account.kind === 'worker' ? html`<a class="clip" href="${paths.worker(account.id)}" title="${account.name}">${account.name}</a>` : html`${account.name}`;
}
