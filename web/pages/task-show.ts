import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Family } from '#core/brief.ts';
import { assert, refuse, type Refusal } from '#core/errors.ts';
import { MOST_RETRIES, type MetricPoint, type Task } from '#core/task.ts';
import { TOPICS } from '#engine/engine.ts';
import { findAttempt, listAttempts } from '#store/attempt.ts';
import { findBrief } from '#store/brief.ts';
import { findPackage } from '#store/experiment.ts';
import { findFamily } from '#store/family.ts';
import { latestPoints, listPoints } from '#store/point.ts';
import type { Reader } from '#store/seam.ts';
import { findTask } from '#store/task.ts';
import { findWorker } from '#store/worker.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { registerPage, type Page, type Site } from '#web/page.ts';
import { badge, syntheticMark } from '#web/parts/badge.ts';
import { failureInFull, failureInShort } from '#web/parts/failure.ts';
import { crumbs, shortId } from '#web/parts/identity.ts';
import { logTail } from '#web/parts/log/log-tail.ts';
import { needsText, requirementsText, stateOf, workerLink } from '#web/parts/machine.ts';
import { ago, elapsed, took } from '#web/parts/moment.ts';
import { count, countOf, duration, measured, reported } from '#web/parts/number.ts';
import { drawOrSay } from '#web/parts/pictures/family-picture.ts';
import { provenance } from '#web/parts/provenance.ts';
import { taskConfiguration } from '#web/parts/task-configuration.ts';
import { card, facts, table } from '#web/parts/table.ts';
import { taskPageActions } from '#web/parts/task-page-actions.ts';
import { verification, verificationText } from '#web/parts/verification.ts';
import { explainWaiting } from '#web/parts/waiting.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';
import { readWorkers } from '#web/related.ts';

const MOST_ATTEMPTS = 20;
const MOST_POINTS = 5000;
/** A task with verification runs at most so many times more than once. */
const MOST_OTHERS = 4;

const taskQuery = z.object({ attempt: z.coerce.number().int().min(1).max(1e6).optional() });

/** One task: what it is, what became of it, its curve and the end of its log. */
export function registerTaskShow(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.task(':id'), async (request) => {
    const { id } = request.params as { id: string };
    const task = await findTask(site.reader, id);
    if (task === null) return refuse('task_not_found').refusal;
    const query = readQuery(taskQuery, request);
    if (!query.ok) return query.refusal;
    const { attempt = null } = query.value;
    const had = task.attempt + task.audits;
    if (attempt !== null && attempt > had) return refuse('not_found', `There is no attempt ${attempt} of this task: it has had ${countOf(had, 'attempt')}.`).refusal;
    return taskPage(site, task, attempt);
  });
}

/** @param attempt whose curve and log are shown; null for the last one, whichever that becomes */
async function taskPage(site: Site, first: Task, attempt: number | null): Promise<Page | Refusal> {
  const { reader } = site;
  const [family, brief] = await Promise.all([findFamily(reader, first.familyId), findBrief(reader, first.briefId)]);
  if (family === null || brief === null) return refuse('task_not_found').refusal;
  const stored = await findPackage(reader, family.packageSha256);
  assert(stored !== null, 'the package of a family is kept');
  const { experiment } = stored;
  const task = async (): Promise<Task> => (await findTask(reader, first.id)) ?? first;
  const topics = [TOPICS.task(first.id)];
  const waiting = first.state === 'pending' ? [TOPICS.family(first.familyId), TOPICS.workers] : [TOPICS.family(first.familyId)];
  return {
    title: `Task ${shortId(first.id)}`,
    section: 'tasks',
    styles: ['logs.css'],
    address: paths.task(first.id, { attempt }),
    regions: [
      { id: 'state', topics, render: async () => badge((await task()).state) },
      { id: 'task-actions', topics: [...topics, TOPICS.brief(first.briefId)], render: async () => taskPageActions(await task(), (await findBrief(reader, first.briefId)) ?? brief) },
      { id: 'answer', topics: [...topics, ...waiting], render: async () => answer(site, await task()) },
      { id: 'curve', topics, render: async () => curve(site, await task(), attempt, family) },
      { id: 'configuration', topics: [TOPICS.family(first.familyId)], render: async () => taskConfiguration(reader, first) },
      { id: 'log', topics, render: async () => log(reader, await task(), attempt) },
      { id: 'facts', topics, render: async () => factsOf(site, await task(), family, brief.title) },
      { id: 'provenance', topics, render: async () => html`<section>${await provenance(site, await task(), family, experiment)}</section>` },
      { id: 'verification', topics, render: async () => verification(site, await task(), family) },
      { id: 'attempts', topics, render: async () => attempts(site, await task()) },
    ],
    content: (region) => html`<section class="head"><div>${crumbs([paths.tasks({ family: family.id }), 'Tasks'], [paths.family(family.id), family.name])}
<h1>Task ${first.number} ${region('state', 'span')} ${syntheticMark(experiment.synthetic)}</h1><p class="lead mono">${first.id}</p></div>${region('task-actions')}</section>
${region('answer')}
<section class="columns"><div>${region('curve')}</div>
<div>${region('configuration')}</div></section>
${region('facts')}${region('verification')}${region('log')}${region('attempts')}${region('provenance')}`,
  };
}

async function answer(site: Site, task: Task): Promise<Fragment> {
  const family = await findFamily(site.reader, task.familyId);
  const said = family === null ? html`<p>It was deleted with its brief.</p>` : await answerText(site, task, family);
  return html`<section><article class="answer">${said}</article></section>`;
}

async function answerText(site: Site, task: Task, family: Family): Promise<Content> {
  if (task.state === 'pending') return html`<p><strong>Waiting.</strong></p>${await explainWaiting(site, task, family)}`;
  const worker = task.workerId === null ? null : await findWorker(site.reader, task.workerId);
  const where = worker === null ? null : html` on <a href="${paths.worker(worker.id)}">${worker.name}</a>`;
  if (task.state === 'running') return html`<p><strong>Running</strong>${where} for ${elapsed(task.startedAt ?? task.createdAt, site.engine.now())}; attempt ${task.attempt}, training time ${duration(task.timeBudgetSeconds * 1000)}.</p>`;
  if (task.state === 'failed') return html`<p><strong>Failed</strong> after ${count(task.attempt - task.attemptsBefore)} of ${MOST_RETRIES + 1} attempts${where}: <code>${task.error?.kind ?? 'failed'}</code></p>${failureInFull(task.error, { taskId: task.id, attempt: task.attempt })}`;
  if (task.state === 'cancelled') return html`<p><strong>Cancelled</strong>${family.state === 'cancelled' ? html` with its <a href="${paths.brief(task.briefId)}">brief</a>` : null}. ${await letGo(site, task)}</p>`;
  const time = task.startedAt === null || task.finishedAt === null ? null : html` in ${duration(task.finishedAt - task.startedAt)}`;
  return html`<p>${family.metric.name} <b class="big">${measured(task.value)}</b>${where}${time}${standing(task, family)}.</p>`;
}

/** Whether the worker of a run that was cancelled has ended it: it learns of that with its next heartbeat. */
async function letGo(site: Site, task: Task): Promise<Content> {
  const attempt = task.attempt === 0 ? null : await findAttempt(site.reader, task.id, task.attempt);
  if (attempt?.state !== 'cancelled') return null;
  const worker = await findWorker(site.reader, attempt.workerId);
  const name = html`<a href="${paths.worker(attempt.workerId)}">${worker?.name ?? attempt.workerId}</a>`;
  if (attempt.releasedAt !== null) return html`${name} let it go ${ago(attempt.releasedAt, site.engine.now())}.`;
  return worker !== null && stateOf(site, worker) === 'offline' ? html`${name} is offline: it stops when it hears of it.` : html`Stopping on ${name} …`;
}

/** Where a value stands in its family: the best, or how far from it. */
function standing(task: Task, family: Family): Content {
  const { rollup, metric } = family;
  if (task.value === null || rollup.best === null || rollup.bestTaskId === null) return null;
  if (rollup.bestTaskId === task.id) return html`: ${rollup.n === 1 ? 'the first value' : `the best of ${count(rollup.n)}`} of <a href="${paths.family(family.id)}">its family</a>`;
  const distance = Math.abs(task.value - rollup.best);
  const way = metric.direction === 'minimize' ? 'above' : 'below';
  const compare = html` (<a href="${paths.compare({ tasks: `${task.id},${rollup.bestTaskId}` })}">compare</a>)`;
  return distance === 0 ? html`: equal to <a href="${paths.task(rollup.bestTaskId)}">the best of ${count(rollup.n)}</a>${compare}` : html`: ${measured(distance)} ${way} <a href="${paths.task(rollup.bestTaskId)}">the best of ${count(rollup.n)}</a>, ${measured(rollup.best)}${compare}`;
}

async function curve(site: Site, latest: Task, attempt: number | null, family: Family): Promise<Fragment> {
  const task = { ...latest, attempt: attempt ?? latest.attempt };
  const points = task.attempt === 0 ? [] : [...(await readCurve(site.reader, task, family.metric.name)), ...(await readCurve(site.reader, task, 'train_loss'))];
  const body = points.length === 0 ? html`<p class="none">${task.finishedAt === null ? 'No points yet: the script writes them while it trains.' : task.attempt === 0 ? 'It was never tried.' : `Attempt ${task.attempt} ended without a point.`}</p>` : await drawOrSay(site, 'learning-curve', { points, metric: family.metric, others: await otherCurves(site.reader, task, family) });
  return card(attemptTitle('Learning curve', task.attempt, latest), body);
}

/** Says which attempt is shown once there are several, and leads back to the last one. */
function attemptTitle(title: string, attempt: number, latest: Task): Content {
  if (latest.attempt < 2) return title;
  const last = attempt === latest.attempt ? null : html` · <a href="${paths.task(latest.id)}">show attempt ${latest.attempt}</a>`;
  return html`${title} <small>of attempt ${attempt}${last}</small>`;
}

/** The curves of the runs that a result was compared with: the audits of a task, and what they audited. */
async function otherCurves(reader: Reader, task: Task, family: Family): Promise<{ attempt: number; points: MetricPoint[] }[]> {
  if (family.verification === null || task.audits === 0) return [];
  const tries = await listAttempts(reader, task.id, MOST_ATTEMPTS);
  const others = tries.filter((one) => one.state === 'completed' && one.attempt !== task.attempt).slice(0, MOST_OTHERS);
  const curves = await Promise.all(others.map(async ({ attempt }) => ({ attempt, points: await readCurve(reader, { ...task, attempt }, family.metric.name) })));
  return curves.filter(({ points }) => points.length > 1);
}

/** The points of one name; of a very long run its first and its last ones. */
async function readCurve(reader: Reader, task: Task, name: string): Promise<MetricPoint[]> {
  const points = await listPoints(reader, task.id, task.attempt, { name, limit: MOST_POINTS, after: null });
  const last = points.at(-1);
  if (last === undefined || points.length < MOST_POINTS) return points;
  const latest = await latestPoints(reader, task.id, task.attempt, name, MOST_POINTS);
  return [...points, ...latest.filter((point) => point.step > last.step).reverse()];
}

async function log(reader: Reader, latest: Task, attempt: number | null): Promise<Fragment> {
  const task = { ...latest, attempt: attempt ?? latest.attempt };
  const body = task.attempt === 0 ? html`<p class="none">The log begins with the first attempt.</p>` : await logTail(reader, { taskId: task.id, attempt: task.attempt });
  return html`<section>${card(attemptTitle('Log', task.attempt, latest), body)}</section>`;
}

async function factsOf(site: Site, task: Task, family: Family, briefTitle: string): Promise<Fragment> {
  const now = site.engine.now();
  const worker = task.workerId === null ? null : await findWorker(site.reader, task.workerId);
  const needs = needsText(family.needs);
  const result = Object.entries(task.metrics ?? {}).map(([name, value]) => [name, typeof value === 'number' ? reported(value) : value === null ? measured(null) : String(value)] as const);
  const pairs = [
    ['Brief', html`<a href="${paths.brief(task.briefId)}">${briefTitle}</a>`],
    ['Family', html`<a href="${paths.family(family.id)}">${family.name}</a>`],
    ['Priority', count(task.priority)],
    ['Seed', String(task.seed)],
    ['Time budget', duration(task.timeBudgetSeconds * 1000)],
    ['Required resources', html`${requirementsText(family.requires)}${needs === '' ? null : html` · <span class="mono">${needs}</span>`}`],
    ['Worker', workerLink(worker)],
    ['Code hash', html`<a class="mono" href="${paths.family(family.id)}" title="${family.packageSha256}">${family.packageSha256.slice(0, 12)}</a>`],
    ['Created', ago(task.createdAt, now)],
    ['Started', ago(task.startedAt, now)],
    ['Finished', ago(task.finishedAt, now)],
    ['Duration', took(task.startedAt, task.finishedAt, now)],
  ] as const;
  return html`${result.length === 0 ? null : html`<section>${card('Result', facts(result))}</section>`}<section>${card('Task', facts(pairs))}</section>`;
}

async function attempts(site: Site, task: Task): Promise<Fragment> {
  const now = site.engine.now();
  const tries = await listAttempts(site.reader, task.id, MOST_ATTEMPTS);
  const workers = await readWorkers(site.reader, tries.map((one) => one.workerId));
  const rows = tries.map((one) => ({
    id: `attempt-${one.attempt}`,
    cells: [
      String(one.attempt),
      html`${badge(one.state)} ${verificationText(one)}`,
      workerLink(workers.get(one.workerId)),
      ago(one.startedAt, now),
      took(one.startedAt, one.finishedAt, now),
      one.error === null ? null : failureInShort(one.error, { taskId: task.id, attempt: one.attempt }),
      html`<a href="${paths.task(task.id, { attempt: one.attempt })}">curve</a> · <a href="${paths.taskLog(task.id, { attempt: one.attempt })}">log</a>`,
    ],
  }));
  const columns = [{ head: 'Attempt', kind: 'num' }, { head: 'State' }, { head: 'Worker' }, { head: 'Started', kind: 'num' }, { head: 'Time', kind: 'num' }, { head: 'Error', kind: 'wide' }, { head: 'What it left' }] as const;
  return html`<section>${card('Attempts', rows.length === 0 ? html`<p class="none">Nobody has tried it yet. A failed or lost attempt is followed by up to ${MOST_RETRIES} more.</p>` : table('Attempts', columns, rows))}</section>`;
}
