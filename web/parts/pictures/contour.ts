import { contour as contourMark, dot, type Markish } from '@observablehq/plot';
import { html, type Fragment } from '#web/html.ts';
import { count, measuredText } from '#web/parts/number.ts';
import { placeOf, ticksOf, type Axis } from './axis.ts';
import { contourAxes } from './contour-axes.ts';
import type { Run } from './runs.ts';
import { plainRange } from './spread.ts';
import { bestFirst, bestOf, parameterOf, runLink, runTitle, valuedRuns, type Study, type ValuedRun } from './study.ts';
import { drawPicture, MANY_MARKS, pictureFrame } from './svg.ts';

/** `x` and `y`: names of parameters; null for those that the picture chooses. */
export type ContourData = Study & { x: string | null; y: string | null };

const FEWEST_RUNS = 10;
const MOST_DOTS = 400;
/** Runs that the smooth is made of: an even sample of more than these. */
const MOST_SMOOTHED = 1000;
const COLUMNS = 36;
const ROWS = 24;
const LEVELS = 8;
/** The width of the kernel as a share of each axis. */
const BANDWIDTH = 0.11;
const BESIDE = 0.06;
const SPREAD = 0.06;

type Spot = { x: number; y: number; run: ValuedRun };

/**
 * How good runs are over two parameters: a smooth of their values, and the runs as dots on it, each a link to its task.
 * The smooth is the mean of the values weighted by a normal kernel of their distance (Nadaraya 1964, "On estimating
 * regression", Theory of Probability and its Applications 9:141–142; Watson 1964, Sankhyā A 26:359–372). It is a reading
 * aid and no model: other parameters vary too.
 *
 * @param runs in any order; those without a value, or in which one of the two is not active, are left out
 */
export function contour(runs: readonly Run[], data: ContourData): Fragment {
  const { metric } = data;
  const [x, y] = contourAxes(data);
  if (x === undefined || y === undefined) return html`<p class="none" id="contour">A contour needs two parameters that differ between the runs.</p>`;
  const spots = valuedRuns(runs).flatMap((run): Spot[] => {
    const [across, up] = [placeOf(x, parameterOf(run, x.name)), placeOf(y, parameterOf(run, y.name))];
    return across === null || up === null ? [] : [{ x: across + aside(x, run, 0.618034), y: up + aside(y, run, 0.7548777), run }];
  });
  if (spots.length < FEWEST_RUNS) return html`<p class="none" id="contour">A contour of ${x.name} and ${y.name} needs at least ${FEWEST_RUNS} runs with a value; there are ${spots.length}.</p>`;
  const best = bestOf(spots.map((spot) => spot.run), metric);
  const summary = `${metric.name} over ${x.name} and ${y.name}, ${count(spots.length)} runs${best === undefined ? '' : `; the best, #${best.number}, has ${measuredText(best.value)} at ${x.name} ${String(parameterOf(best, x.name))}, ${y.name} ${String(parameterOf(best, y.name))}`}`;
  const scale = (axis: Axis, most: number) => {
    const ticks = ticksOf(axis, most);
    return { domain: [-BESIDE, 1 + BESIDE], ticks: ticks.map((tick) => tick.place), tickFormat: (place: number) => ticks.find((tick) => tick.place === place)?.text ?? '', label: axis.name, labelArrow: 'none' as const };
  };
  const picture = drawPicture(
    { width: 720, height: 400, marginTop: 28, marginLeft: 76, marginRight: 20, marginBottom: 40, x: scale(x, 8), y: scale(y, 6), marks: [...surface(spots, data), ...dots(spots, best, data)] },
    summary,
  );
  return pictureFrame('contour', picture, `${summary}. The stronger the colour, the better: a smooth of the runs nearby (normal kernel, ${Math.round(100 * BANDWIDTH)} % of each axis), not a model; other parameters vary too.${spots.length > MOST_DOTS ? ` Dots: the best ${MOST_DOTS}.` : ''}`);
}

/** Runs of one choice lie a little apart, by their numbers and different multiples of them, so that they are seen to be several. */
function aside(axis: Axis, run: ValuedRun, multiple: number): number {
  return axis.scale === 'points' ? SPREAD * (((run.number * multiple) % 1) - 0.5) : 0;
}

/** Filled steps above each other, the better the more of them. */
function surface(spots: readonly Spot[], { metric }: ContourData): Markish[] {
  const range = plainRange(spots.map((spot) => spot.run), metric);
  const every = Math.max(1, Math.ceil(spots.length / MOST_SMOOTHED));
  const sample = spots.filter((_, index) => index % every === 0);
  const sign = metric.direction === 'minimize' ? -1 : 1;
  const heights = sample.map((spot) => (sign * (range.clamp(spot.run.value) / 2 - range.low / 2)) / (range.high / 2 - range.low / 2));
  const grid = Array.from({ length: COLUMNS * ROWS }, (_, index) => smooth(sample, heights, reach((index % COLUMNS) / (COLUMNS - 1)), reach(Math.floor(index / COLUMNS) / (ROWS - 1))));
  const known = grid.filter((height) => height !== null);
  const [least, most] = [Math.min(...known), Math.max(...known)];
  if (!(most > least)) return [];
  const filled = grid.map((height) => height ?? least);
  return Array.from({ length: LEVELS }, (_, level) => {
    const threshold = least + ((most - least) * (level + 0.5)) / LEVELS;
    return contourMark(filled, { width: COLUMNS, height: ROWS, x1: -BESIDE, x2: 1 + BESIDE, y1: -BESIDE, y2: 1 + BESIDE, value: (height: number) => height, thresholds: [threshold], fill: 'currentColor', stroke: 'currentColor', className: 'contours' });
  });
}

/** The smooth fills the picture, a little beyond the ends of the axes. */
function reach(share: number): number {
  return share * (1 + 2 * BESIDE) - BESIDE;
}

/** Null where no run is near enough to say anything. */
function smooth(sample: readonly Spot[], heights: readonly number[], x: number, y: number): number | null {
  let [sum, weights] = [0, 0];
  for (const [index, spot] of sample.entries()) {
    const weight = Math.exp(-((spot.x - x) ** 2 + (spot.y - y) ** 2) / (2 * BANDWIDTH ** 2));
    sum += weight * (heights[index] ?? 0);
    weights += weight;
  }
  return weights < 0.02 ? null : sum / weights;
}

function dots(spots: readonly Spot[], best: ValuedRun | undefined, { metric }: ContourData): Markish[] {
  const order = new Map(bestFirst(spots.map((spot) => spot.run), metric).map((run, index) => [run, index]));
  const shown = spots.filter((spot) => (order.get(spot.run) ?? 0) < MOST_DOTS && spot.run !== best);
  const mark = (some: readonly Spot[], className: string) => dot(some, { x: 'x', y: 'y', r: 3, className, href: (spot: Spot) => runLink(spot.run), title: (spot: Spot) => runTitle(metric)(spot.run) });
  return [
    mark(shown.filter((spot) => spot.run.dimmed === true), `outlined dimmed ${MANY_MARKS}`),
    mark(shown.filter((spot) => spot.run.dimmed !== true), `outlined ${MANY_MARKS}`),
    mark(spots.filter((spot) => spot.run === best), 'best-here'),
  ];
}
