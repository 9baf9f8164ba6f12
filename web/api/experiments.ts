import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { refuse } from '#core/errors.ts';
import { experimentView, fromExperiment } from '#protocol/experiment.ts';
import { approvePackage } from '#engine/approve-package.ts';
import { approvedPackage } from '#protocol/worker.ts';
import { pageOf, sha256 } from '#protocol/scalar.ts';
import { findArchive, findWithdrawal, listApprovedPackages, listExperiments } from '#store/experiment.ts';
import { allow } from '#web/authorize.ts';
import type { Web } from '#web/context.ts';
import { sendOutcome, sendRefusal } from '#web/problem.ts';

const MOST_EXPERIMENTS = 1000;
const MOST_PACKAGES = 10_000;

export function registerExperiments(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const tags = ['Experiments'];

  app.get('/experiments', { onRequest: allow(web, 'admin'), schema: { tags, summary: 'What can be run', response: { 200: pageOf(experimentView) } } }, async () => {
    const registered = await listExperiments(web.reader, MOST_EXPERIMENTS);
    return { items: registered.map((one) => fromExperiment(one.experiment, one.packageSha256)), next_cursor: null };
  });

  const listing = { tags: ['Worker programs'], summary: 'Packages that workers may run', response: { 200: pageOf(approvedPackage) } };
  app.get('/packages', { onRequest: allow(web, 'admin', 'worker'), schema: listing }, async () => ({ items: await listApprovedPackages(web.reader, MOST_PACKAGES), next_cursor: null }));

  for (const [action, isApproved, summary] of [['withdraw', false, 'Keep workers from running a package'], ['approve', true, 'Let workers run a package again']] as const) {
    const schema = { tags, summary, params: z.object({ sha256 }), response: { 200: approvedPackage } };
    app.post(`/packages/:sha256/${action}`, { onRequest: allow(web, 'admin'), schema }, async (request, reply) => sendOutcome(reply, await approvePackage(web.engine, request.params.sha256, isApproved), (value) => value));
  }

  const schema = { tags, summary: 'A package: the gzip’d tar whose sha256 this is', params: z.object({ sha256 }) };
  app.get('/packages/:sha256', { onRequest: allow(web, 'admin', 'worker'), schema }, async (request, reply) => {
    const archive = await findArchive(web.reader, request.params.sha256);
    if (archive === null) return sendRefusal(reply, refuse('package_not_found').refusal);
    if (request.actor?.kind === 'worker' && (await findWithdrawal(web.reader, request.params.sha256)) !== null) return sendRefusal(reply, refuse('package_withdrawn').refusal);
    return reply.type('application/gzip').header('cache-control', 'private, max-age=31536000, immutable').send(Buffer.from(archive, 'base64'));
  });
}
