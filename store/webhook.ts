import type { Delivery, EventKind, Webhook } from '#core/event.ts';
import { empty, first, sql, type Reader, type Tx } from './seam.ts';

type WebhookRow = { id: string; owner_id: string; address: string; kinds: string; secret: string; enabled: number; created_at: number };
type DeliveryRow = {
  id: string;
  webhook_id: string;
  kind: string;
  payload: string;
  state: string;
  tries: number;
  next_try_at: number;
  last_status: number | null;
  last_error: string | null;
  created_at: number;
  ended_at: number | null;
};

/** Keeps a new webhook. */
export async function insertWebhook(tx: Tx, webhook: Webhook): Promise<void> {
  await tx.run(sql`
    insert into webhooks (id, owner_id, address, kinds, secret, enabled, created_at)
    values (${webhook.id}, ${webhook.ownerId}, ${webhook.address}, ${JSON.stringify(webhook.kinds)}, ${webhook.secret},
      ${webhook.enabled ? 1 : 0}, ${webhook.createdAt})`);
}

/** A webhook by its id, or null. */
export async function findWebhook(reader: Reader, id: string): Promise<Webhook | null> {
  const row = await first<WebhookRow>(reader, sql`select * from webhooks where id = ${id} limit 1`);
  return row === null ? null : toWebhook(row);
}

/** All webhooks, the newest first. */
export async function listWebhooks(reader: Reader, limit: number): Promise<Webhook[]> {
  const rows = await reader.rows<WebhookRow>(sql`select * from webhooks order by id desc limit ${limit}`);
  return rows.map(toWebhook);
}

/** Switches a webhook on or off; messages wait while it is off. */
export async function setWebhookEnabled(tx: Tx, id: string, enabled: boolean): Promise<void> {
  await tx.run(sql`update webhooks set enabled = ${enabled ? 1 : 0} where id = ${id}`);
}

/** Deletes a webhook with all that was sent to it or waits. */
export async function deleteWebhook(tx: Tx, id: string): Promise<void> {
  await tx.run(sql`delete from deliveries where webhook_id = ${id}`);
  await tx.run(sql`delete from webhooks where id = ${id}`);
}

/** Lets a message wait for its first try. */
export async function insertDelivery(tx: Tx, delivery: Pick<Delivery, 'id' | 'webhookId' | 'kind' | 'payload' | 'createdAt'>): Promise<void> {
  await tx.run(sql`
    insert into deliveries (id, webhook_id, kind, payload, state, next_try_at, created_at)
    values (${delivery.id}, ${delivery.webhookId}, ${delivery.kind}, ${delivery.payload}, 'waiting', ${delivery.createdAt}, ${delivery.createdAt})`);
}

/** Messages of enabled webhooks whose next try is due, the longest due first. */
export async function listDueDeliveries(reader: Reader, now: number, limit: number): Promise<Delivery[]> {
  const rows = await reader.rows<DeliveryRow>(sql`
    select deliveries.* from deliveries join webhooks on webhooks.id = deliveries.webhook_id
    where state = 'waiting' and next_try_at <= ${now} and webhooks.enabled = 1
    order by next_try_at, deliveries.id limit ${limit}`);
  return rows.map(toDelivery);
}

/** Messages of a webhook, the newest first. */
export async function listDeliveries(reader: Reader, webhookId: string, page: { limit: number; before: string | null }): Promise<Delivery[]> {
  const rows = await reader.rows<DeliveryRow>(sql`
    select * from deliveries where webhook_id = ${webhookId} ${page.before === null ? empty : sql`and id < ${page.before}`}
    order by id desc limit ${page.limit}`);
  return rows.map(toDelivery);
}

/**
 * Takes a due message for one try. False when somebody else has taken it since it was read. Whoever takes it and then
 * crashes has it come due again at `until`.
 */
export async function takeDelivery(tx: Tx, delivery: Pick<Delivery, 'id' | 'tries' | 'nextTryAt'>, until: number): Promise<boolean> {
  const taken = await tx.run(sql`
    update deliveries set tries = tries + 1, next_try_at = ${until}
    where id = ${delivery.id} and state = 'waiting' and tries = ${delivery.tries} and next_try_at = ${delivery.nextTryAt}`);
  return taken === 1;
}

/** Writes how a try went. A message that has ended meanwhile stays as it is. */
export async function recordTry(tx: Tx, delivery: Pick<Delivery, 'id' | 'state' | 'nextTryAt' | 'lastStatus' | 'lastError' | 'endedAt'>): Promise<void> {
  await tx.run(sql`
    update deliveries set state = ${delivery.state}, next_try_at = ${delivery.nextTryAt}, last_status = ${delivery.lastStatus},
      last_error = ${delivery.lastError}, ended_at = ${delivery.endedAt}
    where id = ${delivery.id} and state = 'waiting'`);
}

/** Forgets messages with ids before one. */
export async function deleteOldDeliveries(tx: Tx, beforeId: string): Promise<void> {
  await tx.run(sql`delete from deliveries where id < ${beforeId}`);
}

function toWebhook(row: WebhookRow): Webhook {
  return { id: row.id, ownerId: row.owner_id, address: row.address, kinds: JSON.parse(row.kinds) as EventKind[], secret: row.secret, enabled: row.enabled === 1, createdAt: row.created_at };
}

function toDelivery(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    webhookId: row.webhook_id,
    kind: row.kind as Delivery['kind'],
    payload: row.payload,
    state: row.state as Delivery['state'],
    tries: row.tries,
    nextTryAt: row.next_try_at,
    lastStatus: row.last_status,
    lastError: row.last_error,
    createdAt: row.created_at,
    endedAt: row.ended_at,
  };
}
