import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { refuse } from '#core/errors.ts';
import { experimentView, fromExperiment } from '#protocol/experiment.ts';
import { pageOf, sha256 } from '#protocol/scalar.ts';
import { findArchive, listExperiments } from '#store/experiment.ts';
import { allow } from '#web/authorize.ts';
import type { Web } from '#web/context.ts';
import { sendRefusal } from '#web/problem.ts';

const MOST_EXPERIMENTS = 1000;

export function registerExperiments(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const tags = ['Experiments'];

  app.get('/experiments', { onRequest: allow(web, 'admin'), schema: { tags, summary: 'What can be run', response: { 200: pageOf(experimentView) } } }, async () => {
    const registered = await listExperiments(web.reader, MOST_EXPERIMENTS);
    return { items: registered.map((one) => fromExperiment(one.experiment, one.packageSha256)), next_cursor: null };
  });

  const schema = { tags, summary: 'A package: the gzip’d tar whose sha256 this is', params: z.object({ sha256 }) };
  app.get('/packages/:sha256', { onRequest: allow(web, 'admin', 'worker'), schema }, async (request, reply) => {
    const archive = await findArchive(web.reader, request.params.sha256);
    if (archive === null) return sendRefusal(reply, refuse('package_not_found').refusal);
    return reply.type('application/gzip').header('cache-control', 'private, max-age=31536000, immutable').send(Buffer.from(archive, 'base64'));
  });
}
