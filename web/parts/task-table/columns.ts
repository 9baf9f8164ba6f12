import type { Family } from '#core/brief.ts';
import type { Space } from '#core/space.ts';
import type { Task } from '#core/task.ts';
import type { Worker } from '#core/worker.ts';
import type { SearchOrder } from '#store/task-search.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { badge, syntheticMark } from '#web/parts/badge.ts';
import { failureText } from '#web/parts/failure.ts';
import { configurationText, named, taskLink } from '#web/parts/identity.ts';
import { workerLink } from '#web/parts/machine.ts';
import { ago, took } from '#web/parts/moment.ts';
import { count, duration, measured, measuredText, reported } from '#web/parts/number.ts';
import { paths } from '#web/paths.ts';

/** What the cells of a table say beside their tasks. `family` is the one that all tasks are of. */
export type TableFacts = {
  family: Family | null;
  space: Space | null;
  families: ReadonlyMap<string, Family>;
  workers: ReadonlyMap<string, Worker>;
  synthetic: ReadonlySet<string>;
  columns: readonly string[];
  now: number;
};

/** A column that a table of tasks can have; `sorts` are the orders that its head leads to, the first one first. */
export type TaskColumn = { name: string; kind?: 'num' | 'id' | 'wide' | undefined; sorts?: readonly [SearchOrder, SearchOrder] | undefined; cell: (task: Task, facts: TableFacts) => Content };

/** Columns of every table of tasks, in their order. */
const COLUMNS: Record<string, TaskColumn> = {
  state: { name: 'State', cell: stateCell },
  value: { name: 'Value', kind: 'num', sorts: ['value', '-value'], cell: valueCell },
  behind: { name: 'Δ best', kind: 'num', cell: behind },
  family: { name: 'Family', kind: 'wide', cell: familyCell },
  seed: { name: 'Seed', kind: 'num', cell: (task) => String(task.seed) },
  budget: { name: 'Time budget', kind: 'num', cell: (task) => duration(task.timeBudgetSeconds * 1000) },
  priority: { name: 'Priority', kind: 'num', cell: (task) => count(task.priority) },
  attempt: { name: 'Attempt', kind: 'num', cell: (task) => String(task.attempt) },
  configuration: { name: 'Configuration', cell: (task) => html`<span class="clip mono" title="${configurationText(task.config)}">${configurationText(task.config)}</span>` },
  worker: { name: 'Worker', cell: workerCell },
  duration: { name: 'Time', kind: 'num', sorts: ['duration', '-duration'], cell: (task, { now }) => taskTime(task, now) },
  created: { name: 'Created', kind: 'num', cell: (task, { now }) => ago(task.createdAt, now) },
  started: { name: 'Started', kind: 'num', cell: (task, { now }) => ago(task.startedAt, now) },
  finished: { name: 'Finished', kind: 'num', sorts: ['finished', 'newest'], cell: (task, { now }) => ago(task.finishedAt, now) },
  changed: { name: 'Changed', kind: 'num', cell: (task, { now }) => ago(task.finishedAt ?? task.startedAt ?? task.createdAt, now) },
};

/** The columns that a table can have: of tasks, of the campaign's parameters, and of what its scripts reported. */
export function possibleColumns(family: Family | null, space: Space | null, metrics: readonly string[]): string[] {
  const own = Object.keys(COLUMNS).filter((key) => (family === null ? key !== 'behind' : key !== 'family'));
  return [...own, ...Object.keys(space?.parameters ?? {}).map((name) => `config.${name}`), ...metrics.filter((name) => name !== family?.metric.name && /^[A-Za-z_][\w./-]{0,63}$/.test(name)).map((name) => `metrics.${name}`)];
}

/** The column with a key; null for keys that mean nothing. */
export function columnOf(key: string, family: Family | null, space: Space | null): TaskColumn | null {
  if (key === 'value' && family !== null) return { ...(COLUMNS['value'] as TaskColumn), name: family.metric.name };
  if (Object.hasOwn(COLUMNS, key)) return COLUMNS[key] ?? null;
  const [, of, name = ''] = /^(config|metrics)\.(.+)$/.exec(key) ?? [];
  if (of === 'config') return { name, kind: isNumeric(space, name) ? 'num' : undefined, cell: (task) => parameterValue(task, name) };
  return of === 'metrics' ? { name, kind: 'num', cell: (task) => reportedValue(task, name) } : null;
}

/** How long a task took or has been running; one that waits for another attempt is not running. */
export function taskTime(task: Pick<Task, 'state' | 'startedAt' | 'finishedAt'>, now: number): Fragment {
  return took(task.state === 'pending' ? null : task.startedAt, task.finishedAt, now);
}

/** A task as a link: by its number where all are of one family, else by its id. */
export function linkOf(task: Pick<Task, 'id' | 'number'>, family: Family | null): Fragment {
  return family === null ? taskLink(task) : html`<a href="${paths.task(task.id)}" title="${task.id}">#${task.number}</a>`;
}

function stateCell(task: Task): Content {
  return html`${badge(task.state)}${task.error === null || task.state === 'completed' ? null : html` <small title="${failureText(task.error)}">${task.error.kind}</small>`}`;
}

/** A made-up value says so in its own cell where nothing else of its row does. */
function valueCell(task: Task, { family, families, synthetic, columns }: TableFacts): Content {
  const marked = family === null && !columns.includes('family') && task.value !== null && synthetic.has(families.get(task.familyId)?.experiment ?? '');
  return html`${measured(task.value)}${marked ? html` ${syntheticMark(true)}` : null}`;
}

function behind(task: Task, { family }: TableFacts): Content {
  const { best, bestTaskId } = family?.rollup ?? { best: null, bestTaskId: null };
  if (task.value === null || best === null) return measured(null);
  if (task.id === bestTaskId) return html`<small>best</small>`;
  const difference = task.value - best;
  return html`<data value="${difference}" title="${difference}">${difference > 0 ? '+' : ''}${measuredText(difference)}</data>`;
}

function familyCell(task: Task, { families, synthetic }: TableFacts): Content {
  const family = families.get(task.familyId);
  return family === undefined ? null : named(paths.family(family.id), family.name, syntheticMark(synthetic.has(family.experiment)));
}

function workerCell(task: Task, { workers }: TableFacts): Content {
  return workerLink(task.workerId === null || task.state === 'pending' ? null : workers.get(task.workerId));
}

function parameterValue(task: Task, name: string): Content {
  const value = Object.hasOwn(task.config, name) ? task.config[name] : undefined;
  if (value === undefined) return measured(null);
  return typeof value === 'number' && !Number.isInteger(value) ? measured(value) : html`<span class="clip" title="${String(value)}">${String(value)}</span>`;
}

function reportedValue(task: Task, name: string): Content {
  const value = task.metrics !== null && Object.hasOwn(task.metrics, name) ? task.metrics[name] : null;
  if (value === null || value === undefined) return measured(null);
  return typeof value === 'number' ? reported(value) : html`<span class="clip" title="${String(value)}">${String(value)}</span>`;
}

/** Whether a parameter's values are figures, which stand at the right. */
export function isNumeric(space: Space | null, name: string): boolean {
  const parameter = space?.parameters[name];
  if (parameter === undefined) return false;
  if (parameter.type === 'fixed') return typeof parameter.value === 'number';
  return parameter.type !== 'choice' || parameter.values.every((value) => typeof value === 'number');
}
