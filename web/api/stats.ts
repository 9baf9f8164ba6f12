import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { statsView } from '#protocol/stats.ts';
import { allow } from '#web/authorize.ts';
import type { Web } from '#web/context.ts';
import { readStats } from '#web/stats.ts';

export function registerStats(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const schema = { tags: ['Statistics'], summary: 'What the overview shows', response: { 200: statsView } };
  app.get('/stats', { onRequest: allow(web, 'admin'), schema }, async () => readStats(web));
}
