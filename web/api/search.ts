import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { hitView, searchQuery } from '#protocol/search.ts';
import { allow } from '#web/authorize.ts';
import type { Web } from '#web/context.ts';
import { search } from '#web/search.ts';

/** Everything by id or words. */
export function registerSearch(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const schema = { tags: ['Search'], summary: 'Briefs, families, tasks, workers and experiments by id or words', querystring: searchQuery, response: { 200: z.object({ items: z.array(hitView) }) } };
  app.get('/search', { onRequest: allow(web, 'admin'), schema }, async (request) => ({ items: await search(web, request.query.q, request.query.limit) }));
}
