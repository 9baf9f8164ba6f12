import { z } from 'zod';
import { EVENT_KINDS, type Delivery, type Event, type EventKind, type Webhook } from '#core/event.ts';
import { id, moment, pageQuery, toMoment, toMomentOrNull } from './scalar.ts';

/** A kind of event. */
export const eventKind = z.enum(Object.keys(EVENT_KINDS) as [EventKind, ...EventKind[]], `must be one of ${Object.keys(EVENT_KINDS).join(', ')}`);

/** An event as the API shows it. */
export const eventView = z.object({
  id,
  at: moment,
  kind: eventKind,
  subject: z.string(),
  detail: z.string(),
  brief_id: id.nullable(),
  task_id: id.nullable(),
  worker_id: id.nullable(),
});

/** Query of events. */
export const eventQuery = z.strictObject({ ...pageQuery, kind: eventKind.optional() });

/** Up to which event everything is read. */
export const readInput = z.strictObject({ up_to: id });

/** A webhook to add. */
export const webhookInput = z.strictObject({
  address: z.string().trim().min(1, 'is needed').max(1000, 'can have at most 1000 characters'),
  kinds: z.array(eventKind).min(1, 'must name at least one kind of event').max(20),
});

/** A webhook as the API shows it. */
export const webhookView = z.object({ id, address: z.string(), kinds: z.array(eventKind), enabled: z.boolean(), created_at: moment });

/** A webhook that was just added: the only answer that holds its secret. */
export const newWebhookView = webhookView.extend({ secret: z.string() });

/** A message to a webhook, with how its tries went. */
export const deliveryView = z.object({
  id,
  kind: z.string(),
  state: z.enum(['waiting', 'delivered', 'failed']),
  tries: z.int(),
  next_try_at: moment.nullable(),
  last_status: z.int().nullable(),
  last_error: z.string().nullable(),
  created_at: moment,
  ended_at: moment.nullable(),
});

/** Query of webhooks and deliveries. */
export const deliveryQuery = z.strictObject(pageQuery);

/** From the core's form to the wire's. */
export function fromEvent(event: Event): z.infer<typeof eventView> {
  const { id: eventId, at, kind, subject, detail, briefId, taskId, workerId } = event;
  return { id: eventId, at: toMoment(at), kind, subject, detail, brief_id: briefId, task_id: taskId, worker_id: workerId };
}

/** From the core's form to the wire's, without the secret. */
export function fromWebhook({ id: webhookId, address, kinds, enabled, createdAt }: Webhook): z.infer<typeof webhookView> {
  return { id: webhookId, address, kinds, enabled, created_at: toMoment(createdAt) };
}

/** From the core's form to the wire's. */
export function fromDelivery(delivery: Delivery): z.infer<typeof deliveryView> {
  return {
    id: delivery.id,
    kind: delivery.kind,
    state: delivery.state,
    tries: delivery.tries,
    next_try_at: delivery.state === 'waiting' ? toMoment(delivery.nextTryAt) : null,
    last_status: delivery.lastStatus,
    last_error: delivery.lastError,
    created_at: toMoment(delivery.createdAt),
    ended_at: toMomentOrNull(delivery.endedAt),
  };
}
