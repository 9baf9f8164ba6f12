import type { Scalar } from '#core/space.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { badge } from '#web/parts/badge.ts';
import { taskTime } from '#web/parts/task-table/columns.ts';
import { named } from '#web/parts/identity.ts';
import { workerLink } from '#web/parts/machine.ts';
import { count, duration, measured, meanAndDeviation, reported } from '#web/parts/number.ts';
import { swatch } from '#web/parts/pictures/legend.ts';
import { paths } from '#web/paths.ts';
import type { Compared, ComparedColumn, Standing } from './columns.ts';
import { differenceText } from './said.ts';

/** A row: its name, a cell for each column, and a text by which cells are told apart; rows without texts are never hidden. */
type GridRow = { name: string; cells: Content[]; texts: readonly string[] | null };

export type GridOptions = { now: number; showEqual: boolean; toggle: string; without: (task: Compared) => string };

/** Numbers that scripts report beside their value get at most this many rows. */
const MOST_REPORTED = 30;
const ABSENT = 'not set';

/** The columns side by side: values, what was chosen, and what it ran on. Rows whose cells are all alike are hidden unless asked for. */
export function comparisonGrid(columns: readonly ComparedColumn[], ranked: readonly (Standing | null)[], options: GridOptions): Fragment {
  const parts: [string, GridRow[]][] = [
    ['Values', valueRows(columns, ranked, options)],
    ['Configuration', configurationRows(columns)],
    ['Reported', reportedRows(columns)],
    ['Circumstances', circumstanceRows(columns)],
  ];
  const reference = Math.max(0, ranked.findIndex((standing) => standing?.isBest === true));
  const isHidden = (row: GridRow) => columns.length > 1 && row.texts !== null && new Set(row.texts).size === 1;
  const hidden = parts.flatMap(([, rows]) => rows).filter(isHidden).length;
  const shown = parts.map(([title, rows]) => [title, options.showEqual ? rows : rows.filter((row) => !isHidden(row))] as const).filter(([, rows]) => rows.length > 0);
  const equal = hidden === 0 ? null : html`<p class="fine">${hidden === 1 ? 'One row is' : `${hidden} rows are`} the same everywhere${options.showEqual ? ' and shown' : ' and hidden'}; what differs from ${ranked[reference]?.isBest === true ? 'the best' : 'the first'} is marked. <a href="${options.toggle}">${options.showEqual ? 'Hide equal rows' : 'Show equal rows'}</a></p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Configurations side by side"><table class="compare">
<thead><tr><td></td>${columns.map((column, index) => html`<th scope="col">${swatch(index)} ${column.letter}<small class="clip" title="${column.summary}">${column.summary}</small></th>`)}</tr></thead>
${shown.map(([title, rows]) => html`<tbody><tr class="part"><th scope="rowgroup">${title}</th><td colspan="${columns.length}"></td></tr>${rows.map((row) => gridRow(row, reference))}</tbody>
`)}</table></div>${equal}`;
}

/** What differs from the reference, the best column or else the first, is marked. */
function gridRow(row: GridRow, reference: number): Fragment {
  const usual = row.texts?.[reference];
  return html`<tr><th scope="row" title="${row.name}">${row.name}</th>${row.cells.map((cell, index) => html`<td${row.texts !== null && row.texts[index] !== usual ? html` class="differs"` : null}>${cell}</td>`)}</tr>`;
}

function valueRows(columns: readonly ComparedColumn[], ranked: readonly (Standing | null)[], { now, without }: GridOptions): GridRow[] {
  const metrics = [...new Set(columns.map((column) => column.first.family.metric.name))];
  const several = columns.some((column) => column.members.length > 1);
  return [
    { name: `${metrics.length === 1 ? metrics[0] : 'Value'}, mean ± sd`, texts: null, cells: columns.map(({ group: { summary } }) => html`${meanAndDeviation(summary.mean, summary.sd)}<small>n = ${count(summary.n)}</small>`) },
    { name: 'Difference to the best', texts: null, cells: columns.map((_, index) => differenceText(ranked[index] ?? null)) },
    ...(several ? [{ name: 'Lowest … highest', texts: null, cells: columns.map(({ group: { summary } }) => (summary.n < 2 ? measured(null) : html`${measured(summary.min)} … ${measured(summary.max)}`)) }] : []),
    { name: 'Runs', texts: null, cells: columns.map((column) => html`<ul class="runs">${column.members.map((one) => html`<li>${run(one, now, without)}</li>`)}</ul>`) },
  ];
}

function run({ task, family, worker }: Compared, now: number, without: GridOptions['without']): Fragment {
  const state = task.state === 'completed' ? measured(task.value) : badge(task.state);
  return html`<a href="${paths.task(task.id)}" title="${family.name}, task ${task.id}">#${task.number}</a> ${state} <a class="remove" href="${without({ task, family, worker })}" title="Take #${task.number} out" aria-label="Take task ${task.number} out of the comparison">✕</a><small>seed ${task.seed}, ${taskTime(task, now)}</small>`;
}

function configurationRows(columns: readonly ComparedColumn[]): GridRow[] {
  const names = [...new Set(columns.flatMap((column) => Object.keys(column.first.task.config)))];
  return names.map((name) => {
    const values = columns.map(({ first: { task } }) => (Object.hasOwn(task.config, name) ? (task.config[name] as Scalar) : null));
    return { name, texts: values.map((value) => JSON.stringify(value)), cells: values.map((value) => (value === null ? html`<span class="none">${ABSENT}</span>` : html`<code>${String(value)}</code>`)) };
  });
}

/** What scripts report beside the value: the mean over the runs. */
function reportedRows(columns: readonly ComparedColumn[]): GridRow[] {
  const metrics = new Set(columns.map((column) => column.first.family.metric.name));
  const names = [...new Set(columns.flatMap((column) => column.members.flatMap(({ task }) => Object.keys(task.metrics ?? {}))))].filter((name) => !metrics.has(name)).slice(0, MOST_REPORTED);
  return names.map((name) => {
    const values = columns.map((column) => column.members.flatMap(({ task }) => (task.metrics !== null && Object.hasOwn(task.metrics, name) ? [task.metrics[name]] : [])));
    return { name, texts: values.map((all) => JSON.stringify([...new Set(all)])), cells: values.map(reportedCell) };
  });
}

function reportedCell(values: readonly unknown[]): Content {
  const numbers = values.filter((value): value is number => typeof value === 'number');
  if (numbers.length > 0 && numbers.length === values.length) return reported(numbers.reduce((sum, value) => sum + value / numbers.length, 0));
  const texts = [...new Set(values.map(String))];
  return texts.length === 0 ? measured(null) : html`<span class="clip" title="${texts.join(', ')}">${texts.join(', ')}</span>`;
}

function circumstanceRows(columns: readonly ComparedColumn[]): GridRow[] {
  const row = (name: string, text: (column: ComparedColumn) => string, cell: (column: ComparedColumn) => Content = text): GridRow => ({ name, texts: columns.map(text), cells: columns.map(cell) });
  const workers = ({ members }: ComparedColumn) => [...new Map(members.flatMap(({ worker }) => (worker === null ? [] : [[worker.id, worker] as const]))).values()];
  return [
    row('Family', ({ members }) => [...new Set(members.map(({ family }) => family.id))].join(' '), ({ first }) => named(paths.family(first.family.id), first.family.name)),
    row('Experiment', ({ first }) => first.family.experiment, ({ first }) => named(paths.experiment(first.family.experiment), first.family.experiment)),
    row('Code', ({ first }) => first.family.packageSha256, ({ first }) => html`<code title="${first.family.packageSha256}">${first.family.packageSha256.slice(0, 12)}</code>`),
    row('Training time', ({ first }) => duration(first.task.timeBudgetSeconds * 1000)),
    row('Hardware', ({ hardware }) => hardware || '–'),
    row('Processor', (column) => [...new Set(workers(column).map((worker) => worker.hardware.cpuModel))].join(', ') || '–', (column) => html`${[...new Set(workers(column).map((worker) => worker.hardware.cpuModel))].map((model) => html`<span class="clip" title="${model}">${model}</span>`)}`),
    row('Workers', (column) => workers(column).map((worker) => worker.id).join(' '), (column) => (workers(column).length === 0 ? workerLink(null) : html`<span class="stack">${workers(column).map(workerLink)}</span>`)),
  ];
}
