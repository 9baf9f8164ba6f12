import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { assert } from '#core/errors.ts';
import { MICROCREDITS } from '#core/ledger.ts';
import { addAccount } from '#engine/add-account.ts';
import type { OnceForToken } from '#engine/answer-once.ts';
import { renewEnrolment, revokeEnrolment } from '#engine/change-enrolment.ts';
import { grantCredits } from '#engine/grant-credits.ts';
import { accountInput, enrolmentView, grantInput, grantView, newAccountView } from '#protocol/account.ts';
import { accountView, fromAccount, fromEntry, ledgerQuery } from '#protocol/ledger.ts';
import { line, pageOf } from '#protocol/scalar.ts';
import { findNotes, findPerson, listPeople } from '#store/account.ts';
import { findEntry } from '#store/ledger.ts';
import { actorOf, allow, bearerOf, onceOf } from '#web/authorize.ts';
import type { Web } from '#web/context.ts';
import { sendOutcome, sendRefusal } from '#web/problem.ts';
import { readCursor, toPage } from './listing.ts';

const params = z.object({ id: z.string() });

/** Accounts of people: who they are, what they are given, and the tokens with which their machines join. */
export function registerAccounts(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const onRequest = allow(web, 'admin');
  const tags = ['Accounts'];
  const { engine, reader } = web;

  app.get('/accounts', { onRequest, schema: { tags, summary: 'Accounts of people, by name', querystring: ledgerQuery, response: { 200: pageOf(accountView) } } }, async (request, reply) => {
    const { limit } = request.query;
    const key = readCursor(z.tuple([line(200)]), request.query.cursor);
    if (!key.ok) return sendRefusal(reply, key.refusal);
    const rows = await listPeople(reader, { limit: limit + 1, after: key.value?.[0] ?? null });
    return reply.send(toPage(rows, limit, (person) => [person.name], fromAccount));
  });

  const adding = { tags, summary: 'Add a person’s account; its enrolment token is answered once', body: accountInput, response: { 201: newAccountView } };
  app.post('/accounts', { onRequest, schema: adding }, async (request, reply) => {
    const outcome = await addAccount(engine, { name: request.body.name, starterMicrocredits: web.settings.starterMicrocredits }, tokenOnce(request, 'POST /accounts'));
    if (!outcome.ok) return sendRefusal(reply, outcome.refusal);
    const account = await findPerson(reader, outcome.value.accountId);
    assert(account !== null, 'accounts are never deleted');
    return reply.code(201).send({ ...fromAccount(account), enrolment_token: outcome.value.token });
  });

  app.post('/accounts/:id/grants', { onRequest, schema: { tags, summary: 'Give credits, with a reason', params, body: grantInput, response: { 201: grantView } } }, async (request, reply) => {
    const { id: accountId } = request.params;
    const { amount_credits: amount, reason } = request.body;
    const grant = { accountId, amountMicrocredits: Math.round(amount * MICROCREDITS), reason };
    const outcome = await grantCredits(engine, actorOf(request).accountId, grant, onceOf(request, `POST /accounts/${accountId}/grants`));
    if (!outcome.ok) return sendRefusal(reply, outcome.refusal);
    const { entryId } = outcome.value;
    const [entry, notes] = [await findEntry(reader, entryId), await findNotes(reader, [entryId])];
    assert(entry !== null, 'entries are never deleted');
    return reply.code(201).send({ ...fromEntry(entry), reason: notes.get(entryId)?.note ?? '' });
  });

  const renewing = { tags, summary: 'Renew the enrolment token of an account; it is answered once', params, response: { 201: enrolmentView } };
  app.post('/accounts/:id/enrolment-token', { onRequest, schema: renewing }, async (request, reply) => {
    const { id: accountId } = request.params;
    const outcome = await renewEnrolment(engine, accountId, tokenOnce(request, `POST /accounts/${accountId}/enrolment-token`));
    return sendOutcome(reply, outcome, ({ token }) => ({ enrolment_token: token }), 201);
  });

  app.delete('/accounts/:id/enrolment-token', { onRequest, schema: { tags, summary: 'Let no further machine join for an account', params, response: { 204: z.undefined() } } }, async (request, reply) => {
    const outcome = await revokeEnrolment(engine, request.params.id);
    return outcome.ok ? reply.code(204).send() : sendRefusal(reply, outcome.refusal);
  });
}

/** A request that is answered with a token, derived from the one that it shows. */
function tokenOnce(request: FastifyRequest, scope: string): OnceForToken | null {
  const once = onceOf(request, scope);
  return once === null ? null : { ...once, secret: bearerOf(request) ?? '' };
}
