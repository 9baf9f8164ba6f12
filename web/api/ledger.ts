import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { accountView, entryQuery, entryView, fromAccount, fromEntry, ledgerQuery } from '#protocol/ledger.ts';
import { id, pageOf } from '#protocol/scalar.ts';
import { listAccounts, listEntries } from '#store/ledger.ts';
import { allow } from '#web/authorize.ts';
import type { Web } from '#web/context.ts';
import { narrowedOf, toEntryFilter } from '#web/entry-filter.ts';
import { sendRefusal } from '#web/problem.ts';
import { readCursor, toPage } from './listing.ts';

export function registerLedger(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const onRequest = allow(web, 'admin');
  const tags = ['Ledger'];

  app.get('/ledger/accounts', { onRequest, schema: { tags, summary: 'Accounts and balances; they add up to 0', querystring: ledgerQuery, response: { 200: pageOf(accountView) } } }, async (request, reply) => {
    const { limit } = request.query;
    const key = readCursor(z.tuple([id]), request.query.cursor);
    if (!key.ok) return sendRefusal(reply, key.refusal);
    const rows = await listAccounts(web.reader, { limit: limit + 1, after: key.value?.[0] ?? null });
    return reply.send(toPage(rows, limit, (account) => [account.id], fromAccount));
  });

  app.get('/ledger/entries', { onRequest, schema: { tags, summary: 'Transfers, the newest first', querystring: entryQuery, response: { 200: pageOf(entryView) } } }, async (request, reply) => {
    const { limit } = request.query;
    const key = readCursor(z.tuple([id]), request.query.cursor);
    if (!key.ok) return sendRefusal(reply, key.refusal);
    const rows = await listEntries(web.reader, { limit: limit + 1, before: key.value?.[0] ?? null, filter: toEntryFilter(narrowedOf(request.query)) });
    return reply.send(toPage(rows, limit, (entry) => [entry.id], fromEntry));
  });
}
