import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { markEventsRead } from '#engine/mark-read.ts';
import { eventQuery, eventView, fromEvent, readInput } from '#protocol/event.ts';
import { id, pageOf } from '#protocol/scalar.ts';
import { listEvents } from '#store/event.ts';
import { actorOf, allow } from '#web/authorize.ts';
import type { Web } from '#web/context.ts';
import { sendRefusal } from '#web/problem.ts';
import { readCursor, toPage } from './listing.ts';

/** Events, and the mark up to which they were read. */
export function registerEvents(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const onRequest = allow(web, 'admin');
  const tags = ['Notifications'];

  app.get('/events', { onRequest, schema: { tags, summary: 'Events, the newest first', querystring: eventQuery, response: { 200: pageOf(eventView) } } }, async (request, reply) => {
    const { limit, kind = null } = request.query;
    const key = readCursor(z.tuple([id]), request.query.cursor);
    if (!key.ok) return sendRefusal(reply, key.refusal);
    const rows = await listEvents(web.reader, { limit: limit + 1, before: key.value?.[0] ?? null, after: null, kind });
    return reply.send(toPage(rows, limit, (event) => [event.id], fromEvent));
  });

  app.post('/events/read', { onRequest, schema: { tags, summary: 'Mark all events up to one as read', body: readInput, response: { 204: z.undefined() } } }, async (request, reply) => {
    await markEventsRead(web.engine, actorOf(request).accountId, request.body.up_to);
    return reply.code(204).send();
  });
}
