import { EVENT_KINDS, type Event, type EventKind } from '#core/event.ts';
import { MINUTE_MS } from '#core/minute.ts';
import type { WorkSpan } from '#store/work-span.ts';
import type { WorkerMinute } from '#store/worker-minute.ts';
import { html, type Fragment } from '#web/html.ts';
import { accountLink } from '#web/parts/account.ts';
import { bell } from '#web/parts/bell.ts';
import { busyLane, busyText, laneAxis, laneLegend, lastStretch, laneText, spanLane } from '#web/parts/fleet/lane.ts';
import { loadHistory, percent, type LoadLine } from '#web/parts/fleet/load.ts';
import { sandboxFacts, sandboxWord } from '#web/parts/fleet/sandbox.ts';
import { throughput } from '#web/parts/fleet/throughput.ts';
import { gpuText, needsText, platformText, requirementsText, workerLink } from '#web/parts/machine.ts';
import { gigabytes } from '#web/parts/number.ts';
import { facts } from '#web/parts/table.ts';
import { HOSTILE_TEXT, LONG_TEXT, NOW, type Specimens } from './specimen.ts';

const STRETCH = lastStretch(NOW, 60 * MINUTE_MS);
const STATES: readonly WorkSpan['state'][] = ['completed', 'failed', 'lost', 'cancelled'];
const GPU = { model: 'Example GPU 4000', vramGb: 24 };

const spans = Array.from({ length: 24 }, (_, index): WorkSpan => {
  const startedAt = NOW - (58 - 2 * index) * MINUTE_MS;
  return { taskId: `specimen-${index + 1}`, attempt: 1, state: index === 23 ? 'running' : (STATES[index % 7] ?? 'completed'), startedAt, finishedAt: index === 23 ? null : startedAt + (1 + (index % 3)) * MINUTE_MS };
});
/** A worker that was silent for some minutes. */
const minutes = Array.from({ length: 60 }, (_, index): WorkerMinute => ({ at: NOW - (60 - index) * MINUTE_MS, busy: 1 + Math.sin(index / 5), cpuPercent: 60 + 35 * Math.sin(index / 7), ramUsedGb: 12, gpuPercent: null })).filter((_, index) => index < 30 || index > 38);
const LINES: readonly LoadLine[] = [
  { name: 'CPU', most: 100, valueOf: (load) => load.cpuPercent, text: percent },
  { name: 'RAM', most: 32, valueOf: (load) => load.ramUsedGb, text: gigabytes },
];

/** Machines, what they did, and what happened to them. */
export const MACHINES: readonly Specimens[] = [
  {
    part: 'machine.ts',
    specimens: [
      { name: 'workers', fragment: html`<p>${workerLink({ id: 'specimen-worker', name: 'lab-3' })} · ${workerLink({ id: 'specimen-worker', name: LONG_TEXT })} · ${workerLink({ id: 'specimen-worker', name: HOSTILE_TEXT })} · ${workerLink(null)}</p>` },
      { name: 'hardware', fragment: html`<p>${gpuText({ cpuModel: '', cpuCores: 1, ramGb: 1, gpus: [GPU, GPU, { model: '', vramGb: 0 }], platform: 'linux', arch: 'x64' })} · ${platformText({ platform: 'linux', arch: 'x64' })} · ${platformText({ platform: 'unknown', arch: 'unknown' })}</p>` },
      { name: 'what is needed', fragment: html`<p>${requirementsText({ cpuCores: 1, ramGb: 0.5, gpuVramGb: 0 })} · ${requirementsText({ cpuCores: 0, ramGb: 0, gpuVramGb: 80 })} · ${needsText({ node: '>=26', torch: true, [HOSTILE_TEXT]: true })}</p>` },
    ],
  },
  {
    part: 'fleet/sandbox.ts',
    specimens: [
      { name: 'how tasks are contained', fragment: facts(sandboxFacts({ level: 'bubblewrap', network: 'asked', memoryGb: 7.5, diskGb: 10, processes: 1024, lacks: [] })) },
      { name: 'and what keeps it from more', fragment: facts(sandboxFacts({ level: 'none', network: 'all', memoryGb: null, diskGb: null, processes: null, lacks: [LONG_TEXT, HOSTILE_TEXT] })) },
      { name: 'a program that says nothing, and the narrow form', fragment: html`${facts(sandboxFacts(null))}<p>${sandboxWord(null)}</p>` },
    ],
  },
  { part: 'account.ts', specimens: [{ name: 'accounts', fragment: html`<p>${accountLink({ id: 'local', kind: 'person', name: 'This server', balanceMicrocredits: 0 }, 'local')} · ${accountLink({ id: 'specimen', kind: 'worker', name: LONG_TEXT, balanceMicrocredits: 0 }, 'specimen')} · ${accountLink({ id: 'specimen', kind: 'worker', name: HOSTILE_TEXT, balanceMicrocredits: 0 }, 'specimen')} · ${accountLink(null, '1m87sa34rk506q00')}</p>` }] },
  {
    part: 'fleet/lane.ts',
    specimens: [
      { name: 'what a worker did', fragment: lane('lab-3', spanLane(spans, STRETCH), laneText(spans)) },
      { name: 'several tasks at once', fragment: lane(LONG_TEXT, spanLane(spans.map((span) => ({ ...span, finishedAt: span.startedAt + 9 * MINUTE_MS })), STRETCH), laneText(spans)) },
      { name: 'too many bars', fragment: lane(HOSTILE_TEXT, busyLane(minutes, 2, STRETCH), busyText(minutes, 2)) },
      { name: 'idle', fragment: lane('lab-4', spanLane([], STRETCH), laneText([])) },
      { name: 'what the shapes mean', fragment: laneLegend(true) },
    ],
  },
  {
    part: 'fleet/load.ts',
    specimens: [
      { name: 'with a silence', fragment: html`<div class="lanes">${loadHistory(minutes, LINES, STRETCH)}</div>` },
      { name: 'one minute', fragment: html`<div class="lanes">${loadHistory(minutes.slice(-1), LINES, STRETCH)}</div>` },
    ],
  },
  {
    part: 'fleet/throughput.ts',
    specimens: [
      { name: 'an hour', fragment: throughput(minutes.map(({ at }, index) => ({ at, completed: 20 + (index % 9), failed: index % 11 === 0 ? 4 : 0, earnedMicrocredits: 0 })), NOW) },
      { name: 'nothing', fragment: throughput([], NOW) },
    ],
  },
  {
    part: 'bell.ts',
    specimens: [
      { name: 'nothing new', fragment: html`<div class="tools">${bell(0, [], '')}</div>` },
      { name: 'some', fragment: html`<div class="tools">${bell(3, [eventOf('new_best', LONG_TEXT), eventOf('worker_gone', HOSTILE_TEXT)], 'specimen')}</div>` },
      { name: 'very many', fragment: html`<div class="tools">${bell(100, [], 'specimen')}</div>` },
      { name: 'every kind', fragment: html`<p>${(Object.keys(EVENT_KINDS) as EventKind[]).map((kind) => html`<span class="badge ${kind}">${EVENT_KINDS[kind]}</span> `)}</p>` },
    ],
  },
];

function lane(name: string, drawn: Fragment, words: string): Fragment {
  return html`<div class="lanes"><div class="lane-row"><span class="clip" title="${name}">${name}</span>${drawn}<small>${words}</small></div><div class="lane-row axis"><span></span>${laneAxis(STRETCH)}<span></span></div></div>`;
}

function eventOf(kind: EventKind, subject: string): Event {
  return { id: `specimen-${kind}`, at: NOW, kind, briefId: null, taskId: null, workerId: 'specimen-worker', subject, detail: `What happened: ${subject}` };
}
