import { accept, refuse, type Outcome } from '#core/errors.ts';
import type { EventKind, Webhook } from '#core/event.ts';
import { deleteWebhook, findWebhook, insertDelivery, insertWebhook, listWebhooks, setWebhookEnabled } from '#store/webhook.ts';
import { answerOnce, type OnceRequest } from './answer-once.ts';
import { TOPICS, type Engine } from './engine.ts';
import { newId } from './id.ts';
import { MOST_WEBHOOKS, payloadOf } from './record-event.ts';
import { problemOf, type AllowList } from './webhook-address.ts';

/** What a webhook is made of. */
export type WebhookRequest = { address: string; kinds: EventKind[] };

/**
 * Adds a webhook with a secret of its own. Its address must be one that an administrator allows; every try to send asks
 * again, because a name may lead elsewhere by then.
 */
export async function addWebhook(engine: Engine, ownerId: string, request: WebhookRequest, allowed: AllowList, once: OnceRequest | null = null): Promise<Outcome<{ webhookId: string }>> {
  const problem = problemOf(request.address, allowed);
  if (problem !== null) return refuse('invalid', `The address ${problem}.`, [{ path: 'address', message: problem }]);
  const secret = `whsec_${Buffer.from(engine.randomBytes(32)).toString('base64')}`;
  const webhook: Webhook = { id: newId(engine), ownerId, address: new URL(request.address).href, kinds: [...new Set(request.kinds)], secret, enabled: true, createdAt: engine.now() };
  const outcome = await answerOnce(engine, once, async (tx): Promise<Outcome<{ webhookId: string }>> => {
    if ((await listWebhooks(tx, MOST_WEBHOOKS)).length >= MOST_WEBHOOKS) return refuse('webhook_limit');
    await insertWebhook(tx, webhook);
    tx.touch(TOPICS.webhooks);
    return accept({ webhookId: webhook.id });
  });
  if (outcome.ok) engine.log.info({ webhook_id: outcome.value.webhookId, host: new URL(webhook.address).host }, 'webhook added');
  return outcome;
}

/** Lets a webhook be sent to or not, or deletes it with its record. */
export async function changeWebhook(engine: Engine, id: string, action: 'enable' | 'disable' | 'delete'): Promise<Outcome<{ id: string }>> {
  const outcome = await engine.store.write(async (tx): Promise<Outcome<{ id: string }>> => {
    if ((await findWebhook(tx, id)) === null) return refuse('webhook_not_found');
    if (action === 'delete') await deleteWebhook(tx, id);
    else await setWebhookEnabled(tx, id, action === 'enable');
    for (const topic of [TOPICS.webhooks, TOPICS.webhook(id), TOPICS.deliveries]) tx.touch(topic);
    return accept({ id });
  });
  if (outcome.ok) engine.log.info({ webhook_id: id, action }, 'webhook changed');
  return outcome;
}

/** Sends a message that says only that it is a test. */
export async function testWebhook(engine: Engine, id: string): Promise<Outcome<{ id: string }>> {
  return engine.store.write(async (tx): Promise<Outcome<{ id: string }>> => {
    const webhook = await findWebhook(tx, id);
    if (webhook === null) return refuse('webhook_not_found');
    if (!webhook.enabled) return refuse('webhook_disabled');
    const deliveryId = newId(engine);
    const payload = payloadOf({ id: deliveryId, at: engine.now(), kind: 'test', briefId: null, taskId: null, workerId: null, subject: 'A test', detail: 'Nothing happened: somebody asked for a test of this webhook.' });
    await insertDelivery(tx, { id: deliveryId, webhookId: id, kind: 'test', payload, createdAt: engine.now() });
    for (const topic of [TOPICS.webhook(id), TOPICS.deliveries]) tx.touch(topic);
    return accept({ id: deliveryId });
  });
}
