import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Brief, Family } from '#core/brief.ts';
import type { Experiment } from '#core/experiment.ts';
import { assert, refuse, type Refusal } from '#core/errors.ts';
import type { Space } from '#core/space.ts';
import { describeFamily, type FamilyDescription } from '#engine/describe-family.ts';
import { TOPICS } from '#engine/engine.ts';
import { findBrief } from '#store/brief.ts';
import { findPackage } from '#store/experiment.ts';
import { findFamily } from '#store/family.ts';
import { findTask } from '#store/task.ts';
import { between, html, type Content, type Fragment } from '#web/html.ts';
import { registerPage, type Page, type Site } from '#web/page.ts';
import { answerCard } from '#web/parts/answer-card.ts';
import { variedNames } from '#web/parts/answer.ts';
import { badge, syntheticMark } from '#web/parts/badge.ts';
import { briefActions } from '#web/parts/brief-actions.ts';
import { budgetCard } from '#web/parts/burn-down.ts';
import { refusalNotice } from '#web/parts/field.ts';
import { crumbs, idLink } from '#web/parts/identity.ts';
import { requirementsText } from '#web/parts/machine.ts';
import { ago } from '#web/parts/moment.ts';
import { count, countOf, credits, duration, measured } from '#web/parts/number.ts';
import { gallery, galleryQuery } from '#web/parts/pictures/gallery.ts';
import { spaceTable } from '#web/parts/space-table.ts';
import { readStanding } from '#web/parts/standing.ts';
import { stoppingRuns } from '#web/parts/stopping.ts';
import { card, emptyState, facts } from '#web/parts/table.ts';
import { fromAsked, tableQuery, toAsked } from '#web/parts/task-table/asked.ts';
import { TASK_TABLE_SCRIPTS, taskTable } from '#web/parts/task-table/task-table.ts';
import { winner, winnerTitle } from '#web/parts/winner.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';
import { stillThere } from '#web/vanished.ts';

const MOST_SIDE_BY_SIDE = 5;
const LONG_GOAL = 420;
const LONG_GOAL_LINES = 6;
/** Parameters that get a column by themselves. */
const MOST_VARIED = 10;

const showQuery = z.object({ ...tableQuery, ...galleryQuery });
type ShowQuery = z.infer<typeof showQuery>;

/** What an address without a query asks for. */
export const PLAIN_BRIEF: ShowQuery = showQuery.parse({});

/** One brief: the question, the answer so far, and the campaign behind it. */
export function registerBriefShow(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.brief(':id'), async (request) => {
    const { id } = request.params as { id: string };
    const query = readQuery(showQuery, request);
    return query.ok ? briefPage(site, id, query.value, null) : query.refusal;
  });
}

/** The page of a brief, with the refusal of what was just asked of it. */
export async function briefPage(site: Site, id: string, asked: ShowQuery, refusal: Refusal | null): Promise<Page | Refusal> {
  const found = await findBrief(site.reader, id);
  if (found === null) return refuse('brief_not_found').refusal;
  const experiment = await readExperiment(site, found);
  const topics = [TOPICS.brief(found.id)];
  const region = (name: string, render: (campaign: Campaign) => Fragment | Promise<Fragment>) => ({ id: name, topics, render: async () => render(await readCampaign(site, id, experiment)) });
  const family = await findFamily(site.reader, found.familyId);
  assert(family !== null, 'every brief has a family');
  const defaults = { sort: 'oldest', columns: columnsFor(found.space) } as const;
  const path = paths.brief(id);
  const pictures = gallery(site, { family, space: found.space, synthetic: experiment.synthetic, topics, path, query: { ...fromAsked(toAsked(asked), defaults), filter: null, cursor: null } }, asked);
  const none = () => emptyState('No tasks yet', 'A draft has none: its tasks are made when it is launched.');
  const table = await taskTable(site, { asked: toAsked(asked), family, space: found.space, path, keep: { ...pictures.query, filter: null }, anchor: '#tasks', defaults, none });
  if ('code' in table) return table;
  return {
    title: found.title,
    section: 'briefs',
    styles: ['explorer.css', 'credits.css'],
    status: table.status,
    address: paths.brief(id, { ...pictures.query, ...table.query }),
    scripts: ['brush.js', ...TASK_TABLE_SCRIPTS],
    regions: [
      region('head', head),
      { id: 'stopping', topics: [...topics, TOPICS.workers], render: () => stoppingRuns(site, found.familyId) },
      { ...region('answer', ({ brief, family }) => answerCard(site, brief, family, experiment.synthetic)), topics: found.finishedAt === null ? [...topics, TOPICS.workers] : topics },
      ...pictures.regions,
      region('winner', (campaign) => winnerCard(site, campaign)),
      table.region,
      { ...region('budget', ({ brief }) => budgetCard(site, brief)), topics: found.finishedAt === null ? [...topics, TOPICS.workers] : topics },
      region('details', (campaign) => detailsCard(site, campaign)),
    ],
    content: (place) => html`${place('head')}${refusalNotice(refusal)}${place('stopping')}${place('answer')}${pictures.content(place)}<div class="columns campaign">${place('winner')}${tasksCard(family, table.content(place), asked.filter)}</div><section>${place('budget')}</section><div class="columns facts-and-space">${place('details')}${card('Search space', spaceTable(found.space))}</div>`,
  };
}

type Campaign = { brief: Brief; family: Family; experiment: Experiment; description: FamilyDescription };

/** The experiment as the brief runs it. It never changes, so a page reads it once and not with every update. */
async function readExperiment(site: Site, brief: Brief): Promise<Experiment> {
  const family = stillThere(await findFamily(site.reader, brief.familyId));
  const stored = await findPackage(site.reader, family.packageSha256);
  assert(stored !== null, 'the package of a family is kept');
  return stored.experiment;
}

async function readCampaign(site: Site, id: string, experiment: Experiment): Promise<Campaign> {
  const brief = stillThere(await findBrief(site.reader, id));
  const family = stillThere(await findFamily(site.reader, brief.familyId));
  return { brief, family, experiment, description: await describeFamily(site.reader, family) };
}

function head({ brief, experiment }: Campaign): Fragment {
  return html`<section class="head"><div>${crumbs([paths.briefs(), 'Briefs'])}<h1>${brief.title} ${badge(brief.state)} ${syntheticMark(experiment.synthetic)}</h1>
${goal(brief.goal)}</div>${briefActions(brief)}</section>`;
}

/** The goal; of a long one the beginning, with the rest to open, so that the answer stays in sight. */
function goal(text: string): Content {
  if (text === '') return null;
  const lines = text.split('\n');
  if (text.length <= LONG_GOAL && lines.length <= LONG_GOAL_LINES) return html`<p class="lead goal">${text}</p>`;
  const start = lines.slice(0, LONG_GOAL_LINES).join('\n').slice(0, LONG_GOAL).replace(/\s+\S*$/, '');
  return html`<details class="goal" id="goal"><summary>${start} <b>… read all</b></summary>${text.slice(start.length).trim()}</details>`;
}

async function winnerCard(site: Site, { brief, family, experiment }: Campaign): Promise<Fragment> {
  const standing = await readStanding(site.reader, family);
  const best = standing === null ? null : await findTask(site.reader, standing.leader.rollup.bestTaskId ?? '');
  if (standing === null || best === null) return card('Winning configuration', noWinner(brief, family));
  return card(winnerTitle(standing, family), winner(standing, best, family, brief.space, experiment), syntheticMark(experiment.synthetic));
}

function noWinner(brief: Brief, { metric }: Family): Fragment {
  if (brief.finishedAt !== null) return emptyState('No winner', `No task reported ${metric.name}.`);
  return emptyState('No winner yet', brief.state === 'draft' ? 'Launch the brief, and its tasks begin to report values.' : `The first task to report ${metric.name} appears here.`);
}

/** The columns that tell the tasks of a campaign apart: a table wider than this is read by nobody. */
function columnsFor(space: Space): string[] {
  const varied = variedNames(space).slice(0, MOST_VARIED).map((name) => `config.${name}`);
  return ['state', 'value', 'behind', ...varied, 'worker', 'duration'];
}

function tasksCard(family: Pick<Family, 'id' | 'rollup'>, table: Fragment, filter: string): Fragment {
  const compare = family.rollup.n < 2 ? [] : [html`<a href="${paths.compare({ family: family.id, best: MOST_SIDE_BY_SIDE })}">Compare the best ${count(Math.min(family.rollup.n, MOST_SIDE_BY_SIDE))}</a>`];
  const exported = (format: 'csv' | 'json') => html`<a href="${paths.familyExport(family.id, { format, filter })}" download>${format.toUpperCase()}</a>`;
  return card('Tasks', table, html`<span>${between([...compare, exported('csv'), exported('json')], ' · ')}</span>`);
}

function detailsCard(site: Site, { brief, family, experiment, description }: Campaign): Fragment {
  const now = site.engine.now();
  const { requires } = brief;
  const configurations = Math.ceil(brief.numTasks / brief.replicates);
  const pairs: [Content, Content][] = [
    ['Experiment', html`<a href="${paths.experiment(brief.experiment)}">${experiment.title}</a>`],
    ['Family', idLink(paths.family(family.id), family.id)],
    ['Metric', `${family.metric.name}, ${family.metric.direction === 'minimize' ? 'lower' : 'higher'} is better`],
    ['Median', measured(description.median)],
    ['Lowest … highest', family.rollup.n === 0 ? measured(null) : html`${measured(family.rollup.min)} … ${measured(family.rollup.max)}`],
    ['Strategy', `${brief.strategy.name}, seed ${brief.strategy.seed}`],
    ['Tasks', html`${count(brief.numTasks)} <small>${countOf(configurations, 'configuration')} × ${countOf(brief.replicates, 'seed')}</small>`],
    ['Time budget', `${duration(brief.timeBudgetSeconds * 1000)} each`],
    ['Budget', html`${credits(brief.budgetMicrocredits)} credits`],
    ['Hardware', brief.hardwareProfile],
    ['Requires', requirementsText(requires)],
    ['Created', ago(brief.createdAt, now)],
    ['Launched', ago(brief.launchedAt, now)],
    ['Finished', ago(brief.finishedAt, now)],
  ];
  return card('Details', html`${facts(pairs)}<p class="fine">Brief <code>${brief.id}</code> · <a href="${paths.briefReport(brief.id)}">Report to keep or send</a> · <a href="${paths.briefFile(brief.id)}">Brief as YAML</a></p>`);
}
