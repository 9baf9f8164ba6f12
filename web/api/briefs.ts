import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { BriefAction } from '#core/brief.ts';
import { accept, assert, refuse, type Outcome } from '#core/errors.ts';
import { STRATEGIES } from '#core/search/strategies.ts';
import { changeBrief } from '#engine/change-brief.ts';
import { submitBrief } from '#engine/submit-brief.ts';
import { briefInput, briefQuery, briefView, fromBrief, toBriefRequest } from '#protocol/brief.ts';
import { id, pageOf } from '#protocol/scalar.ts';
import { findBrief, listBriefs } from '#store/brief.ts';
import { actorOf, allow, onceOf } from '#web/authorize.ts';
import type { Web } from '#web/context.ts';
import { sendOutcome, sendRefusal } from '#web/problem.ts';
import { readCursor, toPage } from './listing.ts';

const ACTIONS: Record<BriefAction, string> = {
  launch: 'Launches a draft: its tasks are made and handed out.',
  pause: 'Hands out no more tasks; running ones end.',
  resume: 'Hands out tasks again.',
  cancel: 'Ends the brief: pending and running tasks are cancelled.',
};

const strategyView = z.object({ name: z.string(), title: z.string(), description: z.string() });

export function registerBriefs(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const onRequest = allow(web, 'admin');
  const tags = ['Briefs'];

  const readBrief = async (briefId: string): Promise<Outcome<z.infer<typeof briefView>>> => {
    const brief = await findBrief(web.reader, briefId);
    return brief === null ? refuse('brief_not_found') : accept(fromBrief(brief));
  };

  app.get('/strategies', { onRequest, schema: { tags, summary: 'Strategies a brief can name', response: { 200: pageOf(strategyView) } } }, async () => ({
    items: STRATEGIES.map(({ name, title, description }) => ({ name, title, description })),
    next_cursor: null,
  }));

  app.post('/briefs', { onRequest, schema: { tags, summary: 'Submit a brief', body: briefInput, response: { 201: briefView } } }, async (request, reply) => {
    const outcome = await submitBrief(web.engine, actorOf(request).accountId, toBriefRequest(request.body), onceOf(request, 'POST /briefs'));
    if (!outcome.ok) return sendRefusal(reply, outcome.refusal);
    const brief = await readBrief(outcome.value.briefId);
    assert(brief.ok, 'a brief that was just stored is there');
    return reply.code(201).header('location', `/api/v1/briefs/${brief.value.id}`).send(brief.value);
  });

  app.get('/briefs', { onRequest, schema: { tags, summary: 'Briefs, the newest first', querystring: briefQuery, response: { 200: pageOf(briefView) } } }, async (request, reply) => {
    const { limit, state = null } = request.query;
    const key = readCursor(z.tuple([id]), request.query.cursor);
    if (!key.ok) return sendRefusal(reply, key.refusal);
    const rows = await listBriefs(web.reader, { limit: limit + 1, before: key.value?.[0] ?? null, state });
    return reply.send(toPage(rows, limit, (brief) => [brief.id], fromBrief));
  });

  app.get('/briefs/:id', { onRequest, schema: { tags, summary: 'One brief', params: z.object({ id: z.string() }), response: { 200: briefView } } }, async (request, reply) =>
    sendOutcome(reply, await readBrief(request.params.id), (brief) => brief),
  );

  for (const action of Object.keys(ACTIONS) as BriefAction[]) {
    const schema = { tags, summary: ACTIONS[action], params: z.object({ id: z.string() }), response: { 200: briefView } };
    app.post(`/briefs/:id/${action}`, { onRequest, schema }, async (request, reply) => {
      const outcome = await changeBrief(web.engine, request.params.id, action);
      return outcome.ok ? sendOutcome(reply, await readBrief(outcome.value.briefId), (brief) => brief) : sendRefusal(reply, outcome.refusal);
    });
  }
}
