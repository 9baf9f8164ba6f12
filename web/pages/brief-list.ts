import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { BRIEF_STATES, type Brief, type BriefState, type Family } from '#core/brief.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { TOPICS } from '#engine/engine.ts';
import { id } from '#protocol/scalar.ts';
import { searchBriefs, type BriefSearch } from '#web/brief-search.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { registerPage, type Page, type Site } from '#web/page.ts';
import { badge, syntheticMark } from '#web/parts/badge.ts';
import { briefActions } from '#web/parts/brief-actions.ts';
import { choice, field } from '#web/parts/field.ts';
import { idLink } from '#web/parts/identity.ts';
import { ago } from '#web/parts/moment.ts';
import { bestOfText, count, creditsText, measured } from '#web/parts/number.ts';
import { familySparkline } from '#web/parts/pictures/sparkline.ts';
import { progressBar, settledOf } from '#web/parts/progress.ts';
import { card, emptyState, pager, table, type Row } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';
import { readFamilies } from '#web/related.ts';
import { readSyntheticNames } from '#web/synthetic.ts';

const BRIEFS_PER_PAGE = 25;
const LONGEST_TEXT = 200;

const listQuery = z.object({
  state: z.enum(BRIEF_STATES).optional(),
  owner: id.optional(),
  q: z.string().trim().max(LONGEST_TEXT, `can have at most ${LONGEST_TEXT} characters`).optional(),
  sort: z.enum(['newest', 'oldest']).default('newest'),
  from: id.optional(),
});

/** All briefs, by age, as far as they match. */
export function registerBriefList(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.briefs(), async (request) => {
    const query = readQuery(listQuery, request);
    if (!query.ok) return query.refusal;
    const { state, owner, q, sort, from } = query.value;
    return briefListPage(site, { state: state ?? null, owner: owner ?? null, text: q ?? '', sort, from: from ?? null });
  });
}

function briefListPage(site: Site, search: BriefSearch): Page {
  return {
    title: 'Briefs',
    section: 'briefs',
    address: addressOf(search),
    regions: [{ id: 'briefs', topics: [TOPICS.briefs], render: () => briefs(site, search) }],
    content: (region) => html`<section class="head"><div><h1>Briefs</h1><p class="lead">Each asks one question; its campaign answers it.</p></div><div class="actions"><a role="button" href="${paths.briefNew()}">New brief</a></div></section>
${filters(search)}${region('briefs')}`,
  };
}

function addressOf({ state, owner, text, sort, from }: BriefSearch): string {
  return paths.briefs({ state, owner, q: text, sort: sort === 'newest' ? null : sort, from });
}

function filters({ state, owner, text, sort }: BriefSearch): Fragment {
  const owners = [...new Set([LOCAL_ID, owner])].filter((one) => one !== null).map((one) => ({ value: one, text: one === LOCAL_ID ? 'this server' : one }));
  return html`<form class="filters" method="get" autocomplete="off" action="${paths.briefs()}">
${field({ name: 'q', label: 'Words of title, goal or experiment', value: text, type: 'search' })}
${choice({ name: 'state', label: 'State', value: state ?? '', options: [{ value: '', text: 'any' }, ...BRIEF_STATES.map((one) => ({ value: one, text: one }))] })}
${choice({ name: 'owner', label: 'Owner', value: owner ?? '', options: [{ value: '', text: 'anyone' }, ...owners] })}
${choice({ name: 'sort', label: 'Order', value: sort, options: [{ value: 'newest', text: 'newest first' }, { value: 'oldest', text: 'oldest first' }] })}
<button type="submit" class="secondary">Show</button></form>`;
}

async function briefs(site: Site, search: BriefSearch): Promise<Fragment> {
  const [found, synthetic] = await Promise.all([searchBriefs(site.reader, search, BRIEFS_PER_PAGE), readSyntheticNames(site.reader)]);
  const families = await readFamilies(site.reader, found.briefs.map((brief) => brief.familyId));
  const now = site.engine.now();
  const rows = await Promise.all(
    found.briefs.map(async (brief) => {
      const family = families.get(brief.familyId);
      // A brief that is deleted meanwhile is gone with its family.
      return family === undefined ? null : briefRow(brief, family, await familySparkline(site.reader, family), synthetic.has(brief.experiment), now);
    }),
  );
  const columns = [
    ...([{ head: 'Brief', kind: 'id' }, { head: 'Question', kind: 'wide' }, { head: 'State, created' }, { head: 'Progress' }, { head: 'Best', kind: 'num' }, { head: 'Best so far' }] as const),
    ...([{ head: 'Spent', kind: 'num' }, { head: 'Hardware' }, { head: 'Actions' }] as const),
  ];
  const isFiltered = search.text !== '' || search.state !== null || search.owner !== null;
  const next = found.next === null ? null : addressOf({ ...search, from: found.next });
  const first = search.from === null ? null : addressOf({ ...search, from: null });
  const words = search.sort === 'newest' ? { first: 'Newest', next: found.isFull ? 'Older' : 'Look further back' } : { first: 'Oldest', next: found.isFull ? 'Newer' : 'Look further on' };
  const looked = found.next === null || found.isFull ? null : html`<p class="fine">Looked through ${count(found.looked)} briefs so far; there are more.</p>`;
  const body = rows.length === 0 ? nothingHere(search, isFiltered) : table('Briefs', columns, rows.filter((row) => row !== null), 'stacked');
  return card(isFiltered ? 'Briefs that match' : 'All briefs', html`${body}${looked}${pager(first, next, words)}`, stateTabs(search));
}

function briefRow(brief: Brief, family: Family, trend: Fragment, synthetic: boolean, now: number): Row {
  const { counts, rollup, metric } = family;
  const best = rollup.bestTaskId === null ? measured(null) : html`<a href="${paths.task(rollup.bestTaskId)}">${measured(rollup.best)}</a>`;
  return {
    id: `brief-${brief.id}`,
    cells: [
      idLink(paths.brief(brief.id), brief.id),
      html`<a href="${paths.brief(brief.id)}">${brief.title}</a><small class="goal">${brief.goal}</small>`,
      html`${badge(brief.state)}<small>${ago(brief.createdAt, now)}</small>`,
      brief.state === 'draft' ? html`<small>${count(brief.numTasks)} tasks, not launched</small>` : html`${progressBar(counts)}<small>${settledOf(counts)} tasks${counts.failed > 0 ? ` · ${count(counts.failed)} failed` : ''}</small>`,
      html`${best}<small>${metric.name}, ${bestOfText(rollup.n)}</small>${syntheticMark(synthetic)}`,
      trend,
      html`${creditsText(brief.spentMicrocredits)}<small>of ${creditsText(brief.budgetMicrocredits)} credits</small>`,
      brief.hardwareProfile,
      briefActions(brief, 'scarce'),
    ],
  };
}

function stateTabs(search: BriefSearch): Fragment {
  const tab = (state: BriefState | null) => html`<a href="${addressOf({ ...search, state, from: null })}"${state === search.state ? html` aria-current="true"` : null}>${state ?? 'all'}</a>`;
  return html`<nav class="tabs" aria-label="Filter by state">${[null, ...BRIEF_STATES].map(tab)}</nav>`;
}

function nothingHere(search: BriefSearch, isFiltered: boolean): Content {
  const all = html`<a href="${paths.briefs()}">Show all briefs</a>`;
  if (search.text !== '') return emptyState(`No brief with “${search.text}”`, 'Each of these words must stand in the title, the goal, the experiment or the id.', all);
  if (isFiltered) return emptyState(search.state === null ? 'No brief of this owner' : `No brief is ${search.state}`, all);
  if (search.from !== null) return emptyState('No more briefs', all);
  return emptyState(
    'No briefs yet',
    'A brief says what you want to know, what may be tried and what it may cost. From it come tasks, one training run each, which the workers of your lab take on.',
    html`<a role="button" href="${paths.briefNew()}">Write the first brief</a>`,
  );
}
