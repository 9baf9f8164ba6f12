import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { refuse } from '#core/errors.ts';
import { TASK_STATES, type Task } from '#core/task.ts';
import { TOPICS } from '#engine/engine.ts';
import { id } from '#protocol/scalar.ts';
import { findFamily, listFamilies } from '#store/family.ts';
import { listTasks, type TaskKey, type TaskSort } from '#store/task.ts';
import { findWorker, listWorkers } from '#store/worker.ts';
import { decodeCursor, encodeCursor } from '#web/cursor.ts';
import { html, nothing, type Content, type Fragment } from '#web/html.ts';
import { registerPage, type Page, type Site } from '#web/page.ts';
import { badge, syntheticMark } from '#web/parts/badge.ts';
import { choice } from '#web/parts/field.ts';
import { configurationText, named, taskLink } from '#web/parts/identity.ts';
import { workerLink } from '#web/parts/machine.ts';
import { ago, took } from '#web/parts/moment.ts';
import { count, measured } from '#web/parts/number.ts';
import { emptyState, pager, table, type Column } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';
import { readFamilies, readWorkers } from '#web/related.ts';
import { readSyntheticNames } from '#web/synthetic.ts';

const TASKS_PER_PAGE = 50;
const MOST_CHOICES = 50;
const TASK_SORTS = ['newest', 'oldest', 'value', '-value', 'finished'] as const;

const querySchema = z.object({ family: id.optional(), worker: id.optional(), state: z.enum(TASK_STATES).optional(), sort: z.enum(TASK_SORTS).default('newest'), cursor: z.string().max(500).optional() });
const keySchema = z.tuple([id, z.number(), z.number().nullable(), z.number().nullable(), id]);

/** What the list is asked for; it is also the query of its address. */
type Filters = { family: string | null; worker: string | null; state: Task['state'] | null; sort: TaskSort; cursor: string | null };

/** All tasks, filtered and sorted by links and a plain form. */
export function registerTaskList(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.tasks(), async (request) => {
    const query = readQuery(querySchema, request);
    if (!query.ok) return query.refusal;
    const { family = null, worker = null, state = null, sort, cursor = null } = query.value;
    const after = cursor === null ? null : decodeCursor(keySchema, cursor);
    if (cursor !== null && after === null) return refuse('invalid', 'The page of the list that this address names does not exist.').refusal;
    return taskListPage(site, { family, worker, state, sort: possibleSort(sort, family, state, worker), cursor }, after === null ? null : toKey(after));
  });
}

async function taskListPage(site: Site, filters: Filters, after: TaskKey | null): Promise<Page> {
  const topics = filters.family !== null ? [TOPICS.family(filters.family)] : filters.worker !== null ? [TOPICS.worker(filters.worker)] : [TOPICS.tasks];
  const form = await filterForm(site, filters);
  return {
    title: 'Tasks',
    section: 'tasks',
    address: addressOf(filters),
    regions: [{ id: 'tasks', topics, render: () => taskTable(site, filters, after) }],
    content: (region) => html`<section class="head"><div><h1>Tasks</h1><p class="lead">Each task is one training run: a configuration, a seed and a time budget.</p></div></section>
<article>${form}${region('tasks')}</article>`,
  };
}

/** A sort that an index answers for these filters: by value needs a family, and by finish is not combined with others. */
function possibleSort(sort: TaskSort, family: string | null, state: string | null, worker: string | null): TaskSort {
  if (sort === 'value' || sort === '-value') return family === null ? 'newest' : sort;
  return sort === 'finished' && family === null && (state !== null || worker !== null) ? 'newest' : sort;
}

function addressOf(filters: Filters): string {
  return paths.tasks({ ...filters, sort: filters.sort === 'newest' ? null : filters.sort });
}

function toKey([familyId, number, value, finishedAt, taskId]: z.infer<typeof keySchema>): TaskKey {
  return { familyId, number, value, finishedAt, id: taskId };
}

async function filterForm(site: Site, filters: Filters): Promise<Fragment> {
  const { reader } = site;
  const [families, workers] = await Promise.all([listFamilies(reader, { limit: MOST_CHOICES, before: null }), listWorkers(reader, { limit: MOST_CHOICES, before: null })]);
  const [family, worker] = await Promise.all([
    filters.family === null ? null : (families.find((one) => one.id === filters.family) ?? findFamily(reader, filters.family)),
    filters.worker === null ? null : (workers.find((one) => one.id === filters.worker) ?? findWorker(reader, filters.worker)),
  ]);
  const options = (all: readonly { id: string; name: string }[], chosen: { id: string; name: string } | null, wanted: string | null, any: string) => {
    const list = chosen !== null && !all.includes(chosen) ? [chosen, ...all] : all;
    const unknown = wanted !== null && chosen === null ? [{ value: wanted, text: `${wanted} (unknown)` }] : [];
    return [{ value: '', text: any }, ...unknown, ...list.map((one) => ({ value: one.id, text: one.name.length > 60 ? `${one.name.slice(0, 60)}…` : one.name }))];
  };
  const sorts: Record<TaskSort, string> = { newest: 'newest first', oldest: 'oldest first', finished: 'finished last', value: 'lowest value', '-value': 'highest value' };
  const possible = TASK_SORTS.filter((sort) => possibleSort(sort, filters.family, filters.state, filters.worker) === sort);
  return html`<form class="filters" autocomplete="off" method="get" action="${paths.tasks()}">
${choice({ name: 'family', label: 'Family', value: filters.family ?? '', options: options(families, family, filters.family, 'all families') })}
${choice({ name: 'state', label: 'State', value: filters.state ?? '', options: [{ value: '', text: 'all states' }, ...TASK_STATES.map((state) => ({ value: state, text: state }))] })}
${choice({ name: 'worker', label: 'Worker', value: filters.worker ?? '', options: options(workers, worker, filters.worker, 'all workers') })}
${choice({ name: 'sort', label: 'Order', value: filters.sort, options: possible.map((sort) => ({ value: sort, text: sorts[sort] })) })}
<button type="submit" class="secondary">Show</button>${isFiltered(filters) ? html` <a href="${paths.tasks()}">Clear</a>` : nothing}</form>`;
}

async function taskTable(site: Site, filters: Filters, after: TaskKey | null): Promise<Fragment> {
  const { reader } = site;
  const now = site.engine.now();
  const page = { limit: TASKS_PER_PAGE + 1, sort: filters.sort, after, familyId: filters.family, state: filters.state, workerId: filters.worker };
  const read = await listTasks(reader, page);
  const tasks = read.slice(0, TASKS_PER_PAGE);
  const [families, workers, synthetic] = await Promise.all([readFamilies(reader, tasks.map((task) => task.familyId)), readWorkers(reader, tasks.map((task) => task.workerId)), readSyntheticNames(reader)]);
  const rows = tasks.map((task) => {
    const family = families.get(task.familyId);
    return {
      id: `row-${task.id}`,
      cells: [
        taskLink(task),
        badge(task.state),
        measured(task.value),
        family === undefined ? null : named(paths.family(family.id), family.name, syntheticMark(synthetic.has(family.experiment))),
        count(task.priority),
        task.workerId === null ? workerLink(null) : workerLink(workers.get(task.workerId)),
        took(task.startedAt, task.finishedAt, now),
        ago(task.finishedAt ?? task.startedAt ?? task.createdAt, now),
        html`<span class="clip mono" title="${configurationText(task.config)}">${configurationText(task.config)}</span>`,
      ],
    };
  });
  if (rows.length === 0) return noTasks(filters);
  const last = tasks.at(-1);
  const next = read.length > TASKS_PER_PAGE && last !== undefined ? addressOf({ ...filters, cursor: encodeCursor([last.familyId, last.number, last.value, last.finishedAt, last.id]) }) : null;
  const byTime = filters.sort === 'newest' || filters.sort === 'finished';
  return html`${table('Tasks', columnsOf(filters), rows)}${pager(after === null ? null : addressOf({ ...filters, cursor: null }), next, { first: 'First page', next: byTime ? 'Older' : 'More' })}`;
}

function columnsOf(filters: Filters): Column[] {
  const sorted = (text: string, up: TaskSort, down: TaskSort, possible: boolean): Pick<Column, 'head' | 'sort'> => {
    const to = filters.sort === up ? down : up;
    const head: Content = possible ? html`<a href="${addressOf({ ...filters, sort: to, cursor: null })}">${text}</a>` : text;
    return { head, sort: filters.sort === up ? 'ascending' : filters.sort === down ? 'descending' : undefined };
  };
  return [
    { ...sorted('Task', 'oldest', 'newest', true), kind: 'id' },
    { head: 'State' },
    { ...sorted('Value', 'value', '-value', filters.family !== null), kind: 'num' },
    { head: 'Family', kind: 'wide' },
    { head: 'Priority', kind: 'num' },
    { head: 'Worker' },
    { head: 'Time', kind: 'num' },
    { head: 'Changed', kind: 'num' },
    { head: 'Configuration' },
  ];
}

function noTasks(filters: Filters): Fragment {
  if (isFiltered(filters)) return emptyState('No task is like that', 'Nothing matches these filters.', html`<a href="${paths.tasks()}">Show all tasks</a>`);
  return emptyState('There are no tasks yet', 'A brief is turned into tasks when it is launched: one for each configuration and seed.', html`<a role="button" href="${paths.briefNew()}">Write a brief</a>`);
}

function isFiltered(filters: Filters): boolean {
  return filters.family !== null || filters.state !== null || filters.worker !== null;
}
