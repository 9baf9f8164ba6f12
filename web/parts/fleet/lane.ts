import type { WorkSpan } from '#store/work-span.ts';
import type { WorkerMinute } from '#store/worker-minute.ts';
import { MINUTE_MS } from '#core/minute.ts';
import { html, type Fragment } from '#web/html.ts';
import { count, countOf, duration } from '#web/parts/number.ts';
import { paths } from '#web/paths.ts';

/** A stretch of time in epoch milliseconds. */
export type Stretch = { from: number; until: number };

/** Tasks at once that get a row of their own in a lane; what goes beyond is drawn over the last one. */
const MOST_ROWS = 4;
const ROW = 10;
/** Units of the drawing along the time. */
const LENGTH = 1000;
const LEAST_WIDTH = 2;
/** A step of the time axis: its end stands still for this long, so that a page at rest stays as it is. */
const STEP_MS = 15_000;

/** The last stretch of so many milliseconds, whose end stands still for some seconds. */
export function lastStretch(now: number, lengthMs: number): Stretch {
  const until = Math.ceil(now / STEP_MS) * STEP_MS;
  return { from: until - lengthMs, until };
}

/** The spans that reach into a stretch of time. */
export function spansWithin(spans: readonly WorkSpan[], { from }: Stretch): WorkSpan[] {
  return spans.filter((span) => span.finishedAt === null || span.finishedAt > from);
}

/**
 * What a worker did as bars along the time, each a link to its task. How an attempt ended is told by the shape of its bar
 * as well as by its colour. It is for the eye and the pointer; {@link laneText} says the same in words.
 */
export function spanLane(spans: readonly WorkSpan[], stretch: Stretch): Fragment {
  const rows = rowsOf(spans);
  const many = Math.max(1, ...rows.map((row) => row + 1));
  const bars = spans.map((span, index) => bar(span, rows[index] ?? 0, stretch));
  return html`<svg class="lane" viewBox="0 0 ${LENGTH} ${many * ROW}" preserveAspectRatio="none" aria-hidden="true" data-rows="${many}">${bars}</svg>`;
}

/** How busy a worker was in each minute, for one whose bars would be too many: the height is the share of its slots at work. */
export function busyLane(minutes: readonly WorkerMinute[], slots: number, stretch: Stretch): Fragment {
  const bars = minutes.map(({ at, busy }) => {
    const height = fixed(Math.min(1, busy / slots) * ROW);
    const [from, until] = [placeOf(at, stretch), placeOf(at + MINUTE_MS, stretch)];
    return height === 0 || until === from ? null : html`<rect class="share" x="${from}" width="${fixed(until - from)}" y="${fixed(ROW - height)}" height="${height}"/>`;
  });
  return html`<svg class="lane" viewBox="0 0 ${LENGTH} ${ROW}" preserveAspectRatio="none" aria-hidden="true" data-rows="1">${bars}</svg>`;
}

/** What a lane shows, in words: `38 completed, 3 failed, 1 lost, 1 running`. */
export function laneText(spans: readonly WorkSpan[]): string {
  const parts = (['completed', 'failed', 'lost', 'cancelled', 'running'] as const).map((state) => {
    const many = spans.filter((span) => span.state === state).length;
    return many === 0 ? '' : `${count(many)} ${state}`;
  });
  return parts.filter((part) => part !== '').join(', ') || 'idle';
}

/** The words below lanes: where in time their parts lie. */
export function laneAxis({ from, until }: Stretch): Fragment {
  const ticks = [1, 0.75, 0.5, 0.25].map((share) => html`<span>−${lengthText((share * (until - from)) / MINUTE_MS)}</span>`);
  return html`<div class="lane-axis" aria-hidden="true">${ticks}<span>now</span></div>`;
}

/** What the shapes of the bars mean; `shares` is for pictures in which some lane shows how busy it was instead. */
export function laneLegend(shares: boolean): Fragment {
  const entry = (state: WorkSpan['state']) => html`<span><svg class="lane key" viewBox="0 0 20 ${ROW}" aria-hidden="true">${shape(state, 0, 20, 0)}</svg> ${state}</span>`;
  return html`<p class="lane-legend fine">${(['completed', 'running', 'failed', 'lost', 'cancelled'] as const).map(entry)}${shares ? html`<span>where bars would be too many: the share of its slots at work in each minute</span>` : null}</p>`;
}

/** How busy a worker was within a stretch, from its minutes: `41 % busy`; nothing while it was not heard from. */
export function busyText(minutes: readonly WorkerMinute[], slots: number): string {
  if (minutes.length === 0) return '';
  const share = minutes.reduce((sum, minute) => sum + Math.min(1, minute.busy / slots), 0) / minutes.length;
  return `${Math.round(100 * share)} % busy over ${countOf(minutes.length, 'minute')}`;
}

/** Puts spans that overlap into different rows. */
function rowsOf(spans: readonly WorkSpan[]): number[] {
  const order = spans.map((_, index) => index).sort((left, right) => (spans[left]?.startedAt ?? 0) - (spans[right]?.startedAt ?? 0));
  const ends: number[] = [];
  const rows: number[] = [];
  for (const index of order) {
    const span = spans[index];
    if (span === undefined) continue;
    const free = ends.findIndex((end) => end <= span.startedAt);
    const row = free === -1 ? Math.min(ends.length, MOST_ROWS - 1) : free;
    ends[row] = span.finishedAt ?? Infinity;
    rows[index] = row;
  }
  return rows;
}

function bar(span: WorkSpan, row: number, stretch: Stretch): Fragment {
  const from = placeOf(span.startedAt, stretch);
  const width = fixed(Math.max(LEAST_WIDTH, placeOf(span.finishedAt ?? stretch.until, stretch) - from));
  const number = span.taskId.slice(span.taskId.lastIndexOf('-') + 1);
  const took = span.finishedAt === null ? '' : ` in ${duration(span.finishedAt - span.startedAt)}`;
  return html`<a href="${paths.task(span.taskId)}" tabindex="-1"><title>#${number} ${span.state}${took}${span.attempt === 1 ? null : `, attempt ${span.attempt}`}</title>${shape(span.state, from, width, row * ROW)}</a>`;
}

/** Completed bars are full, failed ones low, lost ones hollow, cancelled ones a line, and running ones pale. */
function shape(state: WorkSpan['state'], x: number, width: number, top: number): Fragment {
  const [y, height] = state === 'failed' ? [top + 4.5, 4.5] : state === 'cancelled' ? [top + 4, 2] : [top + 1, 8];
  return html`<rect class="${state}" x="${x}" width="${width}" y="${y}" height="${height}"/>`;
}

function lengthText(minutes: number): string {
  return minutes <= 60 ? `${Math.round(minutes)} min` : `${Number((minutes / 60).toFixed(1))} h`;
}

function placeOf(at: number, { from, until }: Stretch): number {
  return fixed((LENGTH * (Math.min(until, Math.max(from, at)) - from)) / (until - from));
}

function fixed(value: number): number {
  return Number(value.toFixed(1));
}
