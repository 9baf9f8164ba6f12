import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { checkpointNote } from '#core/checkpoint.ts';
import { refuse } from '#core/errors.ts';
import { keyOf, proveGrowth, receiptOf } from '#engine/ledger-receipt.ts';
import { latestCheckpoint } from '#engine/seal-ledger.ts';
import { checkpointQuery, checkpointsQuery, checkpointView, consistencyQuery, consistencyView, fromCheckpoint, receiptQuery, receiptView } from '#protocol/receipt.ts';
import { pageOf } from '#protocol/scalar.ts';
import { findLedgerName, listCheckpoints } from '#store/ledger-tree.ts';
import { actorOf, allow } from '#web/authorize.ts';
import type { Web } from '#web/context.ts';
import { sendRefusal } from '#web/problem.ts';
import { readCursor, toPage } from './listing.ts';

/** What proves the ledger's history, for people who keep it and for workers that earned something. */
export function registerLedgerProofs(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const onRequest = allow(web, 'admin', 'worker');
  const tags = ['Ledger'];
  const { reader } = web;

  app.get('/ledger/checkpoint', { onRequest, schema: { tags, summary: 'The newest signed checkpoint; with format=text, as a text to keep or to publish', querystring: checkpointQuery, response: { 200: z.union([checkpointView, z.string()]) } } }, async (request, reply) => {
    const checkpoint = await latestCheckpoint(reader);
    if (checkpoint === null) return sendRefusal(reply, refuse('not_found', 'Nothing is sealed yet: there is no checkpoint.').refusal);
    // A text is no JSON, so it passes by what writes JSON.
    if (request.query.format === 'text') return reply.type('text/plain; charset=utf-8').serializer((text: unknown) => String(text)).send(checkpointNote(checkpoint));
    return reply.send(fromCheckpoint(checkpoint, await keyOf(reader, checkpoint)));
  });

  app.get('/ledger/checkpoints', { onRequest, schema: { tags, summary: 'Signed checkpoints, the newest first', querystring: checkpointsQuery, response: { 200: pageOf(checkpointView) } } }, async (request, reply) => {
    const { limit } = request.query;
    const key = readCursor(z.tuple([z.int().min(0)]), request.query.cursor);
    if (!key.ok) return sendRefusal(reply, key.refusal);
    const [rows, ledger] = await Promise.all([listCheckpoints(reader, { limit: limit + 1, before: key.value?.[0] ?? null }), findLedgerName(reader)]);
    const page = toPage(rows, limit, ({ size }) => [size], (checkpoint) => ({ ledger: ledger ?? '', ...checkpoint }));
    return reply.send({ ...page, items: await Promise.all(page.items.map(async (checkpoint) => fromCheckpoint(checkpoint, await keyOf(reader, checkpoint)))) });
  });

  app.get('/ledger/consistency', { onRequest, schema: { tags, summary: 'Proof that the ledger has grown from a smaller one', querystring: consistencyQuery, response: { 200: consistencyView } } }, async (request, reply) => {
    const proof = await proveGrowth(reader, request.query.from, request.query.to ?? null);
    return proof.ok ? reply.send({ from: proof.value.first, to: proof.value.second, hashes: proof.value.hashes }) : sendRefusal(reply, proof.refusal);
  });

  const params = z.object({ id: z.string() });
  app.get('/ledger/entries/:id/receipt', { onRequest, schema: { tags, summary: 'The receipt of an entry; a worker gets those of its own account', params, querystring: receiptQuery, response: { 200: receiptView } } }, async (request, reply) => {
    const actor = actorOf(request);
    const receipt = await receiptOf(web.engine, request.params.id, { since: request.query.since ?? null, account: actor.kind === 'worker' ? actor.workerId : null });
    return receipt.ok ? reply.send(receipt.value) : sendRefusal(reply, receipt.refusal);
  });
}
