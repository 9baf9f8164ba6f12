import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ENTRY_KINDS, TREASURY_ID } from '#core/ledger.ts';
import { TOPICS } from '#engine/engine.ts';
import { entryFilter } from '#protocol/ledger.ts';
import { id } from '#protocol/scalar.ts';
import { findBrief } from '#store/brief.ts';
import { findAccount, listAccounts, type EntryFilter } from '#store/ledger.ts';
import type { Reader } from '#store/seam.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import { refusalPage, registerPage, type Page, type Site } from '#web/page.ts';
import { accountLink } from '#web/parts/account.ts';
import { burnDown } from '#web/parts/burn-down.ts';
import { entryTable } from '#web/parts/credits/entry-table.ts';
import { EXPORT_TYPES } from '#web/parts/export.ts';
import { choice, field } from '#web/parts/field.ts';
import { shortId } from '#web/parts/identity.ts';
import { exportEntries } from '#web/parts/ledger-export.ts';
import { credits } from '#web/parts/number.ts';
import { card, emptyState, pager, table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';

const ACCOUNTS_PER_PAGE = 25;
const MOST_CHOICES = 200;

const querySchema = z.object({ after: id.optional(), before: id.optional(), ...entryFilter });
const exportQuery = z.object({ format: z.enum(['csv', 'json']).default('csv'), ...entryFilter });

/** What the page is asked for: `after` pages the accounts, `before` the entries; each list keeps the other's place. */
type Asked = EntryFilter & { after: string | null; before: string | null };

/** Balances of all accounts and every entry that made them; and the entries as a file. */
export function registerCredits(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.credits(), async (request) => {
    const query = readQuery(querySchema, request);
    if (!query.ok) return query.refusal;
    const { after = null, before = null, account = null, kind = null, brief = null } = query.value;
    return creditsPage(site, { account, kind, brief, after, before });
  });
  app.get(paths.creditsExport(), async (request, reply) => {
    const query = readQuery(exportQuery, request);
    if (!query.ok) return refusalPage(site, request, reply, query.refusal);
    const { format, account = null, kind = null, brief = null } = query.value;
    return reply
      .headers({ 'cache-control': 'private, no-cache', 'content-disposition': `attachment; filename="entries.${format}"` })
      .type(EXPORT_TYPES[format])
      .send(Readable.from(exportEntries(site.reader, { account, kind, brief }, format)));
  });
}

async function creditsPage(site: Site, asked: Asked): Promise<Page> {
  const topics = [TOPICS.ledger];
  const brief = asked.brief === null ? null : await findBrief(site.reader, asked.brief);
  const burning = brief === null ? [] : [{ id: 'burn-down', topics: [TOPICS.brief(brief.id)], render: async () => burnDown(site, (await findBrief(site.reader, brief.id)) ?? brief) }];
  const form = await filterForm(site, asked);
  return {
    title: 'Credits',
    section: 'credits',
    styles: ['credits.css', 'fleet.css'],
    address: paths.credits(asked),
    regions: [
      { id: 'circulation', topics, render: () => circulation(site.reader) },
      ...burning,
      { id: 'accounts', topics, render: () => accounts(site.reader, asked) },
      { id: 'entries', topics, render: () => entries(site, asked) },
    ],
    content: (region) => html`<section class="head"><div><h1>Credits</h1><p class="lead">${region('circulation', 'span')} One credit is a minute of budgeted training; it is earned by an accepted result.</p></div><div class="actions"><a role="button" class="secondary" href="${paths.creditAccounts()}">Accounts</a></div></section>
${brief === null ? nothing : html`<section>${region('burn-down')}</section>`}${isFiltered(asked) ? nothing : region('accounts')}<section><article><header><h2>Entries</h2>${exportLinks(asked)}</header>${form}${region('entries')}</article></section>${isFiltered(asked) ? region('accounts') : nothing}`,
  };
}

function exportLinks({ account, kind, brief }: Asked): Fragment {
  const link = (format: string) => html`<a href="${paths.creditsExport({ format, account, kind, brief })}" download>${format.toUpperCase()}</a>`;
  return html`<span>${link('csv')} · ${link('json')}</span>`;
}

async function filterForm(site: Site, asked: Asked): Promise<Fragment> {
  const listed = await listAccounts(site.reader, { limit: MOST_CHOICES, after: null });
  const own = asked.account === null || listed.some((account) => account.id === asked.account) ? null : await findAccount(site.reader, asked.account);
  const names = [...listed, ...(own === null ? [] : [own])].toSorted((left, right) => left.name.localeCompare(right.name, 'en', { numeric: true }));
  const options = [{ value: '', text: 'all' }, ...names.map((account) => ({ value: account.id, text: account.name }))];
  const kinds = [{ value: '', text: 'all' }, ...ENTRY_KINDS.map((kind) => ({ value: kind, text: kind }))];
  return html`<form class="filters" method="get" action="${paths.credits()}" aria-label="Which entries are shown">${choice({ name: 'account', label: 'Account', value: asked.account ?? '', options })}${choice({ name: 'kind', label: 'Kind', value: asked.kind ?? '', options: kinds })}${field({ name: 'brief', label: 'Id of a brief', value: asked.brief ?? '', type: 'text' })}<button type="submit" class="secondary">Show</button>${isFiltered(asked) ? html` <a href="${paths.credits()}">Clear</a>` : nothing}</form>`;
}

function isFiltered({ account, kind, brief }: Asked): boolean {
  return account !== null || kind !== null || brief !== null;
}

async function circulation(reader: Reader): Promise<Fragment> {
  const treasury = await findAccount(reader, TREASURY_ID);
  return html`<b class="big">${credits(0 - (treasury?.balanceMicrocredits ?? 0))}</b> in circulation.`;
}

async function accounts(reader: Reader, asked: Asked): Promise<Fragment> {
  const read = await listAccounts(reader, { limit: ACCOUNTS_PER_PAGE + 1, after: asked.after });
  const shown = read.slice(0, ACCOUNTS_PER_PAGE);
  const rows = shown.map((account) => ({
    id: `account-${account.id}`,
    cells: [accountLink(account, account.id), account.kind, credits(account.balanceMicrocredits), account.kind === 'worker' ? html`<a class="mono" href="${paths.worker(account.id)}" title="${account.id}">${shortId(account.id)}</a>` : html`<span class="mono none">${account.id}</span>`],
  }));
  const columns = [{ head: 'Account', kind: 'wide' }, { head: 'Kind' }, { head: 'Balance', kind: 'num' }, { head: 'Id', kind: 'id' }] as const;
  const next = read.length > ACCOUNTS_PER_PAGE ? paths.credits({ ...asked, after: shown.at(-1)?.id }) : null;
  const body = html`${table('Balances', columns, rows)}${pager(asked.after === null ? null : paths.credits({ ...asked, after: null }), next, { first: 'First accounts', next: 'More', of: 'accounts' })}`;
  return html`<section>${card('Balances', body, html`<small>all balances add up to 0: what the treasury issued, others hold</small>`)}</section>`;
}

async function entries(site: Site, asked: Asked): Promise<Fragment> {
  return entryTable(site, { filter: asked, before: asked.before, at: (before) => paths.credits({ ...asked, before }) }, () => none(asked));
}

function none(asked: Asked): Fragment {
  if (isFiltered(asked) || asked.before !== null) return emptyState('No entry is like that', 'Nothing matches these filters.', html`<a href="${paths.credits()}">Show all entries</a>`);
  return emptyState('Nothing has been paid yet', 'Each accepted result pays its worker for the training time that the task was given.', html`<a role="button" href="${paths.briefNew()}">Write a brief</a>`);
}
