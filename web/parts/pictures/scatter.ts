import { dot, gridY, rect, type Markish } from '@observablehq/plot';
import { html, type Fragment } from '#web/html.ts';
import { count, measuredText } from '#web/parts/number.ts';
import type { Run } from './runs.ts';
import { plainRange } from './spread.ts';
import { bestOf, heapsOf, heapTitle, runLink, runsText, runTitle, valueAxis, valuedRuns, type Heap, type Study, type ValuedRun } from './study.ts';
import { drawPicture, MANY_MARKS, pictureFrame } from './svg.ts';
import { tickText } from './tick-text.ts';

export type ScatterData = Study;

const MOST_DOTS = 500;
const COLUMNS = 32;
const ROWS = 18;
const LEVELS = 4;

type Area = { left: number; right: number; low: number; high: number };

/**
 * The value against how long the run took, one dot per run, each a link to its task; above 500 runs cells, the stronger
 * the more runs they hold, each a link to the best of them.
 *
 * @param runs in any order; those without a value or an end are left out
 */
export function scatter(runs: readonly Run[], study: ScatterData): Fragment {
  const { metric } = study;
  const valued = valuedRuns(runs).filter((run) => secondsOf(run) !== null);
  if (valued.length === 0) return html`<p class="none" id="scatter">No run has a value of ${metric.name} yet.</p>`;
  const range = plainRange(valued, metric);
  const seconds = valued.map((run) => secondsOf(run) ?? 0);
  const [shortest, longest] = [seconds.reduce((left, right) => Math.min(left, right)), seconds.reduce((left, right) => Math.max(left, right))];
  const padding = (longest - shortest) * 0.04 || longest * 0.1 || 1;
  const axis = valueAxis(metric, range, valued.map((run) => run.value));
  const area = { left: Math.max(0, shortest - padding), right: longest + padding, low: axis.low, high: axis.high };
  const best = bestOf(valued, metric);
  const isDense = valued.length > MOST_DOTS;
  const summary = `${runsText(runs, valued)}; they took ${measuredText(shortest)} to ${measuredText(longest)} s${best === undefined ? '' : `, the best, #${best.number}, ${measuredText(secondsOf(best) ?? 0)} s`}`;
  const picture = drawPicture(
    {
      width: 720,
      height: 340,
      marginTop: 28,
      marginLeft: 62,
      marginRight: 18,
      marginBottom: 38,
      x: { label: 'seconds from start to end', domain: [area.left, area.right], ticks: 7, tickFormat: tickText, labelArrow: 'none' },
      y: { label: metric.name, type: axis.scale === 'log' ? 'log' : 'linear', domain: [area.low, area.high], ticks: 5, tickFormat: tickText, labelArrow: 'none' },
      marks: [gridY({ ticks: 5, className: 'lines' }), ...(isDense ? cells(valued, area, study) : dots(valued, area, study, best))],
    },
    summary,
  );
  const beyond = valued.filter((run) => !range.holds(run.value)).length;
  return pictureFrame('scatter', picture, `${summary}.${isDense ? ' The stronger a cell, the more runs it holds; it leads to the best of them.' : ''}${beyond === 0 ? '' : ` ${count(beyond)} beyond the axis, shown at its edge.`}`);
}

function dots(valued: readonly ValuedRun[], area: Area, { metric }: ScatterData, best: ValuedRun | undefined): Markish[] {
  const title = (run: ValuedRun) => `${runTitle(metric)(run)} after ${measuredText(secondsOf(run) ?? 0)} s`;
  const mark = (runs: readonly ValuedRun[], className: string) => dot(runs, { x: secondsOf, y: (run: ValuedRun) => Math.min(area.high, Math.max(area.low, run.value)), r: 4, className, href: runLink, title });
  const rest = valued.filter((run) => run !== best);
  return [
    mark(rest.filter((run) => run.dimmed === true), `values dimmed ${MANY_MARKS}`),
    mark(rest.filter((run) => run.dimmed !== true), `values ${MANY_MARKS}`),
    mark(best === undefined ? [] : [best], 'records'),
  ];
}

function cells(valued: readonly ValuedRun[], area: Area, { metric }: ScatterData): Markish[] {
  const width = (area.right - area.left) / COLUMNS;
  const isLog = area.low > 0 && area.high / area.low > 100;
  const up = (value: number) => (isLog ? Math.log(value / area.low) / Math.log(area.high / area.low) : (value / 2 - area.low / 2) / (area.high / 2 - area.low / 2));
  const valueAt = (share: number) => (isLog ? area.low * (area.high / area.low) ** share : area.low * (1 - share) + area.high * share);
  const within = (index: number, most: number) => Math.min(most - 1, Math.max(0, Math.floor(index)));
  const heaps = heapsOf(valued, metric, (run) => within(((secondsOf(run) ?? 0) - area.left) / width, COLUMNS) * ROWS + within(up(run.value) * ROWS, ROWS));
  const most = Math.max(...heaps.map((heap) => heap.n));
  const left = (heap: Heap) => area.left + Math.floor(heap.index / ROWS) * width;
  const row = (heap: Heap) => heap.index % ROWS;
  const groups = Map.groupBy(heaps, (heap) => (heap.passing === 0 ? 0 : Math.min(LEVELS, 1 + Math.floor(LEVELS * Math.sqrt(heap.n / most)))));
  const title = heapTitle(metric, (heap) => `${measuredText(left(heap))} to ${measuredText(left(heap) + width)} s`);
  return [...groups].map(([level, some]) =>
    rect(some, { x1: left, x2: (heap: Heap) => left(heap) + width, y1: (heap: Heap) => valueAt(row(heap) / ROWS), y2: (heap: Heap) => valueAt((row(heap) + 1) / ROWS), inset: 0.5, className: `cells ${level === 0 ? 'dimmed' : `level-${level}`} ${MANY_MARKS}`, href: (heap: Heap) => runLink(heap.best), title }),
  );
}

function secondsOf(run: Run): number | null {
  return run.startedAt === null || run.finishedAt === null ? null : Math.max(0, run.finishedAt - run.startedAt) / 1000;
}
