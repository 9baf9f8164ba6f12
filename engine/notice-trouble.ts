import type { Family } from '#core/brief.ts';
import { HEARTBEATS_UNTIL_OFFLINE, misfits, type Worker } from '#core/worker.ts';
import { deleteOldEvents } from '#store/event.ts';
import { findFamily, listWaitingFamilies } from '#store/family.ts';
import { findBrief } from '#store/brief.ts';
import { deleteOldDeliveries } from '#store/webhook.ts';
import { listSilentWorkers, listWorkersSeenSince } from '#store/worker.ts';
import type { Engine } from './engine.ts';
import { idFrom } from './id.ts';
import { recordEvent } from './record-event.ts';

/** Nothing of a brief runs for this long, and nobody could: then it is stuck. */
const STUCK_AFTER_MS = 5 * 60_000;
/** An idle worker that is silent for this long is gone; one with tasks as soon as it counts as offline. */
const GONE_AFTER_MS = 5 * 60_000;
/** Silence older than this is no news. */
const NEWS_MS = 24 * 3600 * 1000;
const MOST_FAMILIES = 200;
const MOST_WORKERS = 200;
const KEPT_MS = 30 * 24 * 3600 * 1000;
const MOST_KEPT = 10_000;

/**
 * Looks for what nobody causes by an act of their own: briefs of which nothing runs although tasks wait, and workers that
 * fell silent. Each is told once, however often and on however many servers this runs.
 *
 * @param startedAt when this server began to listen: before that it could not hear anybody
 * @returns how many events are new
 */
export async function noticeTrouble(engine: Engine, startedAt: number): Promise<number> {
  return (await noticeSilence(engine, startedAt)) + (await noticeStandstill(engine, startedAt));
}

/** Forgets events and messages after 30 days, and events beyond the newest 10,000. */
export async function forgetOldEvents(engine: Engine): Promise<void> {
  const before = idFrom(engine.now() - KEPT_MS);
  await engine.store.write(async (tx) => {
    await deleteOldEvents(tx, before, MOST_KEPT);
    await deleteOldDeliveries(tx, before);
  });
}

async function noticeSilence(engine: Engine, startedAt: number): Promise<number> {
  const now = engine.now();
  const offlineMs = HEARTBEATS_UNTIL_OFFLINE * engine.settings.heartbeatMs;
  if (now - startedAt <= offlineMs) return 0;
  const idleCutoff = now - startedAt > GONE_AFTER_MS ? now - Math.max(GONE_AFTER_MS, offlineMs) : 0;
  const silent = await listSilentWorkers(engine.store.reader, { from: now - NEWS_MS, busyUntil: now - offlineMs, idleUntil: idleCutoff, limit: MOST_WORKERS });
  let told = 0;
  for (const worker of silent) {
    const held = worker.running === 0 ? 'It had no tasks.' : `It had ${worker.running === 1 ? '1 task' : `${worker.running} tasks`}, which go to others when their leases run out.`;
    const happening = { kind: 'worker_gone', workerId: worker.id, subject: worker.name, detail: `Not heard from since ${new Date(worker.lastSeenAt).toISOString().slice(0, 19).replace('T', ' ')} UTC. ${held}` } as const;
    told += (await engine.store.write((tx) => recordEvent(engine, tx, happening, `worker_gone ${worker.id} ${worker.lastSeenAt}`))) ? 1 : 0;
  }
  return told;
}

async function noticeStandstill(engine: Engine, startedAt: number): Promise<number> {
  const now = engine.now();
  if (now - startedAt <= STUCK_AFTER_MS) return 0;
  const waiting = await listWaitingFamilies(engine.store.reader, { limit: MOST_FAMILIES, after: null });
  const still = waiting.filter((family) => family.running === 0 && now - family.servedAt > STUCK_AFTER_MS);
  if (still.length === 0) return 0;
  const online = await listWorkersSeenSince(engine.store.reader, now - HEARTBEATS_UNTIL_OFFLINE * engine.settings.heartbeatMs, MOST_WORKERS);
  let told = 0;
  for (const { id, servedAt } of still) {
    const family = await findFamily(engine.store.reader, id);
    const brief = family === null ? null : await findBrief(engine.store.reader, family.briefId);
    if (family === null || brief === null || now - (brief.launchedAt ?? now) <= STUCK_AFTER_MS) continue;
    const reason = whyNobody(family, online);
    if (reason === null) continue;
    const { pending } = family.counts;
    const happening = { kind: 'brief_stuck', briefId: brief.id, subject: brief.title, detail: `${pending === 1 ? '1 task waits' : `${pending} tasks wait`} and none runs: ${reason}` } as const;
    told += (await engine.store.write((tx) => recordEvent(engine, tx, happening, `brief_stuck ${brief.id} ${servedAt}`))) ? 1 : 0;
  }
  return told;
}

/** Why no worker can take a task of a family; null where one can. */
function whyNobody(family: Family, online: readonly Worker[]): string | null {
  if (online.length === 0) return 'no worker is online.';
  const judged = online.map((worker) => ({ worker, lacks: worker.status === 'active' ? misfits(worker, family.requires, family.needs) : ['is draining'] }));
  const [nearest] = judged.toSorted((left, right) => left.lacks.length - right.lacks.length);
  if (nearest === undefined || nearest.lacks.length === 0) return null;
  const who = online.length === 1 ? 'the only online worker,' : `none of the ${online.length} online workers can take them; the nearest,`;
  return `${who} ${nearest.worker.name}, ${nearest.lacks.join(', ')}.`;
}
