import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Family } from '#core/brief.ts';
import { refuse } from '#core/errors.ts';
import { describeFamily } from '#engine/describe-family.ts';
import { familyQuery, familyView, fromFamily } from '#protocol/family.ts';
import { id, pageOf } from '#protocol/scalar.ts';
import { findFamily, listFamilies } from '#store/family.ts';
import { allow } from '#web/authorize.ts';
import type { Web } from '#web/context.ts';
import { EXPORT_TYPES, exportFamily } from '#web/parts/export.ts';
import { sendRefusal } from '#web/problem.ts';
import { readFilter, readVocabulary } from '#web/task-filter.ts';
import { readCursor, toPage } from './listing.ts';

export function registerFamilies(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const onRequest = allow(web, 'admin');
  const tags = ['Families'];
  const params = z.object({ id: z.string() });

  const view = async (family: Family): Promise<z.infer<typeof familyView>> => {
    const { median, best } = await describeFamily(web.reader, family);
    return fromFamily(family, median, best === null ? null : { task_id: best.id, value: best.value, config: best.config, seed: best.seed });
  };

  app.get('/families', { onRequest, schema: { tags, summary: 'Families, the newest first', querystring: familyQuery, response: { 200: pageOf(familyView) } } }, async (request, reply) => {
    const { limit } = request.query;
    const key = readCursor(z.tuple([id]), request.query.cursor);
    if (!key.ok) return sendRefusal(reply, key.refusal);
    const rows = await listFamilies(web.reader, { limit: limit + 1, before: key.value?.[0] ?? null });
    const page = toPage(rows, limit, (family) => [family.id], (family) => family);
    return reply.send({ ...page, items: await Promise.all(page.items.map(view)) });
  });

  app.get('/families/:id', { onRequest, schema: { tags, summary: 'One family with its summary', params, response: { 200: familyView } } }, async (request, reply) => {
    const family = await findFamily(web.reader, request.params.id);
    return family === null ? sendRefusal(reply, refuse('family_not_found').refusal) : reply.send(await view(family));
  });

  const querystring = z.strictObject({ format: z.enum(['csv', 'json']).default('csv'), filter: z.string().optional() });
  app.get('/families/:id/export', { onRequest, schema: { tags, summary: 'All tasks of a family that pass a filter, streamed', params, querystring } }, async (request, reply) => {
    const { format } = request.query;
    const family = await findFamily(web.reader, request.params.id);
    if (family === null) return sendRefusal(reply, refuse('family_not_found').refusal);
    const filter = readFilter(request.query.filter, await readVocabulary(web.reader, family));
    if (!filter.ok) return sendRefusal(reply, filter.refusal);
    return reply
      .type(EXPORT_TYPES[format])
      .header('content-disposition', `attachment; filename="${family.id}.${format}"`)
      .send(Readable.from(exportFamily(web.reader, family, format, filter.value, web.engine.now())));
  });
}
