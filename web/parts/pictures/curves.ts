import { areaY, gridY, line, type Markish } from '@observablehq/plot';
import { bandOf, type BandPlace, type Place } from '#core/curve.ts';
import type { Metric } from '#core/experiment.ts';
import { html, type Fragment } from '#web/html.ts';
import { countOf, measuredText } from '#web/parts/number.ts';
import { paths } from '#web/paths.ts';
import { legend, styleOf } from './legend.ts';
import { drawPicture, pictureFrame } from './svg.ts';
import { tickText } from './tick-text.ts';

/** One run's curve. */
export type RunCurve = { id: string; number: number; places: readonly Place[] };

/** Runs that belong together and look alike: one configuration, or one group of a family. */
export type Series = {
  label: string;
  href: string;
  /** How many runs there are; more than `curves` where only some are read. */
  of: number;
  curves: readonly RunCurve[];
};

export type CurvesData = { id: string; name: string; timed: boolean; metric: Metric; series: readonly Series[] };

/** More curves than this are drawn as bands alone. */
const MOST_LINES = 40;
const GRID = 60;
/** The steep beginning of a curve would flatten all that follows: what lies beyond the values of this share of it is cut off. */
const BEGINNING = 0.1;

/**
 * Learning curves over each other, each a link to its task. Runs of one series share a colour and a dash pattern, so
 * that they are told apart in grey; a series of several runs also has the mean of its runs, and the band of one standard
 * deviation around it. Of more than 40 curves only means and bands are drawn.
 */
export function curves(data: CurvesData): Fragment {
  const series = data.series.map((one) => ({ ...one, curves: one.curves.filter((run) => run.places.length > 0) }));
  const drawn = series.reduce((sum, one) => sum + one.curves.length, 0);
  if (drawn === 0) return html`<p class="none" id="${data.id}">No points of ${data.name} yet.</p>`;
  const lowerIsBetter = data.name !== data.metric.name || data.metric.direction === 'minimize';
  const limit = limitOf(series.flatMap((one) => one.curves.map((run) => run.places)), lowerIsBetter);
  const asBands = drawn > MOST_LINES;
  const bands = series.map((one) => (one.curves.length > 1 ? bandOf(one.curves.map((run) => run.places), GRID) : []));
  const marks = series.flatMap((one, index) => [...bandMarks(bands[index] ?? [], index, limit), ...(asBands && one.curves.length > 1 ? [] : runMarks(one, index, limit, data))]);
  const summary = describe(series, drawn, data);
  const picture = drawPicture(
    {
      marginLeft: 62,
      marginRight: 18,
      marginBottom: 38,
      x: { label: data.timed ? 'seconds' : 'step', ticks: 6, tickFormat: tickText, labelArrow: 'none' },
      y: { label: data.name, ticks: 5, tickFormat: tickText, nice: true, labelArrow: 'none' },
      marks: [gridY({ ticks: 5, className: 'lines' }), ...marks],
    },
    summary,
  );
  const entries = series.map((one, index) => ({ label: one.label, href: one.href, note: noteOf(one, bands[index] ?? []) }));
  return html`${pictureFrame(data.id, picture, captionOf(summary, bands, limit))}${legend(entries)}`;
}

type Limit = { hides: (value: number) => boolean; edge: number; cuts: boolean };

function runMarks(one: Series, index: number, limit: Limit, data: CurvesData): Markish[] {
  const style = one.curves.length > 1 ? 'run' : 'series';
  return one.curves.map((run) => {
    const last = run.places.at(-1);
    const title = `${one.label}, #${run.number}: ${data.name} ${measuredText(last?.y ?? 0)} at ${measuredText(last?.x ?? 0)} ${data.timed ? 's' : 'steps'}`;
    return line(enter(run.places, limit), { x: 'x', y: 'y', className: `${style} ${styleOf(index)}`, href: () => paths.task(run.id), title: () => title });
  });
}

function bandMarks(band: readonly BandPlace[], index: number, limit: Limit): Markish[] {
  const inside = band.filter((place) => !limit.hides(place.mean));
  const clamp = (value: number) => (limit.hides(value) ? limit.edge : value);
  return [
    areaY(inside.filter((place) => place.sd !== null), { x: 'x', y1: (place: BandPlace) => clamp(place.mean - (place.sd ?? 0)), y2: (place: BandPlace) => clamp(place.mean + (place.sd ?? 0)), className: `band ${styleOf(index)}` }),
    line(inside, { x: 'x', y: 'mean', className: `series ${styleOf(index)}` }),
  ];
}

/** Where the picture ends on the worse side: no curve begins beyond it except with its first tenth. */
function limitOf(all: readonly (readonly Place[])[], lowerIsBetter: boolean): Limit {
  const until = Math.max(...all.map((places) => places.at(-1)?.x ?? 0));
  const from = Math.min(...all.map((places) => places[0]?.x ?? 0));
  const every = all.flat().map((place) => place.y);
  // A curve of few places has no steep beginning: its first place may be a tenth of all that was measured.
  const isLong = all.some((places) => places.length > 1 / BEGINNING);
  const late = isLong ? all.flat().filter((place) => place.x >= from + BEGINNING * (until - from)).map((place) => place.y) : every;
  const worst = (values: readonly number[]) => values.reduce((left, right) => ((lowerIsBetter ? right > left : right < left) ? right : left), values[0] ?? 0);
  const edge = worst(late);
  return { edge, hides: (value) => (lowerIsBetter ? value > edge : value < edge), cuts: worst(every) !== edge };
}

/** A curve from where it comes into the picture. */
function enter(places: readonly Place[], limit: Limit): Place[] {
  const first = places.findIndex((place) => !limit.hides(place.y));
  const [before, inside] = [places[first - 1], places[first]];
  if (inside === undefined) return [];
  const rest = places.slice(first).map((place) => (limit.hides(place.y) ? { x: place.x, y: limit.edge } : place));
  if (before === undefined) return rest;
  const share = (limit.edge - before.y) / (inside.y - before.y);
  return [{ x: before.x + share * (inside.x - before.x), y: limit.edge }, ...rest];
}

function noteOf(one: Series, band: readonly BandPlace[]): string {
  const [first, last] = [one.curves[0], band.at(-1)];
  if (one.curves.length === 0) return 'no points';
  const value = band.length > 0 ? last?.mean : first?.places.at(-1)?.y;
  const read = one.of > one.curves.length ? `${one.curves.length} of ${one.of} runs` : countOf(one.curves.length, 'run');
  const fewer = last !== undefined && last.n < one.curves.length ? `, ${last.n} at the end` : '';
  return `${measuredText(value ?? 0)} · ${read}${fewer}`;
}

function describe(series: readonly Series[], drawn: number, data: CurvesData): string {
  const ends = series.flatMap((one) => one.curves.map((run) => run.places.at(-1)?.y ?? 0));
  const range = `ending between ${measuredText(Math.min(...ends))} and ${measuredText(Math.max(...ends))}`;
  const standIn = data.name === data.metric.name ? '' : `; it stands in for ${data.metric.name}, which was measured once or not at all`;
  return `${countOf(drawn, 'curve')} of ${data.name} against ${data.timed ? 'seconds' : 'steps'}, ${range}${standIn}`;
}

function captionOf(summary: string, bands: readonly (readonly BandPlace[])[], limit: Limit): string {
  const parts = [summary, bands.some((band) => band.length > 0) ? 'strong line: the mean of the runs, band: ± one standard deviation' : '', limit.cuts ? 'the steep beginning lies beyond the picture' : ''];
  return `${parts.filter((part) => part !== '').join('; ')}.`;
}
