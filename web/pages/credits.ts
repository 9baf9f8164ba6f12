import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { TOPICS } from '#engine/engine.ts';
import { entryFilter } from '#protocol/ledger.ts';
import { id } from '#protocol/scalar.ts';
import { findBrief } from '#store/brief.ts';
import { narrowedOf, toEntryFilter, type Narrowed } from '#web/entry-filter.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import { refusalPage, registerPage, type Page, type Site } from '#web/page.ts';
import { burnDown } from '#web/parts/burn-down.ts';
import { balances, circulation } from '#web/parts/credits/balances.ts';
import { checkpointCard } from '#web/parts/checkpoint.ts';
import { entryTable } from '#web/parts/credits/entry-table.ts';
import { filterForm, isNarrowed } from '#web/parts/credits/filter-form.ts';
import { priceList } from '#web/parts/credits/price-list.ts';
import { EXPORT_TYPES } from '#web/parts/export.ts';
import { exportEntries } from '#web/parts/ledger-export.ts';
import { emptyState } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';

const querySchema = z.object({ before: id.optional(), ...entryFilter });
const exportQuery = z.object({ format: z.enum(['csv', 'json']).default('csv'), ...entryFilter });

/** What the page is asked for: which entries, and from which one on. */
type Asked = Narrowed & { before: string | null };

/** Who has how much, what runs cost, and every entry that made it so; and the entries as a file. */
export function registerCredits(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.credits(), async (request) => {
    const query = readQuery(querySchema, request);
    return query.ok ? creditsPage(site, { ...narrowedOf(query.value), before: query.value.before ?? null }) : query.refusal;
  });
  app.get(paths.creditsExport(), async (request, reply) => {
    const query = readQuery(exportQuery, request);
    if (!query.ok) return refusalPage(site, request, reply, query.refusal);
    const { format } = query.value;
    return reply
      .headers({ 'cache-control': 'private, no-cache', 'content-disposition': `attachment; filename="entries.${format}"` })
      .type(EXPORT_TYPES[format])
      .send(Readable.from(exportEntries(site.reader, toEntryFilter(narrowedOf(query.value)), format)));
  });
}

async function creditsPage(site: Site, asked: Asked): Promise<Page> {
  const topics = [TOPICS.ledger];
  const brief = asked.brief === null ? null : await findBrief(site.reader, asked.brief);
  const burning = brief === null ? [] : [{ id: 'burn-down', topics: [TOPICS.brief(brief.id)], render: async () => burnDown(site, (await findBrief(site.reader, brief.id)) ?? brief) }];
  const form = await filterForm(site.reader, asked);
  const isPlain = !isNarrowed(asked);
  return {
    title: 'Credits',
    section: 'credits',
    styles: ['credits.css'],
    address: paths.credits(asked),
    regions: [
      { id: 'circulation', topics, render: () => circulation(site.reader) },
      ...burning,
      ...(isPlain ? [{ id: 'balances', topics, render: () => balances(site.reader) }] : []),
      { id: 'entries', topics, render: () => entries(site, asked) },
      ...(isPlain ? [{ id: 'checkpoint', topics, render: () => checkpointCard(site) }] : []),
    ],
    content: (region) => html`<section class="head"><div><h1>Credits</h1><p class="lead">${region('circulation', 'span')}</p></div><div class="actions"><a role="button" class="secondary" href="${paths.creditAccounts()}">Accounts</a></div></section>
${brief === null ? nothing : html`<section>${region('burn-down')}</section>`}${isPlain ? html`<section class="columns balances-and-prices">${region('balances')}${priceList()}</section>` : nothing}<section><article><header><h2>Entries</h2>${exportLinks(asked)}</header>${form}${region('entries')}</article></section>${isPlain ? html`<section>${region('checkpoint')}</section>` : nothing}`,
  };
}

function exportLinks({ before: _before, ...narrowed }: Asked): Fragment {
  const link = (format: string) => html`<a href="${paths.creditsExport({ format, ...narrowed })}" download>${format.toUpperCase()}</a>`;
  return html`<span>${link('csv')} · ${link('json')}</span>`;
}

async function entries(site: Site, asked: Asked): Promise<Fragment> {
  return entryTable(site, { filter: toEntryFilter(asked), before: asked.before, at: (before) => paths.credits({ ...asked, before }) }, () => none(asked));
}

function none(asked: Asked): Fragment {
  if (isNarrowed(asked) || asked.before !== null) return emptyState('No entry is like that', 'Nothing matches these filters.', html`<a href="${paths.credits()}">Show all entries</a>`);
  return emptyState('Nothing has moved yet', 'Credits begin with an account, are held for a brief, and pay the workers whose results are accepted.', html`<a role="button" href="${paths.briefNew()}">Write a brief</a>`);
}
