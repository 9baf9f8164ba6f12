import type { Load, Worker } from '#core/worker.ts';
import type { WorkerMinute } from '#store/worker-minute.ts';
import { MINUTE_MS } from '#core/minute.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { gigabytes } from '#web/parts/number.ts';
import type { Stretch } from './lane.ts';

/** Data older than this many heartbeats is marked as stale. */
const HEARTBEATS_UNTIL_STALE = 2;
/** Points of a line; minutes beyond are drawn as the mean of some. */
const MOST_POINTS = 240;
const LENGTH = 1000;
const HEIGHT = 40;

/** Whether what a worker said of itself is too old to be taken for now. */
export function isStale(site: Site, worker: Pick<Worker, 'lastSeenAt'>): boolean {
  return site.engine.now() - worker.lastSeenAt > HEARTBEATS_UNTIL_STALE * site.engine.settings.heartbeatMs;
}

/** How busy a machine is, as it last said: bars with their numbers, greyed and marked where that is not now. */
export function loadCell(site: Site, worker: Worker): Fragment {
  const { load, hardware } = worker;
  if (load === null) return html`<span class="none">–</span>`;
  const stale = isStale(site, worker);
  const parts = [
    meter('CPU', load.cpuPercent, 100, percent(load.cpuPercent)),
    meter('RAM', load.ramUsedGb, hardware.ramGb, load.ramUsedGb === null ? '' : gigabytes(load.ramUsedGb)),
    meter('GPU', load.gpuPercent, 100, percent(load.gpuPercent)),
  ];
  return html`<div class="load${stale ? ' stale' : null}">${parts}${stale ? html`<em>stale</em>` : null}</div>`;
}

/** A percentage that a machine reported, or a dash. */
export function percent(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : `${Math.round(value)} %`;
}

/** A line of one kind of load along the time, broken where the worker was not heard from. */
export type LoadLine = { name: string; most: number; valueOf: (load: Load) => number | null; text: (value: number) => string };

/** The load of some hours, a row for each kind that the machine reports. */
export function loadHistory(minutes: readonly WorkerMinute[], lines: readonly LoadLine[], stretch: Stretch): Fragment {
  return html`${lines.map((line) => loadRow(minutes, line, stretch))}`;
}

function loadRow(minutes: readonly WorkerMinute[], line: LoadLine, stretch: Stretch): Content {
  const values = minutes.flatMap((minute) => {
    const value = line.valueOf(minute);
    return value === null ? [] : [{ at: minute.at, value }];
  });
  if (values.length === 0) return null;
  const mean = values.reduce((sum, one) => sum + one.value, 0) / values.length;
  const highest = values.reduce((most, one) => Math.max(most, one.value), 0);
  const words = `mean ${line.text(mean)}, most ${line.text(highest)}`;
  return html`<div class="lane-row"><span>${line.name}</span><svg class="lane line" viewBox="0 0 ${LENGTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${line.name}: ${words}"><path d="${areaOf(values, line.most, stretch)}"/></svg><small>${words}</small></div>`;
}

/** An area below the values, one for each stretch without a gap. */
function areaOf(values: readonly { at: number; value: number }[], most: number, { from, until }: Stretch): string {
  const stepMs = Math.max(1, Math.ceil((until - from) / MINUTE_MS / MOST_POINTS)) * MINUTE_MS;
  const steps = Map.groupBy(values, (one) => Math.floor((one.at - from) / stepMs));
  let last = Number.NaN;
  let path = '';
  for (const [step, within] of steps) {
    const mean = within.reduce((sum, one) => sum + one.value, 0) / within.length;
    const [x, next] = [fixed((LENGTH * step * stepMs) / (until - from)), fixed((LENGTH * (step + 1) * stepMs) / (until - from))];
    const y = fixed(HEIGHT * (1 - Math.min(1, Math.max(0, mean / most))));
    path += step === last + 1 ? `V${y}H${next}` : `${path === '' ? '' : `V${HEIGHT}Z`}M${x} ${HEIGHT}V${y}H${next}`;
    last = step;
  }
  return `${path}V${HEIGHT}Z`;
}

function meter(name: string, value: number | null, most: number, text: string): Content {
  if (value === null) return null;
  const width = fixed(100 * Math.min(1, Math.max(0, value / Math.max(most, 1e-9))));
  return html`<span title="${name} ${text}"><span>${name}</span><svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect width="${width}" height="1"/></svg><span>${text}</span></span>`;
}

function fixed(value: number): number {
  return Number(value.toFixed(1));
}
