import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { HIT_KINDS, LONGEST_SEARCH, type Hit } from '#protocol/search.ts';
import { html, type Fragment } from '#web/html.ts';
import { registerPage, type Page, type Site } from '#web/page.ts';
import { badge, type State } from '#web/parts/badge.ts';
import { named } from '#web/parts/identity.ts';
import { countOf } from '#web/parts/number.ts';
import { card, emptyState, table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';
import { search } from '#web/search.ts';

const MOST_PER_KIND = 25;
/** A palette shows what fits its list. */
const MOST_IN_PALETTE = 6;

const querySchema = z.object({ q: z.string().max(LONGEST_SEARCH, `can have at most ${LONGEST_SEARCH} characters`).default('') });

const TITLES: Record<Hit['kind'], string> = { brief: 'Briefs', family: 'Families', task: 'Tasks', worker: 'Workers', experiment: 'Experiments', account: 'Accounts' };

/** The search over everything: a page with a plain form, and the same as data for the palette. */
export function registerSearchPage(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.search(), async (request) => {
    const query = readQuery(querySchema, request);
    return query.ok ? searchPage(site, query.value.q) : query.refusal;
  });
  app.get(paths.searchHits(), async (request, reply) => {
    const query = readQuery(querySchema, request);
    const hits = query.ok ? await search(site, query.value.q, MOST_IN_PALETTE) : [];
    return reply.header('cache-control', 'no-store').send({ hits: hits.map((hit) => ({ kind: hit.kind, name: hit.name, id: hit.id, state: hit.state, href: pathOf(hit) })) });
  });
}

async function searchPage(site: Site, q: string): Promise<Page> {
  const hits = await search(site, q, MOST_PER_KIND);
  return {
    title: q === '' ? 'Search' : `Search: ${q}`,
    section: null,
    address: paths.search({ q }),
    regions: [],
    content: () => html`<section class="head"><div><h1>Search</h1><p class="lead">Briefs by words of title and goal, workers, experiments and accounts by name, and everything by its id: whole, from its beginning, or in its short form.</p></div></section>
<section><article><form class="filters" method="get" action="${paths.search()}"><div class="field"><label for="search">Words or an id</label><input id="search" name="q" type="search" maxlength="${LONGEST_SEARCH}" value="${q}" autofocus></div><button type="submit">Search</button></form>
${q.trim() === '' ? null : html`<p class="fine" role="status">${hits.length === 0 ? 'Nothing found' : `${countOf(hits.length, 'result')} found`}</p>`}</article></section>
${results(q, hits)}`,
  };
}

function results(q: string, hits: readonly Hit[]): Fragment {
  if (hits.length === 0) return q.trim() === '' ? html`` : html`<section><article>${emptyState('Nothing is called that', 'All words must be in a title, a goal or a name; words are looked for in the newest 5,000 briefs and workers. An id needs its first three characters.', html`<a href="${paths.briefs()}">All briefs</a> · <a href="${paths.tasks()}">All tasks</a> · <a href="${paths.workers()}">All workers</a>`)}</article></section>`;
  const columns = [{ head: 'Name', kind: 'wide' }, { head: 'State' }, { head: 'Id', kind: 'id' }] as const;
  return html`${HIT_KINDS.map((kind) => {
    const found = hits.filter((hit) => hit.kind === kind);
    if (found.length === 0) return null;
    const rows = found.map((hit) => ({ id: `${kind}-${hit.id}`, cells: [named(pathOf(hit), hit.name), hit.state === null ? null : badge(hit.state as State), html`<a class="mono" href="${pathOf(hit)}">${hit.id}</a>`] }));
    return html`<section>${card(TITLES[kind], table(TITLES[kind], columns, rows))}</section>`;
  })}`;
}

function pathOf(hit: Hit): string {
  const to: Record<Hit['kind'], (id: string) => string> = { brief: (id) => paths.brief(id), family: (id) => paths.family(id), task: (id) => paths.task(id), worker: (id) => paths.worker(id), experiment: (id) => paths.experiment(id), account: (id) => paths.creditAccount(id) };
  return to[hit.kind](hit.id);
}
