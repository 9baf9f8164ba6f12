import type { FastifyInstance } from 'fastify';
import type { Family } from '#core/brief.ts';
import { totalCount } from '#core/brief.ts';
import { assert } from '#core/errors.ts';
import type { Task } from '#core/task.ts';
import { TOPICS } from '#engine/engine.ts';
import { listBriefs } from '#store/brief.ts';
import { listTasks } from '#store/task.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { registerPage, type Page, type Site } from '#web/page.ts';
import { badge, syntheticMark } from '#web/parts/badge.ts';
import { named, taskLink } from '#web/parts/identity.ts';
import { ago, took } from '#web/parts/moment.ts';
import { count, measured } from '#web/parts/number.ts';
import { progressBar, settledOf } from '#web/parts/progress.ts';
import { card, emptyState, table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readFamilies } from '#web/related.ts';
import { readStats } from '#web/stats.ts';
import { readSyntheticNames } from '#web/synthetic.ts';

const MOST_CAMPAIGNS = 8;
const MOST_RESULTS = 12;

/** The first page: what the whole server is doing now. */
export function registerOverview(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.overview(), async (): Promise<Page> => ({
    title: 'Overview',
    section: 'overview',
    address: paths.overview(),
    regions: [
      { id: 'tiles', topics: [TOPICS.stats, TOPICS.ledger, TOPICS.workers], render: () => tiles(site) },
      { id: 'campaigns', topics: [TOPICS.briefs], render: () => campaigns(site) },
      { id: 'results', topics: [TOPICS.tasks], render: () => results(site) },
    ],
    content: (region) => html`<section class="head"><h1>Overview</h1><div class="actions"><a role="button" href="${paths.briefNew()}">New brief</a></div></section>
${region('tiles')}${region('campaigns')}${region('results')}`,
  }));
}

async function tiles(site: Site): Promise<Fragment> {
  const { workers, tasks, families, briefs, credits_in_circulation: credits } = await readStats(site);
  const tile = (name: string, href: string, figure: Content, beside: string, below: Content) =>
    html`<article><h2><a href="${href}">${name}</a></h2><p><b>${figure}</b> ${beside}</p><p class="fine">${below}</p></article>`;
  const some = (value: number, state: string) => html`<a href="${paths.tasks({ state })}">${count(value)} ${state}</a>`;
  return html`<section class="tiles" aria-label="Live statistics">
${tile('Workers', paths.workers(), count(workers.online), `online of ${count(workers.total)}`, `${count(workers.busy)} busy · ${count(workers.online - workers.busy)} idle · ${count(workers.total - workers.online)} offline`)}
${tile('Tasks', paths.tasks(), count(tasks.running), 'running', html`${some(tasks.pending, 'pending')} · ${some(tasks.completed, 'completed')} · ${some(tasks.failed, 'failed')} · ${count(tasks.total)} total`)}
${tile('Families', paths.families(), count(families), families === 1 ? 'campaign' : 'campaigns', 'one for each brief')}
${tile('Briefs', paths.briefs(), count(briefs), briefs === 1 ? 'question asked' : 'questions asked', html`<a href="${paths.briefNew()}">${briefs === 0 ? 'Ask the first' : 'Ask another'}</a>`)}
${tile('Credits', paths.credits(), credits.toFixed(2), 'in circulation', 'earned by accepted results')}
</section>`;
}

async function campaigns(site: Site): Promise<Fragment> {
  const { reader } = site;
  const [running, paused, synthetic] = await Promise.all([
    listBriefs(reader, { limit: MOST_CAMPAIGNS, before: null, state: 'running' }),
    listBriefs(reader, { limit: MOST_CAMPAIGNS, before: null, state: 'paused' }),
    readSyntheticNames(reader),
  ]);
  const briefs = [...running, ...paused].slice(0, MOST_CAMPAIGNS);
  const families = await readFamilies(reader, briefs.map((brief) => brief.familyId));
  const rows = briefs.map((brief) => {
    const family = families.get(brief.familyId);
    assert(family !== undefined, 'every brief has a family');
    const { counts, rollup, metric } = family;
    return {
      id: `campaign-${brief.id}`,
      cells: [
        html`<a href="${paths.brief(brief.id)}">${brief.title}</a><small>${brief.experiment} · ${brief.strategy.name} ${syntheticMark(synthetic.has(brief.experiment))}</small>`,
        badge(brief.state),
        html`${rollup.bestTaskId === null ? measured(null) : html`<a href="${paths.task(rollup.bestTaskId)}">${measured(rollup.best)}</a>`}<small>${metric.name}, n = ${count(rollup.n)}</small>`,
        html`${progressBar(counts)}<small>${settledOf(counts)} tasks${counts.failed > 0 ? ` · ${count(counts.failed)} failed` : ''}</small>`,
        count(counts.running),
      ],
    };
  });
  const columns = [{ head: 'Brief', kind: 'wide' }, { head: 'State' }, { head: 'Best so far', kind: 'num' }, { head: 'Progress' }, { head: 'Running', kind: 'num' }] as const;
  const body =
    rows.length === 0
      ? emptyState('No campaign is running', 'A brief asks one question: which configuration gives the best value within a budget? Workers then train until it is answered.', html`<a role="button" href="${paths.briefNew()}">Write a brief</a>`)
      : table('Campaigns in progress', columns, rows);
  return card('Campaigns in progress', body, html`<a href="${paths.briefs()}">All briefs</a>`);
}

async function results(site: Site): Promise<Fragment> {
  const { reader } = site;
  const now = site.engine.now();
  const [tasks, synthetic] = await Promise.all([
    listTasks(reader, { limit: MOST_RESULTS, sort: 'finished', after: null, familyId: null, state: null, workerId: null }),
    readSyntheticNames(reader),
  ]);
  const families = await readFamilies(reader, tasks.map((task) => task.familyId));
  const rows = tasks.map((task) => resultRow(task, families.get(task.familyId), synthetic, now));
  const columns = [{ head: 'Task', kind: 'id' }, { head: 'State' }, { head: 'Value', kind: 'num' }, { head: 'Family', kind: 'wide' }, { head: 'Time', kind: 'num' }, { head: 'Finished', kind: 'num' }] as const;
  const body = rows.length === 0 ? emptyState('No result yet', 'The values of finished tasks appear here as workers report them.') : table('Recent results', columns, rows);
  return card('Recent results', body, html`<a href="${paths.tasks()}">All tasks</a>`);
}

function resultRow(task: Task, family: Family | undefined, synthetic: ReadonlySet<string>, now: number) {
  const best = family !== undefined && family.rollup.bestTaskId === task.id && totalCount(family.counts) > 1;
  return {
    id: `result-${task.id}`,
    cells: [
      taskLink(task),
      badge(task.state),
      html`${measured(task.value)}${best ? html`<small>best</small>` : null}`,
      family === undefined ? null : named(paths.family(family.id), family.name, syntheticMark(synthetic.has(family.experiment))),
      took(task.startedAt, task.finishedAt, now),
      ago(task.finishedAt, now),
    ],
  };
}
