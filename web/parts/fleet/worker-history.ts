import { MINUTE_MS } from '#core/minute.ts';
import type { Worker } from '#core/worker.ts';
import { countLastAttempts, listWorkSpans } from '#store/work-span.ts';
import { listWorkerMinutes } from '#store/worker-minute.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { count, gigabytes } from '#web/parts/number.ts';
import { keptPicture } from '#web/parts/pictures/kept.ts';
import { card, facts, table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { busyLane, busyText, laneAxis, laneLegend, lastStretch, laneText, spanLane, spansWithin } from './lane.ts';
import { loadHistory, percent, type LoadLine } from './load.ts';

/** How far back the history of a worker can go, in hours. */
export const HISTORY_HOURS = [1, 6, 24] as const;
export type HistoryHours = (typeof HISTORY_HOURS)[number];

const MOST_BARS = 400;
const MOST_LAST = 200;
/** However often it sends heartbeats, the picture changes this seldom. */
const CALM_MS = 1000;

/** What a worker did and how busy its machine was in the last hours, along one axis of time. */
export function historyCard(site: Site, worker: Worker, hours: HistoryHours): Promise<Fragment> {
  return keptPicture(site.reader, `worker:${worker.id}:${hours}`, Math.floor(site.engine.now() / CALM_MS), () => drawHistory(site, worker, hours));
}

async function drawHistory(site: Site, worker: Worker, hours: HistoryHours): Promise<Fragment> {
  const stretch = lastStretch(site.engine.now(), hours * 60 * MINUTE_MS);
  const [last, minutes] = await Promise.all([listWorkSpans(site.reader, worker.id, MOST_BARS + 1), listWorkerMinutes(site.reader, worker.id, stretch.from, hours * 60 + 1)]);
  const spans = spansWithin(last, stretch);
  const tooMany = spans.length > MOST_BARS;
  const lines: LoadLine[] = [
    { name: 'CPU', most: 100, valueOf: (load) => load.cpuPercent, text: percent },
    { name: 'RAM', most: worker.hardware.ramGb, valueOf: (load) => load.ramUsedGb, text: gigabytes },
    { name: 'GPU', most: 100, valueOf: (load) => load.gpuPercent, text: percent },
  ];
  const tab = (one: HistoryHours) => html`<a href="${paths.worker(worker.id, { hours: one === 1 ? null : one })}"${one === hours ? html` aria-current="true"` : null}>${one} h</a>`;
  const words = tooMany ? busyText(minutes, worker.slots) : laneText(spans);
  const tasks = html`<div class="lane-row"><span>Tasks</span>${tooMany ? busyLane(minutes, worker.slots, stretch) : spanLane(spans, stretch)}<small>${words}</small></div>`;
  return card(
    'History',
    html`<div class="lanes">${tasks}${loadHistory(minutes, lines, stretch)}<div class="lane-row axis"><span></span>${laneAxis(stretch)}<span></span></div></div>${laneLegend(tooMany)}`,
    html`<nav class="tabs" aria-label="Length of the history">${HISTORY_HOURS.map(tab)}</nav>`,
  );
}

/** How reliable a worker is: how its attempts ended, and how the last ones did by experiment. */
export async function reliabilityCard(site: Site, worker: Worker): Promise<Fragment> {
  const ended = worker.completed + worker.failed;
  if (ended === 0) return card('Reliability', html`<p class="none">None of its attempts has ended yet.</p>`);
  const share = (many: number): Content => html`${count(many)} <small>${percent((100 * many) / ended)} of ${count(ended)}</small>`;
  const overall = facts([
    ['Completed', share(worker.completed)],
    ['Failed', share(worker.failed - worker.lost)],
    ['Lost or taken back', share(worker.lost)],
  ]);
  return card('Reliability', html`<div class="shares">${overall}</div>${await recordTable(site, worker)}`);
}

async function recordTable(site: Site, worker: Worker): Promise<Fragment> {
  const records = await countLastAttempts(site.reader, worker.id, MOST_LAST);
  const byExperiment = Map.groupBy(records, (one) => one.experiment);
  const rows = [...byExperiment].map(([experiment, counts]) => {
    const many = (state: string): number => counts.find((one) => one.state === state)?.many ?? 0;
    const total = counts.reduce((sum, one) => sum + one.many, 0);
    return { id: `record-${experiment}`, cells: [html`<a href="${paths.experiment(experiment)}">${experiment}</a>`, count(total), count(many('completed')), count(many('failed')), count(many('lost')), count(many('cancelled')), count(many('running'))] };
  });
  const columns = [{ head: 'Experiment', kind: 'wide' }, ...['Attempts', 'Completed', 'Failed', 'Lost', 'Cancelled', 'Running'].map((head) => ({ head, kind: 'num' as const }))] as const;
  return html`${table(`Its last ${MOST_LAST} attempts by experiment`, columns, rows)}<p class="fine">Its last ${count(MOST_LAST)} attempts at most.</p>`;
}
