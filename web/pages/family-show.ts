import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Brief, Family } from '#core/brief.ts';
import { assert, ERRORS, refuse, type Refusal } from '#core/errors.ts';
import { standardDeviation } from '#core/rollup.ts';
import { describeFamily } from '#engine/describe-family.ts';
import { TOPICS } from '#engine/engine.ts';
import { chooseBaseline } from '#engine/set-baseline.ts';
import { findBrief } from '#store/brief.ts';
import { findPackage, type Package } from '#store/experiment.ts';
import { findFamily } from '#store/family.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { refusalPage, registerPage, sendPage, type Page, type Site } from '#web/page.ts';
import { badge, syntheticMark } from '#web/parts/badge.ts';
import { exploreAddress, exploredOf, exploreQuery } from '#web/parts/explore/asked.ts';
import { baselineForm, readBaseline, type TypedBaseline } from '#web/parts/explore/baseline.ts';
import { exploreForm, explorerView } from '#web/parts/explore/explorer.ts';
import { EXPORT_TYPES, exportFamily } from '#web/parts/export.ts';
import { copyable, crumbs } from '#web/parts/identity.ts';
import { needsText, requirementsText } from '#web/parts/machine.ts';
import { ago } from '#web/parts/moment.ts';
import { count, measured, meanAndDeviation } from '#web/parts/number.ts';
import { gallery, galleryQuery } from '#web/parts/pictures/gallery.ts';
import { progressBar, progressText } from '#web/parts/progress.ts';
import { card, emptyState, facts } from '#web/parts/table.ts';
import { fromAsked, tableQuery, toAsked } from '#web/parts/task-table/asked.ts';
import { TASK_TABLE_SCRIPTS, taskTable } from '#web/parts/task-table/task-table.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';
import { readFilter, readVocabulary } from '#web/task-filter.ts';
import { stillThere } from '#web/vanished.ts';

const DEFAULTS = { sort: 'oldest', columns: ['state', 'value', 'seed', 'budget', 'priority', 'attempt', 'duration'] } as const;

const showQuery = z.object({ ...tableQuery, ...galleryQuery, ...exploreQuery });
const baselineBody = z.object({ baseline: z.string() });
const exportQuery = z.object({ format: z.enum(['csv', 'json']).default('csv'), filter: z.string().optional() });

/** One family: what ran, on what, and every task of it. */
export function registerFamilyShow(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.family(':id'), async (request) => {
    const { id } = request.params as { id: string };
    const query = readQuery(showQuery, request);
    return query.ok ? familyPage(site, id, query.value) : query.refusal;
  });
  app.get<{ Params: { id: string } }>(paths.familyBaseline(':id'), async (request, reply) => reply.redirect(paths.family(request.params.id), 303));
  app.post<{ Params: { id: string } }>(paths.familyBaseline(':id'), async (request, reply) => {
    const { id } = request.params;
    const form = baselineBody.safeParse(request.body);
    const text = form.data?.baseline ?? '';
    const read = form.success ? readBaseline(text) : refuse('invalid', 'The form has no baseline.', [{ path: 'baseline', message: 'is needed, though it may be empty' }]);
    const outcome = read.ok ? await chooseBaseline(site.engine, id, read.value) : read;
    if (outcome.ok) return reply.redirect(`${paths.family(id)}#explorer`, 303);
    const page = await familyPage(site, id, showQuery.parse({}), { text, issues: outcome.refusal.issues });
    return 'code' in page ? refusalPage(site, request, reply, page) : sendPage(site, request, reply, page, ERRORS[outcome.refusal.code].status);
  });
  app.get<{ Params: { id: string } }>(paths.familyExport(':id'), async (request, reply) => {
    const query = readQuery(exportQuery, request);
    if (!query.ok) return refusalPage(site, request, reply, query.refusal);
    const { format } = query.value;
    const family = await findFamily(site.reader, request.params.id);
    if (family === null) return refusalPage(site, request, reply, refuse('family_not_found').refusal);
    const filter = readFilter(query.value.filter, await readVocabulary(site.reader, family));
    if (!filter.ok) return refusalPage(site, request, reply, filter.refusal);
    return reply
      .headers({ 'cache-control': 'private, no-cache', 'content-disposition': `attachment; filename="${family.id}.${format}"` })
      .type(EXPORT_TYPES[format])
      .send(Readable.from(exportFamily(site.reader, family, format, filter.value, site.engine.now())));
  });
}

async function familyPage(site: Site, id: string, asked: z.infer<typeof showQuery>, typed: TypedBaseline | null = null): Promise<Page | Refusal> {
  const { reader } = site;
  const found = await findFamily(reader, id);
  if (found === null) return refuse('family_not_found').refusal;
  const stored = await findPackage(reader, found.packageSha256);
  const brief = stillThere(await findBrief(reader, found.briefId));
  assert(stored !== null, 'the package of a family is kept');
  const { synthetic } = stored.experiment;
  const topics = [TOPICS.family(id)];
  const explored = exploredOf(asked, brief.space);
  if (!explored.ok) return explored.refusal;
  const exploration = exploreAddress(explored.value, brief.space);
  const path = paths.family(id);
  const own = { ...fromAsked(toAsked(asked), DEFAULTS), filter: null, cursor: null };
  const pictures = gallery(site, { family: found, space: brief.space, synthetic, topics, path, query: { ...exploration, ...own } }, asked);
  const form = exploreForm(found, brief.space, explored.value, { ...pictures.query, ...own, filter: asked.filter });
  const none = () => emptyState('No tasks', 'The tasks of a draft are made when its brief is launched.');
  const table = await taskTable(site, { asked: toAsked(asked), family: found, space: brief.space, path, keep: { ...pictures.query, ...exploration, filter: null }, anchor: '#tasks', defaults: DEFAULTS, none });
  if ('code' in table) return table;
  const region = (name: string, render: (family: Family) => Fragment | Promise<Fragment>) => ({
    id: name,
    topics,
    render: async () => render(stillThere(await findFamily(reader, id))),
  });
  return {
    title: found.name,
    section: 'families',
    styles: ['explorer.css'],
    status: table.status,
    address: paths.family(id, { ...pictures.query, ...exploration, ...table.query }),
    scripts: ['brush.js', ...TASK_TABLE_SCRIPTS],
    regions: [
      region('head', (family) => head(family, synthetic)),
      region('details', (family) => detailsCard(site, family, brief, synthetic)),
      ...pictures.regions,
      region('explored', (family) => explorerView(site, family, brief.space, explored.value, asked.filter)),
      table.region,
    ],
    content: (place) => html`${place('head')}${place('details')}${pictures.content(place)}${explorerCard(found, html`${form}${place('explored')}${baselineForm(found, typed)}`, synthetic)}${card('Tasks', table.content(place), exportLinks(found, asked.filter))}${codeCard(found, stored)}`,
  };
}

function explorerCard(family: Family, view: Fragment, synthetic: boolean): Fragment {
  return html`<section id="explorer">${card('Explorer', view, html`<span class="beside">${syntheticMark(synthetic)}<a href="${paths.familyExport(family.id, { format: 'csv' })}" download>Data as CSV</a></span>`)}</section>`;
}

function head(family: Family, synthetic: boolean): Fragment {
  return html`<section class="head"><div>${crumbs([paths.families(), 'Families'])}<h1>${family.name} ${badge(family.state)} ${syntheticMark(synthetic)}</h1><p class="fine"><code>${family.id}</code></p></div>
<div class="actions"><a role="button" class="secondary" href="${paths.brief(family.briefId)}">Brief</a></div></section>`;
}

async function detailsCard(site: Site, family: Family, brief: Brief, synthetic: boolean): Promise<Fragment> {
  const { rollup, metric, counts } = family;
  const { median } = await describeFamily(site.reader, family);
  const pairs: [Content, Content][] = [
    ['Brief', html`<a href="${paths.brief(brief.id)}">${brief.title}</a>`],
    ['Metric', `${metric.name}, ${metric.direction === 'minimize' ? 'lower' : 'higher'} is better`],
    ['Baseline', family.baseline === null ? html`<span class="none">none set</span>` : measured(family.baseline)],
    [html`Best ${syntheticMark(synthetic)}`, rollup.bestTaskId === null ? measured(null) : html`<a href="${paths.task(rollup.bestTaskId)}">${measured(rollup.best)}</a>`],
    ['Mean ± sd', html`${meanAndDeviation(rollup.n === 0 ? null : rollup.mean, standardDeviation(rollup))} <small>n = ${count(rollup.n)}</small>`],
    ['Median', measured(median)],
    ['Minimum resources', requirementsText(family.requires)],
    ['Runtimes', needsText(family.needs) || 'none'],
    ['Created', ago(family.createdAt, site.engine.now())],
  ];
  return card('Details', html`${facts(pairs)}<div class="so-far">${progressBar(counts)}<p class="fine">${progressText(counts)}</p></div>`);
}

function exportLinks(family: Pick<Family, 'id'>, filter: string): Fragment {
  const link = (format: 'csv' | 'json') => html`<a href="${paths.familyExport(family.id, { format, filter })}" download>${format.toUpperCase()}</a>`;
  return html`<span>${link('csv')} · ${link('json')}</span>`;
}

function codeCard(family: Family, { experiment, script }: Pick<Package, 'experiment' | 'script'>): Fragment {
  const pairs: [Content, Content][] = [
    ['Experiment', html`<a href="${paths.experiment(experiment.name)}">${experiment.title}</a>`],
    ['Started as', html`<code>${experiment.run.join(' ')}</code>`],
    ['Package', html`<code class="hash">${family.packageSha256}</code>`],
  ];
  return card('What exactly ran', html`${facts(pairs)}<details class="script" id="script"><summary>Script (${count(script.split('\n').length)} lines)</summary>${copyable('script-text', script, 'The script that ran')}</details>`);
}
