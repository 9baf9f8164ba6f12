import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { BRIEF_STATES, type Brief, type BriefState, type Family } from '#core/brief.ts';
import { assert } from '#core/errors.ts';
import { TOPICS } from '#engine/engine.ts';
import { id } from '#protocol/scalar.ts';
import { listBriefs } from '#store/brief.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { registerPage, type Page, type Site } from '#web/page.ts';
import { badge, syntheticMark } from '#web/parts/badge.ts';
import { briefActions } from '#web/parts/brief-actions.ts';
import { idLink } from '#web/parts/identity.ts';
import { ago } from '#web/parts/moment.ts';
import { count, creditsText, measured } from '#web/parts/number.ts';
import { progressBar, settledOf } from '#web/parts/progress.ts';
import { card, emptyState, pager, table, type Row } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';
import { readFamilies } from '#web/related.ts';
import { readSyntheticNames } from '#web/synthetic.ts';

const BRIEFS_PER_PAGE = 50;

const listQuery = z.object({ state: z.enum(BRIEF_STATES).optional(), before: id.optional() });
type ListQuery = { state: BriefState | null; before: string | null };

/** All briefs, the newest first. */
export function registerBriefList(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.briefs(), async (request) => {
    const query = readQuery(listQuery, request);
    return query.ok ? briefListPage(site, { state: query.value.state ?? null, before: query.value.before ?? null }) : query.refusal;
  });
}

function briefListPage(site: Site, query: ListQuery): Page {
  return {
    title: 'Briefs',
    section: 'briefs',
    address: paths.briefs(query),
    regions: [{ id: 'briefs', topics: [TOPICS.briefs], render: () => briefs(site, query) }],
    content: (region) => html`<section class="head"><div><h1>Briefs</h1><p class="lead">Each asks one question; its campaign answers it.</p></div><div class="actions"><a role="button" href="${paths.briefNew()}">New brief</a></div></section>
${region('briefs')}`,
  };
}

async function briefs(site: Site, query: ListQuery): Promise<Fragment> {
  const [found, synthetic] = await Promise.all([
    listBriefs(site.reader, { limit: BRIEFS_PER_PAGE + 1, before: query.before, state: query.state }),
    readSyntheticNames(site.reader),
  ]);
  const shown = found.slice(0, BRIEFS_PER_PAGE);
  const families = await readFamilies(site.reader, shown.map((brief) => brief.familyId));
  const now = site.engine.now();
  const rows = shown.map((brief) => {
    const family = families.get(brief.familyId);
    assert(family !== undefined, 'every brief has a family');
    return briefRow(brief, family, synthetic.has(brief.experiment), now);
  });
  const next = found.length > BRIEFS_PER_PAGE ? paths.briefs({ state: query.state, before: shown.at(-1)?.id }) : null;
  const first = query.before === null ? null : paths.briefs({ state: query.state });
  const columns = [
    ...([{ head: 'Brief', kind: 'id' }, { head: 'Question', kind: 'wide' }, { head: 'State, created' }, { head: 'Progress' }, { head: 'Best', kind: 'num' }] as const),
    ...([{ head: 'Spent', kind: 'num' }, { head: 'Hardware' }, { head: 'Actions' }] as const),
  ];
  const body = rows.length === 0 ? nothingHere(query) : html`${table('Briefs', columns, rows)}${pager(first, next)}`;
  return card(query.state === null ? 'All briefs' : `Briefs: ${query.state}`, body, stateTabs(query.state));
}

function briefRow(brief: Brief, family: Family, synthetic: boolean, now: number): Row {
  const { counts, rollup, metric } = family;
  const best = rollup.bestTaskId === null ? measured(null) : html`<a href="${paths.task(rollup.bestTaskId)}">${measured(rollup.best)}</a>`;
  return {
    id: `brief-${brief.id}`,
    cells: [
      idLink(paths.brief(brief.id), brief.id),
      html`<a href="${paths.brief(brief.id)}">${brief.title}</a><small class="goal">${brief.goal}</small>`,
      html`${badge(brief.state)}<small>${ago(brief.createdAt, now)}</small>`,
      brief.state === 'draft' ? html`<small>${count(brief.numTasks)} tasks, not launched</small>` : html`${progressBar(counts)}<small>${settledOf(counts)} tasks${counts.failed > 0 ? ` · ${count(counts.failed)} failed` : ''}</small>`,
      html`${best}<small>${metric.name}, n = ${count(rollup.n)} ${syntheticMark(synthetic)}</small>`,
      html`${creditsText(brief.spentMicrocredits)}<small>of ${creditsText(brief.budgetMicrocredits)} credits</small>`,
      brief.hardwareProfile,
      briefActions(brief),
    ],
  };
}

function stateTabs(current: BriefState | null): Fragment {
  const tab = (state: BriefState | null) => html`<a href="${paths.briefs({ state })}"${state === current ? html` aria-current="true"` : null}>${state ?? 'all'}</a>`;
  return html`<nav class="tabs" aria-label="Filter by state">${[null, ...BRIEF_STATES].map(tab)}</nav>`;
}

function nothingHere(query: ListQuery): Content {
  if (query.state !== null) return emptyState(`No brief is ${query.state}`, html`<a href="${paths.briefs()}">Show all briefs</a>`);
  if (query.before !== null) return emptyState('No older briefs', html`<a href="${paths.briefs()}">Back to the newest</a>`);
  return emptyState(
    'No briefs yet',
    'A brief says what you want to know, what may be tried and what it may cost. From it come tasks, one training run each, which the workers of your lab take on.',
    html`<a role="button" href="${paths.briefNew()}">Write the first brief</a>`,
  );
}
