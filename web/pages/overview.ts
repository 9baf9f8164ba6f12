import type { FastifyInstance } from 'fastify';
import { BRIEF_STATES, totalCount, type Family } from '#core/brief.ts';
import { MICROCREDITS } from '#core/ledger.ts';
import type { Task, TaskState } from '#core/task.ts';
import { TOPICS } from '#engine/engine.ts';
import { listTasks } from '#store/task.ts';
import { between, html, type Content, type Fragment } from '#web/html.ts';
import { registerPage, type Page, type Site } from '#web/page.ts';
import { badge, syntheticMark } from '#web/parts/badge.ts';
import { attentionCard } from '#web/parts/fleet/attention.ts';
import { campaignsCard } from '#web/parts/fleet/campaigns.ts';
import { fleet } from '#web/parts/fleet/fleet.ts';
import { named, taskLink } from '#web/parts/identity.ts';
import { ago, took } from '#web/parts/moment.ts';
import { count, creditsShort, creditsText, measured } from '#web/parts/number.ts';
import { card, emptyState, table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readFamilies } from '#web/related.ts';
import { readStats } from '#web/stats.ts';
import { readSyntheticNames } from '#web/synthetic.ts';

const MOST_RESULTS = 12;

/** The first page: what the whole server is doing now. */
export function registerOverview(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.overview(), async (): Promise<Page> => ({
    title: 'Overview',
    section: 'overview',
    styles: ['fleet.css'],
    address: paths.overview(),
    regions: [
      { id: 'tiles', topics: [TOPICS.stats, TOPICS.ledger, TOPICS.workers], render: () => tiles(site) },
      { id: 'campaigns', topics: [TOPICS.briefs], render: () => campaignsCard(site) },
      { id: 'attention', topics: [TOPICS.briefs, TOPICS.workers], render: () => attentionCard(site) },
      { id: 'fleet', topics: [TOPICS.stats, TOPICS.workers], render: () => fleet(site) },
      { id: 'results', topics: [TOPICS.tasks], render: () => results(site) },
    ],
    content: (region) => html`<section class="head"><h1>Overview</h1><div class="actions"><a role="button" href="${paths.briefNew()}">New brief</a></div></section>
${region('tiles')}<div class="columns side now">${region('campaigns')}${region('attention')}</div>${region('fleet')}<div class="recent">${region('results')}</div>`,
  }));
}

async function tiles(site: Site): Promise<Fragment> {
  const { workers, tasks, families, briefs, brief_states: states, last_hour: hour, credits_in_circulation: circulating } = await readStats(site);
  const tile = (name: string, href: string, figure: Content, beside: string, below: Content) =>
    html`<article><h2><a href="${href}">${name}</a></h2><p><b>${figure}</b> ${beside}</p><p class="fine">${below}</p></article>`;
  const task = (state: TaskState) => html`<a href="${paths.tasks({ state })}">${count(tasks[state])} ${state}</a>`;
  const worker = (many: number, state: string) => html`<a href="${paths.workers({ state })}">${count(many)} ${state}</a>`;
  const inStates = BRIEF_STATES.filter((state) => states[state] > 0);
  const brief = inStates.map((state) => html`<a href="${paths.briefs({ state })}">${count(states[state])} ${state}</a>`);
  const family = (['running', 'completed'] as const).map((state) => `${count(states[state])} ${state}`);
  return html`<section class="tiles" aria-label="Live statistics">
${tile('Workers', paths.workers(), count(workers.online), `online of ${count(workers.total)}`, html`${worker(workers.busy, 'busy')} · ${worker(workers.online - workers.busy, 'idle')} · ${worker(workers.total - workers.online, 'offline')}`)}
${tile('Tasks', paths.tasks(), count(tasks.pending), 'pending', html`${task('running')} · ${task('completed')} · ${task('failed')} · ${count(tasks.total)} total`)}
${tile('Families', paths.families(), count(families), families === 1 ? 'campaign' : 'campaigns', families === 0 ? 'one for each brief' : family.join(' · '))}
${tile('Briefs', paths.briefs(), count(briefs), briefs === 1 ? 'question asked' : 'questions asked', briefs === 0 ? html`<a href="${paths.briefNew()}">Ask the first</a>` : between(brief, ' · '))}
${tile('Credits', paths.credits(), creditsShort(Math.round(circulating * MICROCREDITS)), 'in circulation', `${creditsText(hour.credits_earned * MICROCREDITS)} earned in the last hour`)}
</section>`;
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
