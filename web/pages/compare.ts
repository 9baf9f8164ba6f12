import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Outcome } from '#core/errors.ts';
import { accept } from '#core/errors.ts';
import { TOPICS } from '#engine/engine.ts';
import { id } from '#protocol/scalar.ts';
import { html, nothing, type Content, type Fragment } from '#web/html.ts';
import { refusalPage, registerPage, type Page, type Site } from '#web/page.ts';
import { syntheticMark } from '#web/parts/badge.ts';
import { columnsOf, standings, type Compared, type ComparedColumn } from '#web/parts/compare/columns.ts';
import { curvesCards } from '#web/parts/compare/curves-cards.ts';
import { exportCurves, exportValues } from '#web/parts/compare/export.ts';
import { comparisonGrid } from '#web/parts/compare/grid.ts';
import { readNoises } from '#web/parts/compare/noise.ts';
import { askedFor, bestIds, MOST_COMPARED, readCompared, withSeeds, type Asked } from '#web/parts/compare/read.ts';
import { saidOf } from '#web/parts/compare/said.ts';
import { EXPORT_TYPES } from '#web/parts/export.ts';
import { field } from '#web/parts/field.ts';
import { crumbs } from '#web/parts/identity.ts';
import { count } from '#web/parts/number.ts';
import { card, emptyState } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';
import { readSyntheticNames } from '#web/synthetic.ts';

const MOST_CHARACTERS = 8000;

const compareQuery = z.object({
  tasks: z.string().max(MOST_CHARACTERS, 'names too many tasks').default(''),
  add: z.string().max(MOST_CHARACTERS, 'names too many tasks').default(''),
  family: id.optional(),
  best: z.coerce.number().int().min(1).max(MOST_COMPARED).optional(),
  seeds: z.enum(['all']).optional(),
  equal: z.enum(['show', 'hide']).default('hide'),
});
const exportQuery = z.object({ tasks: z.string().max(MOST_CHARACTERS, 'names too many tasks').default(''), what: z.enum(['values', 'curves']).default('values') });

/** What is compared, and what could not be. */
type Comparison = { asked: Asked; unknown: string[]; compared: Compared[]; showEqual: boolean };

/** Tasks side by side. The address names them; the best of a family can be asked for instead, and the other seeds along. */
export function registerCompare(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.compare(), async (request) => {
    const comparison = await readComparison(site, request);
    return comparison.ok ? comparePage(site, comparison.value) : comparison.refusal;
  });
  app.get(paths.compareExport(), async (request, reply) => {
    const query = readQuery(exportQuery, request);
    if (!query.ok) return refusalPage(site, request, reply, query.refusal);
    const { compared } = await readCompared(site.reader, askedFor(query.value.tasks).ids);
    const columns = columnsOf(compared);
    const text = query.value.what === 'curves' ? exportCurves(site.reader, compared.map((one) => one.task)) : exportValues(columns, standings(columns, await readNoises(site.reader, columns)));
    return reply
      .headers({ 'cache-control': 'private, no-cache', 'content-disposition': `attachment; filename="compare-${query.value.what}.csv"` })
      .type(EXPORT_TYPES.csv)
      .send(Readable.from(text));
  });
}

async function readComparison(site: Site, request: FastifyRequest): Promise<Outcome<Comparison>> {
  const query = readQuery(compareQuery, request);
  if (!query.ok) return query;
  const { tasks, add, family, best, seeds, equal } = query.value;
  const leaders = family === undefined ? [] : await bestIds(site.reader, family, best ?? 5);
  const named = askedFor(`${tasks} ${add} ${leaders.join(' ')}`);
  const read = await readCompared(site.reader, named.ids);
  const showEqual = equal === 'show';
  if (seeds !== 'all') return accept({ asked: named, ...read, showEqual });
  const wider = askedFor((await withSeeds(site.reader, read.compared)).join(' '));
  const all = await readCompared(site.reader, wider.ids);
  return accept({ asked: { ...wider, malformed: named.malformed }, unknown: read.unknown, compared: all.compared, showEqual });
}

function comparePage(site: Site, comparison: Comparison): Page {
  const { asked, unknown, compared, showEqual } = comparison;
  const ids = compared.map((one) => one.task.id);
  const address = addressOf(ids, showEqual);
  const topics = ids.map(TOPICS.task);
  const fresh = async (): Promise<Compared[]> => (await readCompared(site.reader, ids)).compared;
  const title = compared.length === 0 ? 'Compare' : `Compare ${count(compared.length)} ${compared.length === 1 ? 'task' : 'tasks'}`;
  const regions = [
    { id: 'said', topics, render: async () => saidCard(site, columnsOf(await fresh())) },
    { id: 'side-by-side', topics, render: async () => gridCard(site, columnsOf(await fresh()), ids, showEqual) },
    { id: 'curves', topics, render: async () => curvesCards(site, columnsOf(await fresh()), paths.compareExport({ tasks: ids.join(','), what: 'curves' })) },
  ];
  return {
    title,
    section: 'tasks',
    styles: ['explorer.css'],
    address,
    regions: compared.length === 0 ? [] : regions,
    content: (region) => html`<section class="head"><div>${crumbs([paths.tasks(), 'Tasks'])}<h1>${title}</h1><p class="lead">Configurations side by side: what they chose, what came of it, and how much of a difference is noise.</p></div></section>
${missing(asked, unknown)}${compared.length === 0 ? card('Nothing to compare yet', emptyState('Choose tasks', html`Tick tasks in the <a href="${paths.tasks()}">list of tasks</a>, follow “Compare” on the page of a task or of a brief, or paste ids here.`)) : html`${region('said')}${region('side-by-side')}${region('curves')}`}
${addForm(ids, showEqual)}`,
  };
}

function addressOf(ids: readonly string[], showEqual: boolean): string {
  return paths.compare({ tasks: ids.join(','), equal: showEqual ? 'show' : null });
}

/** What of the address is not on the page, by name: nothing is left out silently. */
function missing({ total, malformed }: Asked, unknown: readonly string[]): Fragment {
  const strange = [...unknown, ...malformed];
  const listed = strange.slice(0, MOST_COMPARED).map((one) => html` <code>${one.length > 64 ? `${one.slice(0, 64)}…` : one}</code>`);
  const lines: Content[] = [
    ...(strange.length === 0 ? [] : [html`<p>${strange.length === 1 ? 'There is no task' : `There are no tasks`} with ${strange.length === 1 ? 'this id' : 'these ids'}:${listed}${strange.length > MOST_COMPARED ? ` and ${count(strange.length - MOST_COMPARED)} more` : null}</p>`]),
    ...(total > MOST_COMPARED ? [html`<p>${count(total)} tasks were asked for; the first ${MOST_COMPARED} are compared. The explorer on the page of a family aggregates any number.</p>`] : []),
  ];
  return lines.length === 0 ? nothing : html`<div class="notice warn" role="status">${lines}</div>`;
}

function addForm(ids: readonly string[], showEqual: boolean): Fragment {
  if (ids.length >= MOST_COMPARED) return html`<p class="fine">At most ${MOST_COMPARED} tasks are compared; take one out to add another.</p>`;
  const seeds = ids.length === 0 ? null : html`<a href="${paths.compare({ tasks: ids.join(','), seeds: 'all', equal: showEqual ? 'show' : null })}">Add the other seeds of these configurations</a>`;
  return html`<article><form class="filters" method="get" action="${paths.compare()}" autocomplete="off"><input type="hidden" name="tasks" value="${ids.join(',')}">${showEqual ? html`<input type="hidden" name="equal" value="show">` : null}${field({ name: 'add', label: 'Ids of tasks to add', value: '', type: 'text' })}<button type="submit" class="secondary">Add</button>${seeds}</form></article>`;
}

async function saidCard(site: Site, columns: readonly ComparedColumn[]): Promise<Fragment> {
  const [synthetic, noises] = await Promise.all([readSyntheticNames(site.reader), readNoises(site.reader, columns)]);
  const isSynthetic = columns.some((column) => synthetic.has(column.first.family.experiment));
  return html`<article class="answer" aria-label="What the values say">${saidOf(columns, standings(columns, noises))}${isSynthetic ? html`<p class="fine">${syntheticMark(true)}</p>` : null}</article>`;
}

async function gridCard(site: Site, columns: readonly ComparedColumn[], ids: readonly string[], showEqual: boolean): Promise<Fragment> {
  const without = ({ task }: Compared) => addressOf(ids.filter((one) => one !== task.id), showEqual);
  const grid = comparisonGrid(columns, standings(columns, await readNoises(site.reader, columns)), { now: site.engine.now(), showEqual, toggle: addressOf(ids, !showEqual), without });
  return html`<section>${card('Side by side', grid, html`<a href="${paths.compareExport({ tasks: ids.join(',') })}" download>Values as CSV</a>`)}</section>`;
}
