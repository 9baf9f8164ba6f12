import type { Family } from '#core/brief.ts';
import type { Space } from '#core/space.ts';
import type { Task } from '#core/task.ts';
import type { Worker } from '#core/worker.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { badge } from '#web/parts/badge.ts';
import { failureText } from '#web/parts/failure.ts';
import { workerLink } from '#web/parts/machine.ts';
import { took } from '#web/parts/moment.ts';
import { measured, measuredText } from '#web/parts/number.ts';
import { table, type Column } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { variedNames } from './answer.ts';

/** Parameters that get a column; a table wider than this is read by nobody. */
const MOST_VARIED = 10;

/** The tasks of one campaign: how far each is behind the best, and what it tried. */
export function campaignTasks(family: Pick<Family, 'metric' | 'rollup'>, space: Space, tasks: readonly Task[], workers: ReadonlyMap<string, Worker>, now: number): Fragment {
  const names = variedNames(space).slice(0, MOST_VARIED);
  const columns: Column[] = [
    { head: 'Task', kind: 'id' },
    { head: 'State' },
    { head: family.metric.name, kind: 'num' },
    { head: 'Δ best', kind: 'num' },
    ...names.map((name): Column => ({ head: name, kind: isNumeric(space, name) ? 'num' : undefined })),
    { head: 'Worker' },
    { head: 'Time', kind: 'num' },
  ];
  const rows = tasks.map((task) => ({
    id: `task-${task.id}`,
    cells: [
      numberLink(task),
      html`${badge(task.state)}${task.error === null || task.state === 'completed' ? null : html` <small title="${failureText(task.error)}">${task.error.kind}</small>`}`,
      measured(task.value),
      behind(task, family),
      ...names.map((name) => parameterValue(task, name)),
      workerName(task, workers),
      taskTime(task, now),
    ],
  }));
  return table('Tasks', columns, rows);
}

/** How long a task took or has been running; one that waits for another attempt is not running. */
export function taskTime(task: Pick<Task, 'state' | 'startedAt' | 'finishedAt'>, now: number): Fragment {
  return took(task.state === 'pending' ? null : task.startedAt, task.finishedAt, now);
}

/** A task as a link by its number, whose name says which task it is. */
export function numberLink(task: Pick<Task, 'id' | 'number'>): Fragment {
  return html`<a href="${paths.task(task.id)}" title="${task.id}">#${task.number}</a>`;
}

function behind(task: Task, family: Pick<Family, 'rollup'>): Content {
  const { best, bestTaskId } = family.rollup;
  if (task.value === null || best === null) return measured(null);
  if (task.id === bestTaskId) return html`<small>best</small>`;
  const difference = task.value - best;
  return html`<data value="${difference}" title="${difference}">${difference > 0 ? '+' : ''}${measuredText(difference)}</data>`;
}

function parameterValue(task: Task, name: string): Content {
  const value = Object.hasOwn(task.config, name) ? task.config[name] : undefined;
  if (value === undefined) return measured(null);
  return typeof value === 'number' && !Number.isInteger(value) ? measured(value) : String(value);
}

function workerName(task: Task, workers: ReadonlyMap<string, Worker>): Content {
  return workerLink(task.workerId === null || task.state === 'pending' ? null : workers.get(task.workerId));
}

/** Whether a parameter's values are figures, which stand at the right. */
export function isNumeric(space: Space, name: string): boolean {
  const parameter = space.parameters[name];
  return parameter?.type === 'choice' ? parameter.values.every((value) => typeof value === 'number') : true;
}
