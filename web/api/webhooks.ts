import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { accept, refuse } from '#core/errors.ts';
import { addWebhook, changeWebhook, testWebhook } from '#engine/change-webhook.ts';
import { MOST_WEBHOOKS } from '#engine/record-event.ts';
import { deliveryQuery, deliveryView, fromDelivery, fromWebhook, newWebhookView, webhookInput, webhookView } from '#protocol/event.ts';
import { id, pageOf } from '#protocol/scalar.ts';
import { findWebhook, listDeliveries, listWebhooks } from '#store/webhook.ts';
import { actorOf, allow, onceOf } from '#web/authorize.ts';
import type { Web } from '#web/context.ts';
import { sendOutcome, sendRefusal } from '#web/problem.ts';
import { readCursor, toPage } from './listing.ts';

const params = z.object({ id: z.string() });

/** Webhooks, what is done with them, and what was sent. */
export function registerWebhooks(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const onRequest = allow(web, 'admin');
  const tags = ['Notifications'];
  const { engine, reader } = web;
  const readWebhook = async (webhookId: string) => {
    const webhook = await findWebhook(reader, webhookId);
    return webhook === null ? refuse('webhook_not_found') : accept(webhook);
  };

  app.get('/webhooks', { onRequest, schema: { tags, summary: 'Webhooks, the newest first', response: { 200: pageOf(webhookView) } } }, async () => ({
    items: (await listWebhooks(reader, MOST_WEBHOOKS)).map(fromWebhook),
    next_cursor: null,
  }));

  app.post('/webhooks', { onRequest, schema: { tags, summary: 'Add a webhook; its secret is answered once', body: webhookInput, response: { 201: newWebhookView } } }, async (request, reply) => {
    const outcome = await addWebhook(engine, actorOf(request).accountId, request.body, web.settings.webhookAllow, onceOf(request, 'POST /webhooks'));
    return sendOutcome(reply, outcome.ok ? await readWebhook(outcome.value.webhookId) : outcome, (webhook) => ({ ...fromWebhook(webhook), secret: webhook.secret }), 201);
  });

  app.get('/webhooks/:id', { onRequest, schema: { tags, summary: 'One webhook', params, response: { 200: webhookView } } }, async (request, reply) =>
    sendOutcome(reply, await readWebhook(request.params.id), fromWebhook),
  );

  app.delete('/webhooks/:id', { onRequest, schema: { tags, summary: 'Delete a webhook and its record', params, response: { 204: z.undefined() } } }, async (request, reply) => {
    const outcome = await changeWebhook(engine, request.params.id, 'delete');
    return outcome.ok ? reply.code(204).send() : sendRefusal(reply, outcome.refusal);
  });

  for (const action of ['enable', 'disable'] as const) {
    const summary = action === 'enable' ? 'Send to a webhook again' : 'Send nothing more to a webhook';
    app.post(`/webhooks/:id/${action}`, { onRequest, schema: { tags, summary, params, response: { 200: webhookView } } }, async (request, reply) => {
      const outcome = await changeWebhook(engine, request.params.id, action);
      return outcome.ok ? sendOutcome(reply, await readWebhook(request.params.id), fromWebhook) : sendRefusal(reply, outcome.refusal);
    });
  }

  app.post('/webhooks/:id/test', { onRequest, schema: { tags, summary: 'Send a test', params, response: { 202: z.object({ id }) } } }, async (request, reply) =>
    sendOutcome(reply, await testWebhook(engine, request.params.id), (sent) => sent, 202),
  );

  const listing = { tags, summary: 'What was sent to a webhook, the newest first', params, querystring: deliveryQuery, response: { 200: pageOf(deliveryView) } };
  app.get('/webhooks/:id/deliveries', { onRequest, schema: listing }, async (request, reply) => {
    const { limit } = request.query;
    const webhook = await readWebhook(request.params.id);
    if (!webhook.ok) return sendRefusal(reply, webhook.refusal);
    const key = readCursor(z.tuple([id]), request.query.cursor);
    if (!key.ok) return sendRefusal(reply, key.refusal);
    const rows = await listDeliveries(reader, webhook.value.id, { limit: limit + 1, before: key.value?.[0] ?? null });
    return reply.send(toPage(rows, limit, (delivery) => [delivery.id], fromDelivery));
  });
}
