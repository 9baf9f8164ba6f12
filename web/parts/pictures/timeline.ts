import { areaY, gridX, rect, text, type Markish } from '@observablehq/plot';
import type { AttemptState } from '#core/task.ts';
import type { AttemptSpan } from '#store/attempt.ts';
import { html, type Fragment } from '#web/html.ts';
import { count, countOf, duration } from '#web/parts/number.ts';
import { paths } from '#web/paths.ts';
import { drawPicture, MANY_MARKS, PICTURE_WIDTH, pictureFrame } from './svg.ts';

/** `now`: where the bars of running attempts end. `names`: of the workers, by id. */
export type TimelineData = { spans: readonly AttemptSpan[]; names: Readonly<Record<string, string>>; now: number };

/** A span in the row that it has to itself while it runs. */
type Placed = { span: AttemptSpan; from: number; until: number; row: number };
/** A worker's rows: as many as it ran attempts at the same time. */
type Lane = { workerId: string; name: string; first: number; rows: number; placed: Placed[] };

/** More bars would be neither seen nor hit, and the picture would weigh more than 150 KB. */
const MOST_BARS = 450;
const MOST_LANES = 40;
const BINS = 80;
const ROW_HEIGHT = 15;
const NAME_CHARACTERS = 18;
const SECOND_MS = 1000;
/** Steps of the axis in seconds: those that people count time by, so that no two figures read the same. */
const STEPS = [1, 2, 5, 10, 20, 60, 120, 300, 600, 1200, 3600, 7200, 14_400, 43_200, 86_400, 172_800, 604_800];
const MOST_TICKS = 6;

/** Filled, open and dashed: told apart without colour. */
const STATES: Record<AttemptState, string> = { completed: 'completed', running: 'running', failed: 'failed', lost: 'lost with its worker', cancelled: 'cancelled' };

/**
 * Who computed when: a lane for each worker, and a bar for each attempt, which is a link to its task. Above 450 bars a
 * lane shows the share of its slots that were busy instead.
 */
export function timeline({ spans, names, now }: TimelineData): Fragment {
  const start = spans.reduce((least, span) => Math.min(least, span.startedAt), Infinity);
  if (spans.length === 0) return html`<p class="none" id="timeline">No task has started yet.</p>`;
  const lanes = lanesOf(spans, names, now);
  const shown = lanes.slice(0, MOST_LANES);
  const rows = shown.reduce((sum, lane) => sum + lane.rows, 0);
  const end = Math.max(start + SECOND_MS, ...spans.map((span) => span.finishedAt ?? now));
  const asBars = spans.length <= MOST_BARS;
  const seconds = (at: number) => (at - start) / SECOND_MS;
  const height = 56 + ROW_HEIGHT * (asBars ? rows : 2 * shown.length);
  const domain = asBars ? [rows, 0] : [shown.length, 0];
  const marks = asBars ? shown.flatMap((lane) => barMarks(lane, seconds)) : shown.flatMap((lane, index) => shareMarks(lane, index, start, end, seconds));
  const summary = `${countOf(spans.length, 'attempt')} on ${countOf(lanes.length, 'worker')} within ${duration(end - start)}: ${counts(spans)}`;
  const ticks = ticksOf(seconds(end));
  const picture = drawPicture(
    {
      width: PICTURE_WIDTH,
      height,
      marginTop: 8,
      marginLeft: 132,
      marginRight: 18,
      marginBottom: 40,
      x: { label: 'since the first start', domain: [0, seconds(end)], ticks, tickFormat: (at: number) => duration(at * SECOND_MS), labelArrow: 'none' },
      y: { axis: null, domain },
      marks: [gridX(ticks, { className: 'lines' }), ...marks, text(shown, { x: 0, y: (lane: Lane) => (asBars ? lane.first + lane.rows / 2 : shown.indexOf(lane) + 0.5), text: (lane: Lane) => clipped(lane.name), textAnchor: 'end', dx: -8, className: 'lane', href: (lane: Lane) => paths.worker(lane.workerId), title: (lane: Lane) => lane.name })],
    },
    summary,
  );
  const rest = lanes.length > shown.length ? `; the ${count(MOST_LANES)} workers with the most attempts are shown` : '';
  const key = asBars ? 'filled: completed, pale: running, open: failed, dashed: lost or cancelled' : 'height: the share of its slots that were busy with this';
  return pictureFrame('timeline', picture, `${summary}; ${key}${rest}.`);
}

function lanesOf(spans: readonly AttemptSpan[], names: TimelineData['names'], now: number): Lane[] {
  const byWorker = [...Map.groupBy(spans, (span) => span.workerId)].sort(([, left], [, right]) => right.length - left.length);
  let first = 0;
  return byWorker.map(([workerId, own]) => {
    const free: number[] = [];
    const placed = own.toSorted((left, right) => left.startedAt - right.startedAt || left.number - right.number).map((span): Placed => {
      const until = Math.max(span.startedAt, span.finishedAt ?? now);
      const found = free.findIndex((at) => at <= span.startedAt);
      const row = found < 0 ? free.length : found;
      free[row] = until;
      return { span, from: span.startedAt, until, row };
    });
    const lane = { workerId, name: Object.hasOwn(names, workerId) ? (names[workerId] ?? workerId) : workerId, first, rows: free.length, placed };
    first += free.length;
    return lane;
  });
}

function barMarks(lane: Lane, seconds: (at: number) => number): Markish[] {
  return [...Map.groupBy(lane.placed, ({ span }) => span.state)].map(([state, bars]) =>
    rect(bars, {
      x1: (bar: Placed) => seconds(bar.from),
      x2: (bar: Placed) => seconds(bar.until),
      y1: (bar: Placed) => lane.first + bar.row + 0.12,
      y2: (bar: Placed) => lane.first + bar.row + 0.88,
      className: `span span-${state} ${MANY_MARKS}`,
      href: (bar: Placed) => paths.task(bar.span.taskId),
      title: ({ span, from, until }: Placed) => `#${span.number}${span.attempt > 1 ? `, attempt ${span.attempt}` : ''} ${STATES[span.state]} after ${duration(until - from)} on ${lane.name}`,
    }),
  );
}

function shareMarks(lane: Lane, index: number, start: number, end: number, seconds: (at: number) => number): Markish[] {
  const width = (end - start) / BINS;
  const busy = Array.from({ length: BINS }, () => 0);
  for (const { from, until } of lane.placed) {
    for (let bin = Math.floor((from - start) / width); bin < BINS && start + bin * width < until; bin += 1) {
      const overlap = Math.min(until, start + (bin + 1) * width) - Math.max(from, start + bin * width);
      busy[bin] = (busy[bin] ?? 0) + Math.max(0, overlap) / (width * lane.rows);
    }
  }
  const places = busy.map((share, bin) => ({ x: seconds(start + (bin + 0.5) * width), share: Math.min(1, share) }));
  type Share = (typeof places)[number];
  return [areaY(places, { x: 'x', y1: () => index + 0.92, y2: (place: Share) => index + 0.92 - 0.84 * place.share, className: 'shares', href: () => paths.worker(lane.workerId), title: () => `${lane.name}: ${countOf(lane.placed.length, 'attempt')}` })];
}

function ticksOf(seconds: number): number[] {
  const step = STEPS.find((one) => seconds / one <= MOST_TICKS) ?? seconds / MOST_TICKS;
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step);
}

function counts(spans: readonly AttemptSpan[]): string {
  return [...Map.groupBy(spans, (span) => span.state)].map(([state, own]) => `${count(own.length)} ${STATES[state]}`).join(', ');
}

function clipped(name: string): string {
  return name.length > NAME_CHARACTERS ? `${name.slice(0, NAME_CHARACTERS - 1)}…` : name;
}
