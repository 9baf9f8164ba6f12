import type { Delivery } from '#core/event.ts';
import { findWebhook, listDueDeliveries, recordTry, takeDelivery } from '#store/webhook.ts';
import { TOPICS, type Engine } from './engine.ts';
import { sendWebhook, type Sending } from './send-webhook.ts';

/** The pauses after each failed try; one more failure, and the message is given up. They add up to about nine hours. */
const PAUSES_MS = [5_000, 30_000, 2 * 60_000, 10 * 60_000, 30 * 60_000, 2 * 3_600_000, 6 * 3_600_000];
/** A pause is this much shorter or longer by chance, so that what failed together is not tried together. */
const JITTER = 0.2;
/** Whoever takes a message has it this long beyond the time limit of a try; then it counts as never sent. */
const TAKEN_MS = 30_000;
const MOST_AT_ONCE = 8;
/** One receiver that does not answer leaves room for the others. */
const MOST_PER_WEBHOOK = 2;
const MOST_DUE = 200;

/**
 * Sends the messages that are due, and records how each try went. At least once: who crashes between sending and
 * recording has the message sent again, with the same id. Of several servers one takes each message.
 *
 * @returns how many were tried
 */
export async function deliverDue(engine: Engine, sending: Sending): Promise<number> {
  const due = await listDueDeliveries(engine.store.reader, engine.now(), MOST_DUE);
  const perWebhook = new Map<string, number>();
  const chosen = due.filter(({ webhookId }) => {
    const many = (perWebhook.get(webhookId) ?? 0) + 1;
    perWebhook.set(webhookId, many);
    return many <= MOST_PER_WEBHOOK;
  });
  const tried = await Promise.all(chosen.slice(0, MOST_AT_ONCE).map((delivery) => deliver(engine, sending, delivery)));
  return tried.filter(Boolean).length;
}

/**
 * Delivers whenever messages are written and at intervals, until stopped.
 *
 * @returns stops it, breaking off the tries in progress, which count as failed, and resolves when they are recorded
 */
export function startDelivering(engine: Engine, sending: Sending, everyMs: number): () => Promise<void> {
  const stopping = new AbortController();
  const { signal } = stopping;
  let running: Promise<void> | null = null;
  const run = async (): Promise<void> => {
    try {
      while (!signal.aborted && (await deliverDue(engine, { ...sending, signal })) > 0);
    } catch (error) {
      engine.log.error({ err: error }, 'webhooks failed');
    }
    running = null;
  };
  const wake = (): void => {
    if (!signal.aborted) running ??= run();
  };
  const timer = setInterval(wake, everyMs);
  const unwatch = engine.store.watch((topics) => {
    if (topics.has(TOPICS.deliveries)) wake();
  });
  wake();
  return async () => {
    stopping.abort();
    clearInterval(timer);
    unwatch();
    await running;
  };
}

async function deliver(engine: Engine, sending: Sending, delivery: Delivery): Promise<boolean> {
  const webhook = await findWebhook(engine.store.reader, delivery.webhookId);
  if (webhook === null || !webhook.enabled) return false;
  const taken = await engine.store.write((tx) => takeDelivery(tx, delivery, engine.now() + sending.timeoutMs + TAKEN_MS));
  if (!taken) return false;
  const sent = await sendWebhook(webhook, { id: delivery.id, body: delivery.payload, atMs: engine.now() }, sending);
  const now = engine.now();
  const pauseMs = PAUSES_MS[delivery.tries];
  const state = sent.ok ? 'delivered' : pauseMs === undefined ? 'failed' : 'waiting';
  const nextTryAt = state === 'waiting' ? now + Math.round((pauseMs ?? 0) * jitter(engine)) : now;
  await engine.store.write(async (tx) => {
    await recordTry(tx, { id: delivery.id, state, nextTryAt, lastStatus: sent.status, lastError: sent.error, endedAt: state === 'waiting' ? null : now });
    tx.touch(TOPICS.webhook(webhook.id));
  });
  engine.log.info({ webhook_id: webhook.id, delivery_id: delivery.id, tries: delivery.tries + 1, state, status: sent.status }, 'webhook tried');
  return true;
}

function jitter(engine: Engine): number {
  const [byte = 0] = engine.randomBytes(1);
  return 1 - JITTER + (2 * JITTER * byte) / 255;
}
