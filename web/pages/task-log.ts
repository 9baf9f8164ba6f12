import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { accept, refuse, type Outcome, type Refusal } from '#core/errors.ts';
import { isSettled, type Task } from '#core/task.ts';
import { TOPICS } from '#engine/engine.ts';
import { findLogExtent } from '#store/log.ts';
import { findTask } from '#store/task.ts';
import { html, nothing, type Content, type Fragment } from '#web/html.ts';
import { refusalPage, registerPage, type Page, type Site } from '#web/page.ts';
import { badge } from '#web/parts/badge.ts';
import { crumbs, shortId } from '#web/parts/identity.ts';
import { logLines, spansOf } from '#web/parts/log/log-lines.ts';
import { lineText, logText } from '#web/parts/log/log-text.ts';
import { countLines, readLines, type LogName } from '#web/parts/log/read-lines.ts';
import { LONGEST_SEARCH, searchBackward, searchForward, type Found } from '#web/parts/log/search-log.ts';
import { count, countOf } from '#web/parts/number.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';
import { plainTextHeaders } from '#web/security.ts';

const LINES_PER_PAGE = 200;
const MOST_MATCHES = 10_000;
/** A line that an address names is shown with some before it. */
const LINES_BEFORE = 20;

const line = z.coerce.number().int().min(1).max(1e9);
const attempt = z.coerce.number().int().min(1).max(1e6).optional();
const search = z.string().max(LONGEST_SEARCH, `can have at most ${LONGEST_SEARCH} characters`);
const pageQuery = z.object({ attempt, line: line.optional(), from: line.optional(), q: search.optional(), after: line.or(z.literal(0)).optional(), before: line.optional() });
const linesQuery = z.object({ attempt, from: line, most: z.coerce.number().int().min(1).max(1000), q: search.optional() });
const searchQuery = z.object({ attempt, q: search, from: line });
const textQuery = z.object({ attempt, line: line.optional(), download: z.string().optional() });

type Asked = z.infer<typeof pageQuery>;
type Spot = { target: number | null; from: number; said: Content };

/** The log of a task's attempt: a page of its lines, and what the page fetches: lines, matches, and plain text. */
export function registerTaskLog(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.taskLog(':id'), async (request) => {
    const found = await find(site, request, pageQuery);
    return found.ok ? logPage(site, found.value.task, found.value.log, found.value.query) : found.refusal;
  });
  app.get(paths.taskLogText(':id'), async (request, reply) => {
    const found = await find(site, request, textQuery);
    if (!found.ok) return refusalPage(site, request, reply, found.refusal);
    const { log, query } = found.value;
    if (query.download !== undefined) reply.header('content-disposition', `attachment; filename="task-${log.taskId}-attempt-${log.attempt}.log"`);
    return reply.headers(plainTextHeaders()).send(Readable.from(query.line === undefined ? logText(site.reader, log) : lineText(site.reader, log, query.line)));
  });
  app.get(paths.taskLogLines(':id'), async (request, reply) => {
    const found = await find(site, request, linesQuery);
    if (!found.ok) return refusalPage(site, request, reply, found.refusal);
    const { log, query } = found.value;
    const lines = await readLines(site.reader, log, query.from, query.most);
    const rows = lines.map((one) => ({ number: one.number, cut: one.cut, spans: spansOf(one, query.q ?? null).map(({ text, style, isMatch }) => [text, style, isMatch ? 1 : 0]) }));
    return reply.header('cache-control', 'no-store').send({ lines: rows });
  });
  app.get(paths.taskLogSearch(':id'), async (request, reply) => {
    const found = await find(site, request, searchQuery);
    if (!found.ok) return refusalPage(site, request, reply, found.refusal);
    const { log, query } = found.value;
    const { lines, next } = query.q === '' ? { lines: [], next: null } : await searchForward(site.reader, log, query.q, query.from, { most: MOST_MATCHES });
    return reply.header('cache-control', 'no-store').send({ lines, next });
  });
}

async function find<T extends { attempt?: number | undefined }>(site: Site, request: FastifyRequest, schema: z.ZodType<T>): Promise<Outcome<{ task: Task; log: LogName; query: T }>> {
  const { id } = request.params as { id: string };
  const task = await findTask(site.reader, id);
  if (task === null) return refuse('task_not_found');
  const query = readQuery(schema, request);
  if (!query.ok) return query;
  const wanted = query.value.attempt ?? task.attempt;
  if (wanted > task.attempt) return refuse('not_found', `There is no attempt ${wanted} of this task: it has had ${countOf(task.attempt, 'attempt')}.`);
  return accept({ task, log: { taskId: task.id, attempt: wanted }, query: query.value });
}

async function logPage(site: Site, first: Task, log: LogName, asked: Asked): Promise<Page | Refusal> {
  const { reader } = site;
  const { attempt: number } = log;
  const task = async (): Promise<Task> => (await findTask(reader, first.id)) ?? first;
  const total = await countLines(reader, log);
  const spot = await spotOf(site, log, asked, total);
  const lines = await readLines(reader, log, spot.from, LINES_PER_PAGE);
  const q = asked.q ?? null;
  return {
    title: `Log of task ${shortId(first.id)}`,
    section: 'tasks',
    styles: ['logs.css'],
    address: paths.taskLog(first.id, { ...asked, attempt: number === 0 ? null : number }),
    scripts: ['log.js'],
    regions: [
      { id: 'state', topics: [TOPICS.task(first.id)], render: async () => badge((await task()).state) },
      { id: 'end', topics: [TOPICS.task(first.id)], render: async () => end(site, await task(), log) },
    ],
    content: (region) => html`<section class="head"><div>${crumbs([paths.tasks({ family: first.familyId }), 'Tasks'], [paths.task(first.id), `Task ${first.number}`])}
<h1>Log of task ${first.number} ${region('state', 'span')}</h1>${attemptTabs(first, number)}</div>
<div class="actions"><a role="button" class="secondary" href="${paths.taskLogText(first.id, { attempt: number })}">As text</a><a role="button" class="secondary" href="${paths.taskLogText(first.id, { attempt: number, download: 1 })}">Download</a></div></section>
<section><article class="log-view" data-task="${first.id}" data-attempt="${number}" data-total="${total}" data-page="${paths.taskLog(first.id)}" data-lines="${paths.taskLogLines(first.id)}" data-search="${paths.taskLogSearch(first.id)}" data-text="${paths.taskLogText(first.id)}">
<header>${searchForm(log, q, spot)}</header>
<div class="log-scroll" tabindex="0" role="region" aria-label="Log of attempt ${number}">${logLines(log, lines, { search: q, target: spot.target })}</div>
<footer>${windowLinks(log, q, total, spot.from)}${region('end')}</footer></article></section>`,
  };
}

/** Which lines an address asks for, and what to say about what it searches. */
async function spotOf(site: Site, log: LogName, asked: Asked, total: number): Promise<Spot> {
  const atEnd = Math.max(1, total - LINES_PER_PAGE + 1);
  const around = (target: number): number => Math.max(1, Math.min(target, total) - LINES_BEFORE);
  if (asked.from !== undefined) return { target: null, from: asked.from, said: null };
  if (asked.q === undefined) return asked.line === undefined ? { target: null, from: atEnd, said: null } : { target: asked.line, from: around(asked.line), said: asked.line > total ? `There are ${countOf(total, 'line')} only.` : null };
  const all = await searchForward(site.reader, log, asked.q, 1, { most: MOST_MATCHES });
  const many = `${all.next === null ? '' : 'at least '}${countOf(all.lines.length, 'line')} of ${count(total)} ${all.lines.length === 1 ? 'has' : 'have'} it`;
  if (asked.line !== undefined) return { target: asked.line, from: around(asked.line), said: many };
  const { lines: [found], next } = await nextMatch(site, log, asked.q, asked, all);
  if (found !== undefined) return { target: found, from: around(found), said: many };
  const seen = asked.before ?? (asked.after ?? 0) + 1;
  if (next === null) return { target: null, from: around(seen), said: asked.after === undefined && asked.before === undefined ? 'No line has it.' : `No more in that direction; ${many}.` };
  const goOn = paths.taskLog(log.taskId, { attempt: log.attempt, q: asked.q, ...(asked.before === undefined ? { after: next - 1 } : { before: next }) });
  return { target: null, from: around(next), said: html`Nothing between the lines ${count(Math.min(seen, next))} and ${count(Math.max(seen, next))}: <a href="${goOn}">search on</a>` };
}

async function nextMatch(site: Site, log: LogName, text: string, asked: Asked, all: Found): Promise<Found> {
  if (asked.before !== undefined) return searchBackward(site.reader, log, text, asked.before);
  return asked.after === undefined ? all : searchForward(site.reader, log, text, asked.after + 1, { most: 1 });
}

function attemptTabs(task: Task, current: number): Fragment {
  if (task.attempt < 2) return nothing;
  const tabs = Array.from({ length: Math.min(task.attempt, 20) }, (_, index) => index + 1);
  return html`<nav class="tabs" aria-label="Attempts">${tabs.map((one) => html`<a href="${paths.taskLog(task.id, { attempt: one })}"${one === current ? html` aria-current="page"` : null}>attempt ${one}</a>`)}</nav>`;
}

function searchForm(log: LogName, q: string | null, spot: Spot): Fragment {
  const to = (query: Record<string, number>): string => paths.taskLog(log.taskId, { attempt: log.attempt, q, ...query });
  const at = spot.target ?? spot.from;
  const steps = q === null ? nothing : html`<a role="button" class="secondary" data-step="-1" href="${to({ before: at })}" rel="prev">Previous</a><a role="button" class="secondary" data-step="1" href="${to({ after: at })}" rel="next">Next</a>`;
  return html`<form class="filters" method="get" autocomplete="off" action="${paths.taskLog(log.taskId)}"><input type="hidden" name="attempt" value="${log.attempt}">
<div class="field"><label for="q">Search the log</label><input id="q" name="q" type="search" maxlength="${LONGEST_SEARCH}" value="${q ?? ''}"></div><button type="submit" class="secondary">Find</button>${steps}</form>
<p class="fine" id="found" role="status">${spot.said}</p><button type="button" class="secondary follow" aria-pressed="false" hidden>Follow</button>`;
}

/** Without scripts a log is read page by page. */
function windowLinks(log: LogName, q: string | null, total: number, from: number): Fragment {
  if (total <= LINES_PER_PAGE) return nothing;
  const link = (text: string, first: number, possible: boolean): Fragment =>
    possible ? html`<a href="${paths.taskLog(log.taskId, { attempt: log.attempt, q, from: Math.max(1, first) })}">${text}</a>` : html`<span class="none">${text}</span>`;
  const last = Math.max(1, total - LINES_PER_PAGE + 1);
  return html`<nav class="pager" aria-label="Parts of the log">${link('First', 1, from > 1)}${link('← Earlier', from - LINES_PER_PAGE, from > 1)}${link('Later →', from + LINES_PER_PAGE, from < last)}${link('Last', last, from < last)}</nav>`;
}

async function end(site: Site, task: Task, log: LogName): Promise<Fragment> {
  const [total, { characters }] = await Promise.all([countLines(site.reader, log), findLogExtent(site.reader, log.taskId, log.attempt)]);
  const newer = task.attempt > log.attempt ? html` · <a href="${paths.taskLog(task.id, { attempt: task.attempt })}">attempt ${task.attempt} has begun</a>` : null;
  const more = task.attempt === log.attempt && !isSettled(task.state) ? (task.state === 'running' ? 'being written' : 'waiting for another attempt') : 'complete';
  return html`<p class="fine" id="log-end" data-total="${total}" data-characters="${characters}">${log.attempt === 0 ? 'The log begins with the first attempt.' : html`${countOf(total, 'line')}, ${more}`}${newer}</p>`;
}
