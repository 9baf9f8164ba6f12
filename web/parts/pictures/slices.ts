import { areaY, dot, gridY, line, rectY, type Markish } from '@observablehq/plot';
import { html, type Fragment } from '#web/html.ts';
import { count } from '#web/parts/number.ts';
import { axesOf, placeOf, ticksOf, valueAtPlace, type Axis } from './axis.ts';
import type { Run } from './runs.ts';
import { plainRange, type ValueRange } from './spread.ts';
import { bestOf, heapsOf, heapTitle, parameterOf, runLink, runsText, runTitle, valueAxis, valuedRuns, type Heap, type Study, type ValuedRun } from './study.ts';
import { drawPicture, MANY_MARKS } from './svg.ts';
import { tickText } from './tick-text.ts';

export type SlicesData = Study;

const WIDTH = 300;
const HEIGHT = 190;
const MOST_SLICES = 16;
/** Marks of all slices together: more would weigh more than 150 KB. */
const MOST_MARKS = 900;
const [FEWEST_BINS, MOST_BINS] = [6, 24];
const RUNS_PER_BIN = 12;
/** Choices stand apart, and their dots a little apart from each other, by their numbers. */
const BESIDE = 0.14;
const SPREAD = 0.07;

/**
 * The value against each parameter, one small picture each. Every dot is a link to its task; where there are too many,
 * medians and the middle 80 % of the runs at each place, linked to the best of them.
 *
 * @param runs in any order; those without a value are left out
 */
export function slices(runs: readonly Run[], study: SlicesData): Fragment {
  const valued = valuedRuns(runs);
  const axes = axesOf(study.space);
  if (valued.length === 0) return html`<p class="none" id="slices">No run has a value of ${study.metric.name} yet.</p>`;
  if (axes.length === 0) return html`<p class="none" id="slices">All runs have the same configuration: there is nothing to slice by.</p>`;
  const shown = axes.slice(0, MOST_SLICES);
  const range = plainRange(valued, study.metric);
  const isDense = valued.length > MOST_MARKS / shown.length;
  const beyond = valued.filter((run) => !range.holds(run.value)).length;
  const caption = [
    runsText(runs, valued),
    isDense ? 'band or bar: the middle 80 % of the runs at a place, line: their median, dot: the best' : 'one dot per run, the best ringed',
    beyond === 0 ? '' : `${count(beyond)} beyond the axis, shown at its edge`,
    shown.length < axes.length ? `the first ${count(shown.length)} of ${count(axes.length)} parameters` : '',
  ];
  return html`<figure id="slices"><div class="slices">${shown.map((axis) => slice(axis, valued, range, isDense, study))}</div><figcaption>${caption.filter((part) => part !== '').join('; ')}.</figcaption></figure>`;
}

function slice(axis: Axis, valued: readonly ValuedRun[], range: ValueRange, isDense: boolean, study: SlicesData): Fragment {
  const { metric } = study;
  const active = valued.filter((run) => placeOf(axis, parameterOf(run, axis.name)) !== null);
  const value = valueAxis(metric, range, valued.map((run) => run.value));
  const ticks = ticksOf(axis, 6);
  const off = valued.length - active.length;
  const best = bestOf(active, metric);
  const summary = `${metric.name} against ${axis.name}, ${count(active.length)} runs${off === 0 ? '' : ` in which it is active`}${best === undefined ? '' : `; best at ${String(parameterOf(best, axis.name))}`}`;
  const height = (run: number) => Math.min(value.high, Math.max(value.low, run));
  const picture = drawPicture(
    {
      width: WIDTH,
      height: HEIGHT,
      marginTop: 12,
      marginLeft: 46,
      marginRight: 12,
      marginBottom: 26,
      x: { label: null, domain: axis.scale === 'points' ? [-BESIDE, 1 + BESIDE] : [-0.02, 1.02], ticks: ticks.map((tick) => tick.place), tickFormat: (place: number) => clip(ticks.find((tick) => tick.place === place)?.text ?? '') },
      y: { label: null, type: value.scale === 'log' ? 'log' : 'linear', domain: [value.low, value.high], ticks: 4, tickFormat: tickText },
      marks: [gridY({ ticks: 4, className: 'lines' }), ...(isDense ? dense(axis, active, height, study) : single(axis, active, height, study, best))],
    },
    summary,
  );
  return html`<div class="picture slice"><p class="name" title="${axis.name}">${axis.name}${off === 0 ? null : html` <small>off in ${count(off)}</small>`}</p>${picture}</div>`;
}

function single(axis: Axis, active: readonly ValuedRun[], height: (value: number) => number, { metric }: SlicesData, best: ValuedRun | undefined): Markish[] {
  const place = (run: ValuedRun) => (placeOf(axis, parameterOf(run, axis.name)) ?? 0) + (axis.scale === 'points' ? SPREAD * (((run.number * 0.618034) % 1) - 0.5) : 0);
  const title = (run: ValuedRun) => `${runTitle(metric)(run)} at ${String(parameterOf(run, axis.name))}`;
  const dots = (runs: readonly ValuedRun[], className: string) => dot(runs, { x: place, y: (run: ValuedRun) => height(run.value), r: 3, className, href: runLink, title });
  const rest = active.filter((run) => run !== best);
  return [
    dots(rest.filter((run) => run.dimmed === true), `values dimmed ${MANY_MARKS}`),
    dots(rest.filter((run) => run.dimmed !== true), `values ${MANY_MARKS}`),
    dots(best === undefined ? [] : [best], `records ${MANY_MARKS}`),
  ];
}

function dense(axis: Axis, active: readonly ValuedRun[], height: (value: number) => number, { metric }: SlicesData): Markish[] {
  const isPoints = axis.scale === 'points';
  const bins = isPoints ? axis.choices.length : Math.min(MOST_BINS, Math.max(FEWEST_BINS, Math.floor(active.length / RUNS_PER_BIN)));
  const heaps = heapsOf(active, metric, (run) => {
    const place = placeOf(axis, parameterOf(run, axis.name));
    return place === null ? null : isPoints ? Math.round(place * (bins - 1)) : Math.min(bins - 1, Math.floor(place * bins));
  });
  const middle = (heap: Heap) => (isPoints ? heap.index / Math.max(1, bins - 1) : (heap.index + 0.5) / bins);
  const half = isPoints ? Math.min(0.1, 0.3 / bins) : 0.5 / bins;
  const where = (heap: Heap) => (isPoints ? `${axis.name} ${String(axis.choices[heap.index])}` : `${axis.name} from ${tickText(short(valueAtPlace(axis, heap.index / bins)))} to ${tickText(short(valueAtPlace(axis, (heap.index + 1) / bins)))}`);
  const [low, high, median] = [(heap: Heap) => height(heap.low), (heap: Heap) => height(heap.high), (heap: Heap) => height(heap.median)];
  const sides = { x1: (heap: Heap) => middle(heap) - half, x2: (heap: Heap) => middle(heap) + half };
  const body: Markish[] = isPoints
    ? [rectY(heaps, { ...sides, y1: low, y2: high, inset: 0, className: 'spread' }), line(heaps.flatMap((heap) => [{ x: middle(heap) - half, y: median(heap) }, { x: middle(heap) + half, y: median(heap) }, { x: middle(heap), y: Number.NaN }]), { x: 'x', y: 'y', className: 'medians' })]
    : [areaY(heaps, { x: middle, y1: low, y2: high, className: 'spread' }), line(heaps, { x: middle, y: median, className: 'medians' })];
  return [
    ...body,
    dot(heaps, { x: middle, y: (heap: Heap) => height(heap.best.value), r: 2.5, className: 'values' }),
    rectY(heaps, { ...sides, y1: () => height(-Infinity), y2: () => height(Infinity), inset: 0, className: `bins ${MANY_MARKS}`, href: (heap: Heap) => runLink(heap.best), title: heapTitle(metric, where) }),
  ];
}

function short(value: number): number {
  return Number(value.toPrecision(3));
}

function clip(text: string): string {
  return text.length > 12 ? `${text.slice(0, 11)}…` : text;
}
