import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { refuse } from '#core/errors.ts';
import type { Worker, WorkerStatus } from '#core/worker.ts';
import { changeWorker } from '#engine/change-worker.ts';
import { TOPICS } from '#engine/engine.ts';
import { findAccount } from '#store/ledger.ts';
import { listTasks } from '#store/task.ts';
import { findWorker } from '#store/worker.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import { refusalPage, registerPage, type Page, type Site } from '#web/page.ts';
import { badge, syntheticMark } from '#web/parts/badge.ts';
import { earningsCard } from '#web/parts/credits/earnings.ts';
import { atWorkCard } from '#web/parts/fleet/at-work.ts';
import { isStale, loadCell } from '#web/parts/fleet/load.ts';
import { sandboxFacts } from '#web/parts/fleet/sandbox.ts';
import { reputationCard } from '#web/parts/fleet/reputation.ts';
import { HISTORY_HOURS, historyCard, reliabilityCard, type HistoryHours } from '#web/parts/fleet/worker-history.ts';
import { crumbs, named, taskLink } from '#web/parts/identity.ts';
import { gpuText, needsText, platformText, quarantineMark, stateOf } from '#web/parts/machine.ts';
import { ago, took } from '#web/parts/moment.ts';
import { count, countOf, credits, gigabytes, measured } from '#web/parts/number.ts';
import { card, emptyState, facts, table } from '#web/parts/table.ts';
import { paths, type WorkerVerb } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';
import { readFamilies } from '#web/related.ts';
import { readSyntheticNames } from '#web/synthetic.ts';

const MOST_HISTORY = 25;
const showQuery = z.object({ hours: z.coerce.number().pipe(z.literal(HISTORY_HOURS)).default(1) });
const STATUS_AFTER: Record<WorkerVerb, WorkerStatus> = { drain: 'draining', resume: 'active', remove: 'removed' };

/** One worker, the page that says what removing it does, and what people do with it. */
export function registerWorkerShow(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.worker(':id'), async (request) => {
    const query = readQuery(showQuery, request);
    if (!query.ok) return query.refusal;
    const worker = await findWorker(site.reader, idOf(request));
    return worker === null ? refuse('worker_not_found').refusal : workerPage(site, worker, query.value.hours);
  });
  registerPage(app, site, paths.workerAction(':id', 'remove'), async (request) => {
    const worker = await findWorker(site.reader, idOf(request));
    return worker === null || worker.status === 'removed' ? refuse('worker_not_found').refusal : removalPage(site, worker);
  });
  for (const verb of ['drain', 'resume', 'remove'] as const) {
    app.post(paths.workerAction(':id', verb), async (request, reply) => {
      const outcome = await changeWorker(site.engine, idOf(request), STATUS_AFTER[verb]);
      if (!outcome.ok) return refusalPage(site, request, reply, outcome.refusal);
      const { back } = (request.body ?? {}) as Record<string, unknown>;
      return reply.redirect(back === 'list' || verb === 'remove' ? paths.workers() : paths.worker(idOf(request)), 303);
    });
  }
}

/** What can be done with a worker, as forms of their own; `back` is where a person is led afterwards. */
export function workerActions(worker: Worker, back: 'list' | 'page'): Fragment {
  if (worker.status === 'removed') return nothing;
  const verb = worker.status === 'draining' ? 'resume' : 'drain';
  const title = verb === 'drain' ? 'Finishes what it runs and takes nothing new' : 'Takes tasks again';
  return html`<div class="actions"><form method="post" action="${paths.workerAction(worker.id, verb)}" class="action"><input type="hidden" name="back" value="${back}"><button type="submit" class="secondary" title="${title}">${verb === 'drain' ? 'Drain' : 'Resume'}</button></form><a role="button" class="danger" href="${paths.workerAction(worker.id, 'remove')}">Remove…</a></div>`;
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id;
}

function stateBadges(site: Site, worker: Worker): Fragment {
  return html`${badge(stateOf(site, worker))} ${quarantineMark(worker)}`;
}

async function workerPage(site: Site, first: Worker, hours: HistoryHours): Promise<Page> {
  const worker = async (): Promise<Worker> => (await findWorker(site.reader, first.id)) ?? first;
  const topics = [TOPICS.worker(first.id)];
  return {
    title: first.name,
    section: 'workers',
    styles: ['fleet.css'],
    address: paths.worker(first.id, { hours: hours === 1 ? null : hours }),
    regions: [
      { id: 'state', topics: [...topics, TOPICS.workers], render: async () => stateBadges(site, await worker()) },
      { id: 'actions', topics, render: async () => workerActions(await worker(), 'page') },
      { id: 'now', topics: [...topics, TOPICS.workers], render: async () => nowCard(site, await worker()) },
      { id: 'past', topics, render: async () => historyCard(site, await worker(), hours) },
      { id: 'held', topics, render: () => atWorkCard(site, first.id) },
      { id: 'reputation', topics, render: async () => reputationCard(site, await worker()) },
      { id: 'earnings', topics, render: () => earningsCard(site, first.id) },
      { id: 'record', topics, render: async () => reliabilityCard(site, await worker()) },
      { id: 'history', topics, render: () => history(site, first.id) },
    ],
    content: (region) => html`<section class="head"><div>${crumbs([paths.workers(), 'Workers'])}<h1>${first.name} ${region('state', 'span')}</h1><p class="lead mono">${first.id}</p></div>${region('actions')}</section>
${first.status === 'removed' ? html`<div class="notice warn"><p>This worker was removed. Its history stays; to take part again it registers anew.</p></div>` : nothing}
${region('now')}${region('held')}${region('past')}${region('reputation')}<section class="columns">${machine(first)}${region('record')}</section><section>${region('earnings')}</section>${region('history')}`,
  };
}

function machine(worker: Worker): Fragment {
  const { hardware } = worker;
  return card(
    'Machine',
    facts([
      ['CPU', html`${countOf(hardware.cpuCores, 'core')}<small> ${hardware.cpuModel}</small>`],
      ['RAM', gigabytes(hardware.ramGb)],
      ['GPU and VRAM', gpuText(hardware) || 'none'],
      ['Platform', platformText(hardware)],
      ['Runtimes', html`<span class="mono">${needsText(worker.runtimes) || 'none'}</span>`],
      ['Slots', count(worker.slots)],
      ...sandboxFacts(worker.sandbox),
    ]),
  );
}

async function nowCard(site: Site, worker: Worker): Promise<Fragment> {
  const now = site.engine.now();
  const account = await findAccount(site.reader, worker.id);
  const stale = isStale(site, worker) && worker.status !== 'removed' ? html` <span class="stale-word">stale</span>` : null;
  return html`<section>${card(
    'Now',
    facts([
      ['Last heartbeat', html`${ago(worker.lastSeenAt, now)}${stale}`],
      ['Running', html`<span><a href="${paths.tasks({ worker: worker.id, state: 'running' })}">${count(worker.running)}</a> of ${countOf(worker.slots, 'slot')}</span>`],
      ['Load', loadCell(site, worker)],
      ['Attempts completed', html`<a href="${paths.tasks({ worker: worker.id, state: 'completed' })}">${count(worker.completed)}</a>`],
      ['Attempts failed or lost', count(worker.failed)],
      ['Credits earned', html`<a href="${paths.credits({ account: worker.id })}">${credits(account?.balanceMicrocredits ?? 0)}</a>`],
      ['Added', ago(worker.createdAt, now)],
    ]),
  )}</section>`;
}

async function history(site: Site, workerId: string): Promise<Fragment> {
  const { reader } = site;
  const now = site.engine.now();
  const tasks = await listTasks(reader, { limit: MOST_HISTORY, sort: 'newest', after: null, familyId: null, state: null, workerId });
  const [families, synthetic] = await Promise.all([readFamilies(reader, tasks.map((task) => task.familyId)), readSyntheticNames(reader)]);
  const rows = tasks.map((task) => {
    const family = families.get(task.familyId);
    return {
      id: `task-${task.id}`,
      cells: [taskLink(task), badge(task.state), measured(task.value), family === undefined ? null : named(paths.family(family.id), family.name, syntheticMark(synthetic.has(family.experiment))), took(task.startedAt, task.finishedAt, now), ago(task.finishedAt ?? task.startedAt, now)],
    };
  });
  const columns = [{ head: 'Task', kind: 'id' }, { head: 'State' }, { head: 'Value', kind: 'num' }, { head: 'Family', kind: 'wide' }, { head: 'Time', kind: 'num' }, { head: 'Changed', kind: 'num' }] as const;
  const body = rows.length === 0 ? emptyState('It has run nothing yet', 'Tasks that it had last appear here.') : table('Tasks of this worker', columns, rows);
  return html`<section>${card('Tasks', body, html`<a href="${paths.tasks({ worker: workerId })}">All of them</a>`)}</section>`;
}

async function removalPage(site: Site, worker: Worker): Promise<Page> {
  const consequence = async (): Promise<Fragment> => {
    const current = (await findWorker(site.reader, worker.id)) ?? worker;
    const running = current.running === 0 ? 'It runs no task now.' : `${countOf(current.running, 'task that it runs goes', 'tasks that it runs go')} back to the queue at once; ${current.running === 1 ? 'it counts' : 'each counts'} as a lost attempt and is tried again while attempts are left.`;
    return html`<ul><li>${running}</li><li>Its token opens nothing any more: its program stops, and registers as a new worker if it is started again.</li><li>Its history stays: ${countOf(current.completed, 'completed attempt')}, ${countOf(current.failed, 'failed one')}, and the credits it earned.</li></ul>`;
  };
  return {
    title: `Remove ${worker.name}`,
    section: 'workers',
    styles: ['fleet.css'],
    address: paths.workerAction(worker.id, 'remove'),
    regions: [{ id: 'consequence', topics: [TOPICS.worker(worker.id)], render: consequence }],
    content: (region) => html`<section class="head"><div>${crumbs([paths.workers(), 'Workers'], [paths.worker(worker.id), worker.name])}<h1>Remove ${worker.name}?</h1></div></section>
<article>${region('consequence')}<p>To let it finish first, drain it instead.</p><div class="actions"><form method="post" action="${paths.workerAction(worker.id, 'remove')}" class="action"><button type="submit" class="danger">Remove this worker</button></form><form method="post" action="${paths.workerAction(worker.id, 'drain')}" class="action"><button type="submit" class="secondary">Drain it</button></form><a href="${paths.worker(worker.id)}">Keep it</a></div></article>`,
  };
}
