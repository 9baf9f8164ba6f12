import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Worker } from '#core/worker.ts';
import { TOPICS } from '#engine/engine.ts';
import { id } from '#protocol/scalar.ts';
import { listWorkers } from '#store/worker.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import { registerPage, type Page, type Site } from '#web/page.ts';
import { badge } from '#web/parts/badge.ts';
import { copyable, shortId } from '#web/parts/identity.ts';
import { gpuText, stateOf, workerLink } from '#web/parts/machine.ts';
import { ago } from '#web/parts/moment.ts';
import { count, countOf, gigabytes } from '#web/parts/number.ts';
import { card, emptyState, pager, table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';
import { readStats } from '#web/stats.ts';
import { workerActions } from './worker-show.ts';

const WORKERS_PER_PAGE = 100;

const querySchema = z.object({ before: id.optional() });

/** The machines that were added and not removed. */
export function registerWorkerList(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.workers(), async (request) => {
    const query = readQuery(querySchema, request);
    return query.ok ? workerListPage(site, query.value.before ?? null) : query.refusal;
  });
}

async function workerListPage(site: Site, before: string | null): Promise<Page> {
  const { total } = (await readStats(site)).workers;
  return {
    title: 'Workers',
    section: 'workers',
    address: paths.workers({ before }),
    regions: [
      { id: 'summary', topics: [TOPICS.workers, TOPICS.stats], render: () => summary(site) },
      { id: 'workers', topics: [TOPICS.workers], render: () => workerTable(site, before) },
    ],
    content: (region) => html`<section class="head"><div><h1>Workers</h1><p class="lead">${region('summary', 'span')}</p></div></section>
<section><article>${region('workers')}</article></section>${addWorker(site, total === 0)}`,
  };
}

async function summary(site: Site): Promise<Fragment> {
  const { total, online, busy } = (await readStats(site)).workers;
  return html`${count(online)} of ${count(total)} online, ${count(busy)} busy.`;
}

async function workerTable(site: Site, before: string | null): Promise<Fragment> {
  const read = await listWorkers(site.reader, { limit: WORKERS_PER_PAGE + 1, before });
  const workers = read.slice(0, WORKERS_PER_PAGE);
  if (workers.length === 0) return emptyState('No worker has been added', 'Workers are the machines that train. Paste the line below into a terminal of any machine that reaches this server, this one included; it shows up here within seconds.');
  const columns = [
    { head: 'Worker' },
    { head: 'State' },
    { head: 'CPU' },
    { head: 'RAM', kind: 'num' },
    { head: 'GPU and VRAM' },
    { head: 'Platform' },
    { head: 'Last heartbeat', kind: 'num' },
    { head: 'Running', kind: 'num' },
    { head: 'Done', kind: 'num' },
    { head: 'Failed', kind: 'num' },
    { head: 'Actions' },
  ] as const;
  const next = read.length > WORKERS_PER_PAGE ? paths.workers({ before: workers.at(-1)?.id }) : null;
  return html`${table('Workers', columns, workers.map((worker) => workerRow(site, worker)))}${pager(before === null ? null : paths.workers(), next)}`;
}

function workerRow(site: Site, worker: Worker) {
  const { hardware } = worker;
  const gpus = gpuText(hardware);
  const tasks = (state: string, many: number) => (many === 0 ? '0' : html`<a href="${paths.tasks({ worker: worker.id, state })}">${count(many)}</a>`);
  return {
    id: `worker-${worker.id}`,
    cells: [
      html`${workerLink(worker)}<small class="mono" title="${worker.id}">${shortId(worker.id)}</small>`,
      badge(stateOf(site, worker)),
      html`${count(hardware.cpuCores)} cores<small class="clip" title="${hardware.cpuModel}">${hardware.cpuModel}</small>`,
      gigabytes(hardware.ramGb),
      gpus === '' ? html`<span class="none">–</span>` : html`<span class="clip" title="${gpus}">${hardware.gpus.map((gpu) => gpu.model || 'GPU').join(', ')}</span><small>${hardware.gpus.map((gpu) => gigabytes(gpu.vramGb)).join(', ')}</small>`,
      html`${hardware.platform}<small>${hardware.arch}</small>`,
      ago(worker.lastSeenAt, site.engine.now()),
      html`<a href="${paths.tasks({ worker: worker.id, state: 'running' })}" title="${count(worker.running)} of ${countOf(worker.slots, 'slot')} in use">${count(worker.running)} / ${count(worker.slots)}</a>`,
      tasks('completed', worker.completed),
      count(worker.failed),
      workerActions(worker, 'list'),
    ],
  };
}

function addWorker(site: Site, first: boolean): Fragment {
  const { command, publicUrl, enrolmentToken } = site.settings;
  const line = `${command} worker --server ${publicUrl()} --token ${enrolmentToken}`;
  return html`<section id="add">${card('Add a worker', html`<p>On the machine that shall train, in the folder of XeeNet:</p>${copyable('add-worker', line, 'Command that adds a worker')}
<p class="fine">It needs Node 20 or later; whatever else an experiment needs (such as <code>torch</code>) is found by itself. The token lets a machine join and nothing else: keep it to yourself all the same.${first ? nothing : html` One machine can run several tasks at once with <code>--slots N</code>.`}</p>`)}</section>`;
}
