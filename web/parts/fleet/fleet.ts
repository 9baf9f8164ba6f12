import type { Worker } from '#core/worker.ts';
import { listWorkSpans, type WorkSpan } from '#store/work-span.ts';
import { listBusiestWorkers, listWorkerMinutes, type WorkerMinute } from '#store/worker-minute.ts';
import { findWorker } from '#store/worker.ts';
import { html, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { count, countOf, gigabytes } from '#web/parts/number.ts';
import { createKept, keptPicture } from '#web/parts/pictures/kept.ts';
import { card, emptyState } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readLastHour, sumOf } from '#web/stats.ts';
import { busyLane, busyText, laneAxis, laneLegend, lastStretch, laneText, spanLane, spansWithin, type Stretch } from './lane.ts';
import { throughput } from './throughput.ts';

const HOUR_MS = 3_600_000;
const MOST_LANES = 12;
/** Bars of all lanes together: a picture stays below 150 KB. */
const MOST_BARS = 600;
/** However much happens, the picture changes this seldom. */
const CALM_MS = 1000;

/** Which workers get a lane is chosen this seldom: it takes 30 ms for three hundred of them, and lanes should not jump. */
const CHOSEN_MS = 5000;
const keptChoice = createKept<string[]>(1, () => 1);

/** What the workers did in the last hour: a lane for each of the busiest, and how many tasks ended in each minute. */
export function fleet(site: Site): Promise<Fragment> {
  return keptPicture(site.reader, 'fleet', Math.floor(site.engine.now() / CALM_MS), () => drawFleet(site));
}

async function drawFleet(site: Site): Promise<Fragment> {
  const { reader } = site;
  const now = site.engine.now();
  const stretch = lastStretch(now, HOUR_MS);
  const choose = () => listBusiestWorkers(reader, stretch.from, MOST_LANES + 1);
  const [ids, minutes] = await Promise.all([keptChoice(reader, 'busiest', Math.floor(now / CHOSEN_MS), choose), readLastHour(reader, now)]);
  const shown = ids.slice(0, MOST_LANES);
  const most = Math.floor(MOST_BARS / Math.max(1, shown.length));
  const lanes = (await Promise.all(shown.map((id) => readLane(site, id, stretch, most)))).filter((lane) => lane !== null);
  const ended = sumOf(minutes);
  const beside = html`<small>last hour · ${countOf(ended.completed + ended.failed, 'task')} finished${ended.failed > 0 ? html`, <a href="${paths.tasks({ state: 'failed', sort: 'finished' })}">${count(ended.failed)} of them failed</a>` : null}</small>`;
  if (lanes.length === 0 && ended.completed + ended.failed > 0) return card('Fleet', html`<p class="none">What each worker does shows here from its next heartbeat on.</p>`, beside);
  if (lanes.length === 0) return card('Fleet', emptyState('No worker was here in the last hour', 'Workers are the machines that train; what each of them does shows here.', html`<a role="button" href="${paths.workers()}#add">Add a worker</a>`), beside);
  const drawn = lanes.toSorted((left, right) => left.worker.name.localeCompare(right.worker.name, 'en', { numeric: true })).map((lane) => laneRow(lane, stretch));
  const more = ids.length > MOST_LANES ? html`<p class="fine">The ${MOST_LANES} busiest; <a href="${paths.workers()}">all workers</a>.</p>` : null;
  return card('Fleet', html`<div class="lanes">${drawn}<div class="lane-row axis"><span></span>${laneAxis(stretch)}<span></span></div></div>${laneLegend(lanes.some((lane) => lane.tooMany))}${more}${throughput(minutes, now)}`, beside);
}

type Lane = { worker: Worker; spans: WorkSpan[]; tooMany: boolean; minutes: WorkerMinute[] };

async function readLane(site: Site, id: string, stretch: Stretch, most: number): Promise<Lane | null> {
  const [worker, last] = await Promise.all([findWorker(site.reader, id), listWorkSpans(site.reader, id, most + 1)]);
  if (worker === null) return null;
  const spans = spansWithin(last, stretch);
  const tooMany = spans.length > most;
  const minutes = tooMany ? await listWorkerMinutes(site.reader, id, stretch.from, HOUR_MS / 60_000 + 1) : [];
  return { worker, spans, tooMany, minutes };
}

function laneRow({ worker, spans, tooMany, minutes }: Lane, stretch: Stretch): Fragment {
  const { hardware } = worker;
  const [gpu] = hardware.gpus;
  const words = tooMany ? busyText(minutes, worker.slots) : laneText(spans);
  const machine = `${countOf(hardware.cpuCores, 'core')} · ${gpu === undefined ? gigabytes(hardware.ramGb) : `${gpu.model || 'GPU'} ${gigabytes(gpu.vramGb)}`}`;
  return html`<div class="lane-row" id="lane-${worker.id}"><a class="clip" href="${paths.worker(worker.id)}" title="${worker.name}">${worker.name}</a>${tooMany ? busyLane(minutes, worker.slots, stretch) : spanLane(spans, stretch)}<small title="${machine}"><span class="clip">${machine}</span><span class="clip" title="${words}">${words}</span></small></div>`;
}
