import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { refuse } from '#core/errors.ts';
import { workerState, type Worker, type WorkerStatus } from '#core/worker.ts';
import { changeWorker } from '#engine/change-worker.ts';
import { heartbeat } from '#engine/heartbeat.ts';
import { clearQuarantine } from '#engine/quarantine.ts';
import { registerWorker } from '#engine/register-worker.ts';
import { id, pageOf, toMoment } from '#protocol/scalar.ts';
import { clearInput, fromWorker, heartbeatInput, heartbeatOutput, registerInput, registerOutput, toHardware, toLoad, toSandbox, workerQuery, workerView } from '#protocol/worker.ts';
import { findWorker, listWorkers } from '#store/worker.ts';
import { actorOf, allow, bearerOf, onceOf, workerIdOf } from '#web/authorize.ts';
import type { Web } from '#web/context.ts';
import { sendOutcome, sendRefusal } from '#web/problem.ts';
import { readCursor, toPage } from './listing.ts';

const ACTIONS: Record<string, { status: WorkerStatus; summary: string }> = {
  drain: { status: 'draining', summary: 'Lets a worker finish what it has and take nothing new.' },
  resume: { status: 'active', summary: 'Lets a draining worker take tasks again.' },
};

export function registerWorkers(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const onRequest = allow(web, 'admin');
  const tags = ['Workers'];
  const params = z.object({ id: z.string() });
  const { engine, reader } = web;
  const view = (worker: Worker) => fromWorker(worker, workerState(worker, engine.now(), engine.settings.heartbeatMs));

  const registering = { tags, summary: 'Register a worker, with an enrolment token or an administrator’s', body: registerInput, response: { 201: registerOutput } };
  app.post('/workers', { onRequest: allow(web, 'admin', 'enrolment'), schema: registering }, async (request, reply) => {
    const { name, hardware, runtimes, slots, sandbox } = request.body;
    const once = onceOf(request, 'POST /workers');
    const repeatable = once === null ? null : { ...once, secret: bearerOf(request) ?? '' };
    const outcome = await registerWorker(engine, actorOf(request).accountId, { name, hardware: toHardware(hardware), runtimes, slots, sandbox: sandbox === null ? null : toSandbox(sandbox) }, repeatable);
    return sendOutcome(reply, outcome, ({ workerId, token }) => ({ worker_id: workerId, token, heartbeat_seconds: engine.settings.heartbeatMs / 1000 }), 201);
  });

  app.get('/workers', { onRequest, schema: { tags, summary: 'Workers, the newest first', querystring: workerQuery, response: { 200: pageOf(workerView) } } }, async (request, reply) => {
    const { limit } = request.query;
    const key = readCursor(z.tuple([id]), request.query.cursor);
    if (!key.ok) return sendRefusal(reply, key.refusal);
    const rows = await listWorkers(reader, { limit: limit + 1, before: key.value?.[0] ?? null });
    return reply.send(toPage(rows, limit, (worker) => [worker.id], view));
  });

  app.get('/workers/:id', { onRequest, schema: { tags, summary: 'One worker', params, response: { 200: workerView } } }, async (request, reply) => {
    const worker = await findWorker(reader, request.params.id);
    return worker === null || worker.status === 'removed' ? sendRefusal(reply, refuse('worker_not_found').refusal) : reply.send(view(worker));
  });

  app.delete('/workers/:id', { onRequest, schema: { tags, summary: 'Remove a worker; its running tasks go back', params, response: { 204: z.undefined() } } }, async (request, reply) => {
    const outcome = await changeWorker(engine, request.params.id, 'removed');
    return outcome.ok ? reply.code(204).send() : sendRefusal(reply, outcome.refusal);
  });

  for (const [action, { status, summary }] of Object.entries(ACTIONS)) {
    app.post(`/workers/:id/${action}`, { onRequest, schema: { tags, summary, params, response: { 200: workerView } } }, async (request, reply) => {
      const outcome = await changeWorker(engine, request.params.id, status);
      const worker = outcome.ok ? await findWorker(reader, outcome.value.workerId) : null;
      return worker === null ? sendRefusal(reply, outcome.ok ? refuse('worker_not_found').refusal : outcome.refusal) : reply.send(view(worker));
    });
  }

  const clearing = { tags, summary: 'Let a worker out of quarantine, on probation again', params, body: clearInput, response: { 200: workerView } };
  app.post('/workers/:id/clear-quarantine', { onRequest, schema: clearing }, async (request, reply) => {
    const outcome = await clearQuarantine(engine, request.params.id, request.body.reason);
    const worker = outcome.ok ? await findWorker(reader, outcome.value.workerId) : null;
    return worker === null ? sendRefusal(reply, outcome.ok ? refuse('worker_not_found').refusal : outcome.refusal) : reply.send(view(worker));
  });

  const beating = { tags: ['Worker programs'], summary: 'A sign of life; renews leases', body: heartbeatInput, response: { 200: heartbeatOutput } };
  app.post('/heartbeats', { onRequest: allow(web, 'worker'), schema: beating }, async (request, reply) => {
    const leases = request.body.leases.map((lease) => ({ taskId: lease.task_id, attempt: lease.attempt }));
    const outcome = await heartbeat(engine, workerIdOf(request), toLoad(request.body.load), leases);
    return sendOutcome(reply, outcome, ({ now, lost, drain }) => ({
      server_time: toMoment(now),
      lost: lost.map((lease) => ({ task_id: lease.taskId, attempt: lease.attempt })),
      drain,
    }));
  });
}
