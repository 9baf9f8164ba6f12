import { dot, gridY, line, rectY } from '@observablehq/plot';
import { html, type Fragment } from '#web/html.ts';
import { count, countOf, measuredText } from '#web/parts/number.ts';
import { linearTicks, valueAtPlace } from './axis.ts';
import type { Run } from './runs.ts';
import { plainRange, type ValueRange } from './spread.ts';
import { rangeLink, runLink, runsText, runTitle, valueAxis, valuedRuns, type Study, type ValuedRun } from './study.ts';
import { drawPicture } from './svg.ts';
import { tickText } from './tick-text.ts';

export type DistributionData = Study;

const BINS = 18;
const MOST_STEPS = 200;
const SHARES = [0, 0.25, 0.5, 0.75, 1];
const SIZE = { width: 560, height: 270, marginTop: 22, marginLeft: 54, marginRight: 16, marginBottom: 38 };

type Bar = { low: number; high: number; n: number; passing: number; href: string; isOpen: 'low' | 'high' | null };

/**
 * How the values are spread: a histogram, each bar a link to its runs, and the share of the runs up to each value, with
 * links at the quartiles.
 *
 * @param runs in any order; those without a value are left out
 */
export function distribution(runs: readonly Run[], study: DistributionData): Fragment {
  const { metric } = study;
  const valued = valuedRuns(runs);
  if (valued.length === 0) return html`<p class="none" id="distribution">No run has a value of ${metric.name} yet.</p>`;
  const sorted = valued.toSorted((left, right) => left.value - right.value || left.number - right.number);
  const range = plainRange(valued, metric);
  const quartiles = SHARES.map((share) => sorted[Math.round(share * (sorted.length - 1))]).filter((run) => run !== undefined);
  const said = quartiles.map((run) => measuredText(run.value));
  const summary = `${runsText(runs, valued)}; ${metric.name} from ${said[0]} to ${said.at(-1)}, the middle half from ${said[1]} to ${said[3]}, median ${said[2]}`;
  const beyond = valued.filter((run) => !range.holds(run.value)).length;
  return html`<figure id="distribution"><div class="columns pair"><div class="picture">${histogram(valued, range, study)}</div><div class="picture">${shares(sorted, quartiles, range, study)}</div></div><figcaption>${summary}.${beyond === 0 ? null : ` ${countOf(beyond, 'value')} beyond the axis, counted in its last bar.`}</figcaption></figure>`;
}

function histogram(valued: readonly ValuedRun[], range: ValueRange, study: DistributionData): Fragment {
  const { metric } = study;
  const axis = valueAxis(metric, range, valued.map((run) => run.value));
  const edges = axis.scale === 'log' ? Array.from({ length: BINS + 1 }, (_, index) => Number(valueAtPlace(axis, index / BINS).toPrecision(4))) : roundEdges(range);
  const bars = barsOf(valued, edges, study);
  const most = Math.max(...bars.map((bar) => bar.n));
  const title = (bar: Bar) => `${bar.isOpen === 'low' ? `below ${tickText(bar.high)}` : bar.isOpen === 'high' ? `${tickText(bar.low)} or more` : `${tickText(bar.low)} to ${tickText(bar.high)}`}: ${countOf(bar.n, 'run')}${bar.passing < bar.n ? `, ${count(bar.passing)} pass the filter` : ''}`;
  const sides = { x1: 'low', x2: 'high', inset: 0.75, href: 'href', title };
  const filtered = bars.some((bar) => bar.passing < bar.n);
  return drawPicture(
    {
      ...SIZE,
      x: { label: metric.name, type: axis.scale === 'log' ? 'log' : 'linear', domain: [edges[0] ?? 0, edges.at(-1) ?? 1], ticks: 5, tickFormat: tickText, labelArrow: 'none' },
      y: { label: 'runs', domain: [0, most], ticks: Math.min(5, most), tickFormat: (n: number) => (Number.isInteger(n) ? count(n) : ''), labelArrow: 'none' },
      marks: [gridY({ ticks: Math.min(5, most), className: 'lines' }), rectY(bars, { ...sides, y: 'n', className: filtered ? 'bars dimmed' : 'bars' }), filtered ? rectY(bars.filter((bar) => bar.passing > 0), { x1: 'low', x2: 'high', inset: 0.75, y: 'passing', className: 'bars' }) : null],
    },
    `How many runs have which ${metric.name}: ${countOf(bars.length, 'bar')}, the highest ${countOf(most, 'run')}`,
  );
}

function roundEdges({ low, high }: ValueRange): number[] {
  const inner = linearTicks(low, high, BINS);
  const step = (inner[1] ?? high) - (inner[0] ?? low);
  if (!(step > 0)) return [low, high];
  const [first, last] = [inner[0] ?? low, inner.at(-1) ?? high];
  return [...(first > low ? [Number((first - step).toPrecision(12))] : []), ...inner, ...(last < high ? [Number((last + step).toPrecision(12))] : [])];
}

/** Bars between the edges that hold a run; what lies beyond the first or last edge belongs to the bar there. */
function barsOf(valued: readonly ValuedRun[], edges: readonly number[], study: DistributionData): Bar[] {
  const last = edges.length - 2;
  const groups = Map.groupBy(valued, (run) => Math.min(last, Math.max(0, edges.findLastIndex((edge) => edge <= run.value))));
  const field = { of: 'task' as const, name: 'value' as const };
  return [...groups].map(([index, members]): Bar => {
    const [low, high] = [edges[index] ?? 0, edges[index + 1] ?? 0];
    const values = members.map((run) => run.value);
    const isOpen = values.some((value) => value < low) ? 'low' : values.some((value) => value >= high) ? 'high' : null;
    const [from, to] = [isOpen === 'low' ? Math.min(...values) : low, isOpen === 'high' ? Math.max(...values) : high];
    return { low, high, n: members.length, passing: members.filter((run) => run.dimmed !== true).length, href: rangeLink(study, field, from, to, isOpen === 'high'), isOpen };
  });
}

/** The empirical distribution function as steps. */
function shares(sorted: readonly ValuedRun[], quartiles: readonly ValuedRun[], range: ValueRange, { metric }: DistributionData): Fragment {
  const axis = valueAxis(metric, range, sorted.map((run) => run.value));
  const inside = (value: number) => Math.min(axis.high, Math.max(axis.low, value));
  const every = Math.max(1, Math.ceil(sorted.length / MOST_STEPS));
  const steps = sorted.flatMap((run, index) => (index % every === 0 || index === sorted.length - 1 ? [{ x: inside(run.value), y: (index + 1) / sorted.length }] : []));
  const shareOf = (run: ValuedRun) => (sorted.indexOf(run) + 1) / sorted.length;
  return drawPicture(
    {
      ...SIZE,
      x: { label: metric.name, type: axis.scale === 'log' ? 'log' : 'linear', domain: [axis.low, axis.high], ticks: 5, tickFormat: tickText, labelArrow: 'none' },
      y: { label: 'share of the runs', domain: [0, 1], ticks: 5, tickFormat: (share: number) => `${Math.round(100 * share)} %`, labelArrow: 'none' },
      marks: [
        gridY({ ticks: 5, className: 'lines' }),
        line([{ x: axis.low, y: 0 }, ...steps, { x: axis.high, y: 1 }], { x: 'x', y: 'y', curve: 'step-after', className: 'curve' }),
        dot([...new Set(quartiles)], { x: (run: ValuedRun) => inside(run.value), y: shareOf, r: 4, className: 'records', href: runLink, title: (run: ValuedRun) => `${Math.round(100 * shareOf(run))} % of the runs up to ${runTitle(metric)(run)}` }),
      ],
    },
    `The share of the runs up to each ${metric.name}, with the least, the quartiles and the greatest`,
  );
}
