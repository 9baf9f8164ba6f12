import { line, type Markish } from '@observablehq/plot';
import type { Scalar } from '#core/space.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import { count, measuredText } from '#web/parts/number.ts';
import { axesOf, placeOf, ticksOf, type Axis } from './axis.ts';
import { chosenRange } from './chosen-range.ts';
import type { Run } from './runs.ts';
import { plainRange } from './spread.ts';
import { bestFirst, choiceLink, fieldText, runLink, runsText, runTitle, valueAxis, valuedRuns, type Study, type ValuedRun } from './study.ts';
import { drawPicture, MANY_MARKS, pictureFrame } from './svg.ts';

/**
 * `axes`: names of parameters in the order to draw them; all that differ where it is null. `leader`: the runs of the
 * configuration that leads by its mean; null where the best single run leads.
 */
export type ParallelData = Study & { axes: readonly string[] | null; leader: { ids: readonly string[]; mean: number; n: number } | null };

const MOST_AXES = 9;
/** Above this many runs the lines of the best stand before the density of them all. */
const MOST_LINES = 180;
const BEST_LINES = 80;
const WIDTH = 620;
const HEIGHT = 300;
const TOP = 62;
const BOTTOM = 40;
const SIDE = 46;
/** An inactive parameter's lines pass below its axis, so that they are whole. */
const OFF = -0.16;
/** Lines through one choice are spread a little, by their number, so that they are seen to be several. */
const SPREAD = 0.03;
/** Shares of the ranks from the worst on: how strong the lines of each level are drawn. */
const LEVELS = [0.3, 0.6, 0.8, 0.93];
const DENSITY_BINS = 9;
const DENSITY_LEVELS = 4;

type Vertex = { axis: number; place: number; run: ValuedRun };

/**
 * One line per run across an axis for each parameter and the metric, the better the stronger. Each line is a link to its
 * task, each choice one to its runs. `brush.js` reads the axes' `data-` attributes and turns a stretch of one into the
 * filter of the address; runs that do not pass it are dimmed.
 *
 * @param runs in any order; those without a value are left out
 */
export function parallel(runs: readonly Run[], data: ParallelData): Fragment {
  const valued = valuedRuns(runs);
  const varied = axesOf(data.space);
  const wanted = data.axes === null ? varied : data.axes.flatMap((name) => varied.find((axis) => axis.name === name) ?? []);
  const parameters = (wanted.length === 0 ? varied : wanted).slice(0, MOST_AXES);
  if (valued.length === 0) return html`<p class="none" id="parallel">No run has a value of ${data.metric.name} yet: its line appears here then.</p>`;
  if (parameters.length === 0) return html`<p class="none" id="parallel">All runs have the same configuration: there is nothing to compare.</p>`;
  const range = plainRange(valued, data.metric);
  const metricAxis = valueAxis(data.metric, range, valued.map((run) => run.value));
  const axes = [...parameters, metricAxis];
  const place = (run: ValuedRun, axis: Axis, index: number): number => (index === parameters.length ? (placeOf(axis, range.clamp(run.value)) ?? 0) : lineplace(run, axis));
  const ranked = bestFirst(valued, data.metric);
  const isDense = valued.length > MOST_LINES;
  const leading = new Set(data.leader?.ids);
  const drawn = isDense ? ranked.filter((run) => run.dimmed !== true).filter((run, index) => index < BEST_LINES || leading.has(run.id)) : ranked;
  const vertices = (run: ValuedRun): Vertex[] => axes.map((axis, index) => ({ axis: index, place: place(run, axis, index), run }));
  const summary = describe(runs, valued, ranked[0], data, parameters);
  const marks = [...(isDense ? density(valued.map((run) => vertices(run).map((vertex) => vertex.place))) : []), ...lineMarks(drawn, vertices, data)];
  const picture = drawPicture(
    { width: WIDTH, height: HEIGHT, marginTop: TOP, marginBottom: BOTTOM, marginLeft: SIDE, marginRight: SIDE, x: { axis: null, domain: [0, axes.length - 1] }, y: { axis: null, domain: [0, 1] }, marks },
    summary,
    html`${axes.map((axis, index) => axisMarkup(axis, index, axes.length, data, runs))}`,
  );
  const left = varied.length > parameters.length ? `; ${parameters.length} of ${varied.length} parameters` : '';
  const dense = isDense ? `; lines: the best ${count(drawn.length)}, shade: all runs` : '';
  return pictureFrame('parallel', picture, `${summary}${dense}${left}. The better a run, the stronger its line.`, 'wide');
}

function lineplace(run: ValuedRun, axis: Axis): number {
  const place = placeOf(axis, Object.hasOwn(run.config, axis.name) ? run.config[axis.name] : null);
  if (place === null) return OFF;
  return axis.scale === 'points' ? place + SPREAD * (((run.number * 0.618034) % 1) - 0.5) : place;
}

/** The worst first, so that the best lie on top; dimmed ones below all others. */
function lineMarks(drawn: readonly ValuedRun[], vertices: (run: ValuedRun) => Vertex[], data: ParallelData): Markish[] {
  // Among the runs that are drawn and pass: a filter shows which of those it leaves are the better ones.
  const shown = drawn.filter((run) => run.dimmed !== true);
  const ranks = new Map(shown.map((run, index) => [run.id, 1 - (index + 1) / shown.length]));
  // Where means lead, a single run that was lucky does not stand out more than they do.
  const first = new Set(data.leader === null ? shown.slice(0, 1).map((run) => run.id) : data.leader.ids);
  const levelOf = (run: ValuedRun) => (run.dimmed === true ? 'dimmed' : first.has(run.id) ? 'first' : `level-${1 + LEVELS.filter((share) => (ranks.get(run.id) ?? 0) >= share).length}`);
  const groups = Map.groupBy(drawn.toReversed(), levelOf);
  const title = runTitle(data.metric);
  return ['dimmed', 'level-1', 'level-2', 'level-3', 'level-4', 'level-5', 'first'].map((level) =>
    line((groups.get(level) ?? []).flatMap(vertices), { x: 'axis', y: 'place', z: (vertex: Vertex) => vertex.run.id, className: `runs ${level}${level === 'first' ? '' : ` ${MANY_MARKS}`}`, href: (vertex: Vertex) => runLink(vertex.run), title: (vertex: Vertex) => title(vertex.run) }),
  );
}

/** How many runs go from where to where between neighbouring axes, as lines between bins, the more the stronger. */
function density(lines: readonly (readonly number[])[]): Markish[] {
  const counts = new Map<string, { axis: number; from: number; to: number; n: number }>();
  const binOf = (place: number) => (place < 0 ? -1 : Math.min(DENSITY_BINS - 1, Math.floor(Math.max(0, place) * DENSITY_BINS)));
  for (const places of lines) {
    for (let axis = 0; axis + 1 < places.length; axis += 1) {
      const [from, to] = [binOf(places[axis] ?? 0), binOf(places[axis + 1] ?? 0)];
      const key = `${axis} ${from} ${to}`;
      const found = counts.get(key);
      if (found === undefined) counts.set(key, { axis, from, to, n: 1 });
      else found.n += 1;
    }
  }
  const most = Math.max(...[...counts.values()].map((one) => one.n));
  const middle = (bin: number) => (bin < 0 ? OFF : (bin + 0.5) / DENSITY_BINS);
  const groups = Map.groupBy(counts.values(), (one) => Math.min(DENSITY_LEVELS, 1 + Math.floor(DENSITY_LEVELS * Math.sqrt(one.n / most))));
  return [...groups].toSorted(([left], [right]) => left - right).map(([level, all]) =>
    line(
      all.flatMap((one) => [{ x: one.axis, y: middle(one.from) }, { x: one.axis + 1, y: middle(one.to) }, { x: one.axis + 1, y: Number.NaN }]),
      { x: 'x', y: 'y', className: `dense level-${level}` },
    ),
  );
}

function axisMarkup(axis: Axis, index: number, axes: number, data: ParallelData, runs: readonly Run[]): Fragment {
  const x = round(SIDE + (index * (WIDTH - 2 * SIDE)) / (axes - 1));
  const y = (place: number) => round(HEIGHT - BOTTOM - place * (HEIGHT - TOP - BOTTOM));
  const isLast = index === axes - 1;
  const hasOff = !isLast && runs.some((run) => !Object.hasOwn(run.config, axis.name));
  const range = chosenRange(axis, data);
  const name = axis.name.length > 18 ? `${axis.name.slice(0, 17)}…` : axis.name;
  // Neighbouring names stand at two heights: ten axes leave too little room for them side by side.
  const head = html`<text class="name" x="${x}" y="${index % 2 === 0 ? 14 : 30}">${name}${name === axis.name ? null : html`<title>${axis.name}</title>`}</text>`;
  const choices = axis.scale === 'points' ? html` data-choices="${JSON.stringify(axis.choices.map(String))}"${axis.choices.every((choice) => typeof choice === 'number') ? html` data-number` : null}` : nothing;
  const grip = (end: 'low' | 'high', place: number) =>
    html`<g class="grip ${end}" id="grip-${index}-${end}" role="slider" tabindex="0" data-end="${end}" aria-orientation="vertical" aria-label="${axis.name}: ${end === 'low' ? 'from' : 'up to'}" aria-valuemin="0" aria-valuemax="100" aria-valuenow="${Math.round(100 * place)}" aria-valuetext="${textAt(axis, place)}"><path d="M${x - 7} ${y(place)}h14${end === 'low' ? 'l-7 7z' : 'l-7 -7z'}"/></g>`;
  return html`<g class="parallel-axis${range === null ? null : ' set'}" data-index="${index}" data-field="${fieldText(axis.field)}" data-scale="${axis.scale}" data-low="${axis.low}" data-high="${axis.high}"${axis.whole ? html` data-whole` : null}${choices} data-top="${y(1)}" data-bottom="${y(0)}">
<line x1="${x}" y1="${y(1)}" x2="${x}" y2="${y(0)}"/>${head}<rect class="hit" x="${x - 16}" y="${TOP - 14}" width="32" height="${HEIGHT - TOP - BOTTOM + 28}"/><rect class="range" x="${x - 6}" y="${y(range?.high ?? 1)}" width="12" height="${round(y(range?.low ?? 0) - y(range?.high ?? 1))}"/>${tickMarkup(axis, x, y, data)}${hasOff ? html`<text class="off" x="${x}" y="${y(OFF) + 4}">off<title>${axis.name} is not active in these runs</title></text>` : null}${grip('high', range?.high ?? 1)}${grip('low', range?.low ?? 0)}</g>
`;
}

/** Every choice as a link to its runs; of numbers the ends of the axis and what lies between. */
function tickMarkup(axis: Axis, x: number, y: (place: number) => number, data: ParallelData): Fragment {
  if (axis.scale !== 'points') {
    const ends = [{ place: 1, text: shortText(axis.high), dy: -8 }, { place: 0, text: shortText(axis.low), dy: 17 }];
    return html`${ends.map((end) => html`<text class="tick" x="${x}" y="${y(end.place) + end.dy}">${end.text}</text>`)}`;
  }
  const texts = ticksOf(axis, 12);
  return html`${texts.map(({ place, text }) => {
    const choice = axis.choices.find((one) => String(one) === text) as Scalar;
    const dy = place === 1 ? -8 : place === 0 ? 17 : 4;
    return html`<a href="${choiceLink(data, axis, choice)}" aria-label="only ${axis.name} ${text}"><text class="tick" x="${x}" y="${y(place) + dy}">${text.length > 12 ? `${text.slice(0, 11)}…` : text}</text></a>`;
  })}`;
}

function textAt(axis: Axis, place: number): string {
  if (axis.scale === 'points') return String(axis.choices[Math.round(place * (axis.choices.length - 1))] ?? '');
  return shortText(axis.scale === 'log' ? Math.exp(Math.log(axis.low) + place * Math.log(axis.high / axis.low)) : axis.low * (1 - place) + axis.high * place);
}

function shortText(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e5) ? Number(value.toPrecision(3)).toExponential().replace('e+', 'e') : String(Number(value.toPrecision(4)));
}

function round(value: number): number {
  return Number(value.toFixed(1));
}

function describe(runs: readonly Run[], valued: readonly ValuedRun[], best: ValuedRun | undefined, { metric, leader }: ParallelData, parameters: readonly Axis[]): string {
  const shown = valued.find((run) => leader !== null && run.id === leader.ids[0]) ?? best;
  if (shown === undefined || best === undefined) return runsText(runs, valued);
  const at = parameters.map((axis) => `${axis.name} ${inText(shown, axis.name)}`).join(', ');
  if (leader === null) return `${runsText(runs, valued)}: the best, #${best.number}, has ${metric.name} ${measuredText(best.value)} at ${at}`;
  return `${runsText(runs, valued)}: the configuration that leads has a mean ${metric.name} of ${measuredText(leader.mean)} over ${leader.n} seeds at ${at}; the best single run, #${best.number}, has ${measuredText(best.value)}`;
}

function inText(run: Run, name: string): string {
  const value = Object.hasOwn(run.config, name) ? run.config[name] : undefined;
  return value === undefined ? 'off' : typeof value === 'number' ? shortText(value) : String(value);
}
