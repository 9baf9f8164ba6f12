import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { HEARTBEATS_UNTIL_OFFLINE, type Worker } from '#core/worker.ts';
import { TOPICS } from '#engine/engine.ts';
import { id } from '#protocol/scalar.ts';
import { findBalances } from '#store/ledger.ts';
import { listRunningTasks } from '#store/work-span.ts';
import { listWorkers, type WorkerFilter } from '#store/worker.ts';
import { between, html, nothing, type Fragment } from '#web/html.ts';
import { registerPage, type Page, type Site } from '#web/page.ts';
import { badge } from '#web/parts/badge.ts';
import { choice, field } from '#web/parts/field.ts';
import { loadCell } from '#web/parts/fleet/load.ts';
import { sandboxWord } from '#web/parts/fleet/sandbox.ts';
import { copyable, shortId } from '#web/parts/identity.ts';
import { gpuText, platformText, quarantineMark, stateOf, workerLink } from '#web/parts/machine.ts';
import { ago } from '#web/parts/moment.ts';
import { count, countOf, credits, gigabytes } from '#web/parts/number.ts';
import { card, emptyState, pager, table, type Column } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';
import { readStats } from '#web/stats.ts';
import { workerActions } from './worker-show.ts';

const WORKERS_PER_PAGE = 50;
/** Tasks of all workers of a page that are named; a machine with very many slots does not fill the table. */
const MOST_RUNNING = 500;
const MOST_NAMED = 3;

const STATES = ['busy', 'idle', 'draining', 'offline'] as const;
const querySchema = z.object({ before: id.optional(), state: z.enum(STATES).optional(), q: z.string().max(200).refine((text) => !text.includes('\0'), 'holds a character that no name has').optional() });

/** What the list is asked for; it is also the query of its address. */
type Asked = { state: WorkerFilter['state']; q: string | null; before: string | null };

/** The machines that were added and not removed. */
export function registerWorkerList(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.workers(), async (request) => {
    const query = readQuery(querySchema, request);
    if (!query.ok) return query.refusal;
    const { state = null, q = '', before = null } = query.value;
    return workerListPage(site, { state, q: q.trim() === '' ? null : q.trim(), before });
  });
}

async function workerListPage(site: Site, asked: Asked): Promise<Page> {
  const { total } = (await readStats(site)).workers;
  return {
    title: 'Workers',
    section: 'workers',
    styles: ['fleet.css'],
    address: paths.workers(asked),
    regions: [
      { id: 'summary', topics: [TOPICS.workers, TOPICS.stats], render: () => summary(site) },
      { id: 'workers', topics: [TOPICS.workers], render: () => workerTable(site, asked) },
    ],
    content: (region) => html`<section class="head"><div><h1>Workers</h1><p class="lead">${region('summary', 'span')}</p></div><div class="actions"><a role="button" href="#add">Add a worker</a></div></section>
<section><article>${total === 0 ? nothing : filterForm(asked)}${region('workers')}</article></section>${addWorker(site, total === 0)}`,
  };
}

function filterForm({ state, q }: Asked): Fragment {
  const options = [{ value: '', text: 'all' }, ...STATES.map((one) => ({ value: one, text: one }))];
  return html`<form class="filters" method="get" action="${paths.workers()}" aria-label="Which workers are shown">${field({ name: 'q', label: 'Name or id', value: q ?? '', type: 'search' })}${choice({ name: 'state', label: 'State', value: state ?? '', options })}<button type="submit" class="secondary">Show</button>${state === null && q === null ? nothing : html` <a href="${paths.workers()}">Clear</a>`}</form>`;
}

async function summary(site: Site): Promise<Fragment> {
  const { total, online, busy } = (await readStats(site)).workers;
  return html`${count(online)} of ${count(total)} online, ${count(busy)} busy.`;
}

const COLUMNS: readonly Column[] = [
  { head: 'Worker' }, { head: 'State, last heartbeat' }, { head: 'At work on' }, { head: 'Load' }, { head: 'CPU and platform' }, { head: 'RAM', kind: 'num' }, { head: 'GPU and VRAM' },
  { head: 'Done', kind: 'num' }, { head: 'Failed', kind: 'num' }, { head: 'Earned', kind: 'num' }, { head: 'Actions' },
];

async function workerTable(site: Site, asked: Asked): Promise<Fragment> {
  const seenSince = site.engine.now() - HEARTBEATS_UNTIL_OFFLINE * site.engine.settings.heartbeatMs;
  const read = await listWorkers(site.reader, { limit: WORKERS_PER_PAGE + 1, before: asked.before, filter: { state: asked.state, text: asked.q ?? '', seenSince } });
  const workers = read.slice(0, WORKERS_PER_PAGE);
  if (workers.length === 0) {
    if (asked.state !== null || asked.q !== null || asked.before !== null) return emptyState('No worker is like that', 'Nothing matches these filters.', html`<a href="${paths.workers()}">Show all workers</a>`);
    return emptyState('No worker has been added', 'Workers are the machines that train. Paste the line below into a terminal of any machine that reaches this server, this one included; it shows up here within seconds.');
  }
  const ids = workers.map((worker) => worker.id);
  const [balances, running] = await Promise.all([findBalances(site.reader, ids), listRunningTasks(site.reader, ids, MOST_RUNNING)]);
  const rows = workers.map((worker) => workerRow(site, worker, running.get(worker.id) ?? [], balances.get(worker.id) ?? 0));
  const next = read.length > WORKERS_PER_PAGE ? paths.workers({ ...asked, before: workers.at(-1)?.id }) : null;
  return html`${table('Workers', COLUMNS, rows)}${pager(asked.before === null ? null : paths.workers({ ...asked, before: null }), next)}`;
}

function workerRow(site: Site, worker: Worker, running: readonly string[], earned: number) {
  const { hardware } = worker;
  const gpus = gpuText(hardware);
  const completed = worker.completed === 0 ? '0' : html`<a href="${paths.tasks({ worker: worker.id, state: 'completed' })}">${count(worker.completed)}</a>`;
  return {
    id: `worker-${worker.id}`,
    cells: [
      html`${workerLink(worker)}<small class="mono" title="${worker.id}">${shortId(worker.id)}</small>`,
      html`${badge(stateOf(site, worker))}<small>${ago(worker.lastSeenAt, site.engine.now())}</small>${quarantineMark(worker)}`,
      atWork(worker, running),
      loadCell(site, worker),
      html`${countOf(hardware.cpuCores, 'core')} · ${platformText(hardware)}<small class="clip" title="${hardware.cpuModel}">${hardware.cpuModel}</small><small>${sandboxWord(worker.sandbox)}</small>`,
      gigabytes(hardware.ramGb),
      gpus === '' ? html`<span class="none">–</span>` : html`<span class="clip" title="${gpus}">${hardware.gpus.map((gpu) => gpu.model || 'GPU').join(', ')}</span><small>${hardware.gpus.map((gpu) => gigabytes(gpu.vramGb)).join(', ')}</small>`,
      completed,
      html`${count(worker.failed)}${worker.lost === 0 ? null : html`<small>${count(worker.lost)} lost</small>`}`,
      credits(earned),
      workerActions(worker, 'list'),
    ],
  };
}

/** The tasks that a worker has now, and how many of its slots they take. */
function atWork(worker: Worker, running: readonly string[]): Fragment {
  const named = running.slice(0, MOST_NAMED).map((task) => html`<a class="mono" href="${paths.task(task)}" title="${task}">${shortId(task)}</a>`);
  const more = running.length > MOST_NAMED ? html` <a href="${paths.tasks({ worker: worker.id, state: 'running' })}">and ${count(running.length - MOST_NAMED)} more</a>` : null;
  return html`${running.length === 0 ? html`<span class="none">idle</span>` : html`${between(named, html`<br>`)}${more}`}<small>${count(worker.running)} of ${countOf(worker.slots, 'slot')}</small>`;
}

function addWorker(site: Site, first: boolean): Fragment {
  const { command, publicUrl, enrolmentToken } = site.settings;
  const line = `${command} worker --server ${publicUrl()} --token ${enrolmentToken}`;
  return html`<section id="add">${card('Add a worker', html`<p>On the machine that shall train, in the folder of XeeNet:</p>${copyable('add-worker', line, 'Command that adds a worker')}
<p class="fine">It needs Node 20 or later; whatever else an experiment needs (such as <code>torch</code>) is found by itself. The token lets a machine join and nothing else: keep it to yourself all the same.${first ? nothing : html` One machine can run several tasks at once with <code>--slots N</code>.`}</p>`)}</section>`;
}
