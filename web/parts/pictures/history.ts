import { areaY, dot, gridY, line, rectY, type Markish, type SymbolType } from '@observablehq/plot';
import type { Metric } from '#core/experiment.ts';
import type { Task } from '#core/task.ts';
import { html, type Fragment } from '#web/html.ts';
import { count, countOf, measuredText } from '#web/parts/number.ts';
import { paths } from '#web/paths.ts';
import { toneClass, toneSymbol, tonesOf, tonesLegend, type Tones } from './tones.ts';
import type { Run } from './runs.ts';
import { binValues, plainRange, records, thinRecords, type Bin, type Valued } from './spread.ts';
import type { Study } from './study.ts';
import { drawPicture, MANY_MARKS, pictureFrame } from './svg.ts';
import { tickText } from './tick-text.ts';

/** What the history needs of a task. */
export type HistoryTask = Pick<Run, 'id' | 'number' | 'state' | 'value' | 'config' | 'dimmed'>;

/** Above this many marks single tasks would be neither seen nor hit, and the picture would weigh more than 150 KB. */
const MOST_MARKS = 300;
const BINS = 100;

/** `total`: the number of tasks there are or will be; `noise`: the values within the noise of the best, where it is known. */
export type HistoryData = Study & { total: number; color: string | null; noise: { low: number; high: number } | null };

/**
 * The values of a campaign by task number, with the best so far as a step line. Every mark is a link to its task; above
 * 300 tasks the picture shows medians and the middle 80 % of equal runs of tasks, each a link to its best one.
 *
 * @param tasks in any order; those that have not ended are left out
 */
export function history(tasks: readonly HistoryTask[], data: HistoryData): Fragment {
  const { metric, total, noise } = data;
  const sorted = tasks.filter((task) => task.value !== null || task.state === 'failed').sort((left, right) => left.number - right.number);
  const valued = sorted.filter((task): task is HistoryValue => task.value !== null && Number.isFinite(task.value));
  const failed = sorted.filter((task) => task.state === 'failed');
  if (valued.length + failed.length === 0) return html`<p class="none" id="history">No task has ended yet.</p>`;
  const range = plainRange(valued, metric);
  const reached = sorted.at(-1)?.number ?? 0;
  // A campaign that has just begun fills the picture; how far it is altogether is for the progress bar to say.
  const last = Math.max(2, reached, Math.min(total, Math.ceil(reached * 1.25)));
  const best = records(valued, metric) as HistoryValue[];
  const summary = describe(valued, failed.length, best, metric);
  const isBinned = sorted.length > MOST_MARKS;
  const tones = isBinned || valued.length === 0 ? null : tonesOf(data, data.color);
  const marks = isBinned ? binned(valued, last, range, metric) : single(valued, failed, best, range, metric, tones);
  // Failures alone have no scale: figures beside them would be made up.
  const ticks = valued.length === 0 ? 0 : 5;
  const band = noiseMarks(noise, last, range);
  const picture = drawPicture(
    {
      marginTop: 28,
      marginLeft: 62,
      marginRight: 18,
      marginBottom: 38,
      x: { label: 'task number', domain: [1, last], ticks: Math.min(6, last - 1), tickFormat: (number: number) => (Number.isInteger(number) ? count(number) : ''), labelArrow: 'none' },
      y: { label: metric.name, domain: [range.low, range.high], ticks, tickFormat: tickText, labelArrow: 'none' },
      marks: [gridY({ ticks, className: 'lines' }), ...band, stepLine(best, last, range), ...marks, ...recordDots(best, range, metric, tones)],
    },
    summary,
  );
  return pictureFrame('history', html`${tonesLegend(data, tones, band.length > 0)}${picture}`, caption(summary, isBinned, valued.filter((task) => !range.holds(task.value)).length));
}

type HistoryValue = HistoryTask & Valued;
type Range = ReturnType<typeof plainRange>;

function single(valued: HistoryValue[], failed: HistoryTask[], best: HistoryValue[], range: Range, metric: Metric, tones: Tones | null): Markish[] {
  const records = new Set(best);
  const plain = valued.filter((task) => range.holds(task.value) && !records.has(task));
  const beyond = valued.filter((task) => !range.holds(task.value));
  return [
    ...byLook(plain, tones).map(({ some, symbol, look }) => dot(some, { x: 'number', y: 'value', r: 4, symbol, className: `values${look} ${MANY_MARKS}`, href: linkOf, title: titleOf(metric) })),
    dot(beyond, { x: 'number', y: () => range.worst, r: 4, symbol: metric.direction === 'minimize' ? 'triangle' : 'triangle2', className: `beyond ${MANY_MARKS}`, href: linkOf, title: titleOf(metric) }),
    dot(failed, { x: 'number', y: () => range.worst, r: 3.5, symbol: 'times', className: `failures ${MANY_MARKS}`, href: linkOf, title: (task: HistoryTask) => `#${task.number} failed` }),
  ];
}

/** The band of values that cannot be told from the best, as far as it lies in the picture. */
function noiseMarks(noise: HistoryData['noise'], last: number, range: Range): Markish[] {
  if (noise === null || !(noise.high > range.low) || !(noise.low < range.high)) return [];
  const [low, high] = [range.clamp(noise.low), range.clamp(noise.high)];
  return [
    rectY([noise], { x1: () => 1, x2: () => last, y1: () => low, y2: () => high, inset: 0, className: 'noise' }),
  ];
}

function binned(valued: Valued[], last: number, range: Range, metric: Metric): Markish[] {
  const bins = binValues(valued, last, BINS, metric);
  const title = (bin: Bin) =>
    `#${bin.from} to #${bin.to}: median ${measuredText(bin.median)}, middle 80 % from ${measuredText(bin.low)} to ${measuredText(bin.high)}, n ${bin.n}; best ${measuredText(bin.best.value)} at #${bin.best.number}`;
  const middle = (bin: Bin) => (bin.from + bin.to) / 2;
  return [
    areaY(bins, { x: middle, y1: (bin: Bin) => range.clamp(bin.low), y2: (bin: Bin) => range.clamp(bin.high), className: 'spread' }),
    line(bins, { x: middle, y: (bin: Bin) => range.clamp(bin.median), className: 'medians' }),
    rectY(bins, { x1: 'from', x2: (bin: Bin) => Math.min(last, bin.to + 1), y1: () => range.low, y2: () => range.high, inset: 0, className: `bins ${MANY_MARKS}`, href: (bin: Bin) => linkOf(bin.best), title }),
  ];
}

function stepLine(best: Valued[], last: number, range: Range): Markish {
  const steps = thinRecords(best).map((task) => ({ x: task.number, y: range.clamp(task.value) }));
  const end = steps.at(-1);
  return line(end === undefined ? [] : [...steps, { x: last, y: end.y }], { x: 'x', y: 'y', curve: 'step-after', className: 'best' });
}

function recordDots(best: HistoryValue[], range: Range, metric: Metric, tones: Tones | null): Markish[] {
  return byLook(thinRecords(best) as HistoryValue[], tones).map(({ some, symbol, look }) =>
    dot(some, { x: 'number', y: (task: Valued) => range.clamp(task.value), r: 4.5, symbol, className: `records${look}`, href: linkOf, title: titleOf(metric, ', the best until then') }),
  );
}

/** Tasks that look alike: by colour and shape, and whether they are dimmed, which lie below the others. */
function byLook(tasks: readonly HistoryValue[], tones: Tones | null): { some: HistoryValue[]; symbol: SymbolType; look: string }[] {
  const looks = Map.groupBy(tasks, (task) => `${tones === null ? '' : ` ${toneClass(tones, task)}`}${task.dimmed === true ? ' dimmed' : ''}`);
  return [...looks].map(([look, some]) => ({ some, symbol: some[0] === undefined ? 'circle' : toneSymbol(tones, some[0]), look })).toSorted((left, right) => Number(right.look.endsWith('dimmed')) - Number(left.look.endsWith('dimmed')));
}

function linkOf(task: Pick<Task, 'id'>): string {
  return paths.task(task.id);
}

function titleOf(metric: Metric, note = ''): (task: Valued) => string {
  return (task) => `#${task.number}: ${metric.name} ${measuredText(task.value)}${note}`;
}

function describe(valued: Valued[], failed: number, best: Valued[], metric: Metric): string {
  const [first, final] = [best[0], best.at(-1)];
  const lost = failed === 0 ? '' : `; ${count(failed)} failed`;
  if (first === undefined || final === undefined) return `No task has a value of ${metric.name}${lost}`;
  const way = first === final ? `the best is the first, ${measuredText(first.value)} at #${first.number}` : `the best went from ${measuredText(first.value)} at #${first.number} to ${measuredText(final.value)} at #${final.number}`;
  return `${countOf(valued.length, 'value')} of ${metric.name} by task number: ${way}${lost}`;
}

function caption(summary: string, isBinned: boolean, beyond: number): string {
  const rest = [
    isBinned ? 'band: the middle 80 %, line: the median' : '',
    beyond === 0 ? '' : `${countOf(beyond, 'value')} beyond the axis, shown at its edge`,
  ];
  return [summary, ...rest.filter((part) => part !== '')].join('; ');
}

