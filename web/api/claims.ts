import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { asksForNetwork } from '#core/experiment.ts';
import type { Metrics } from '#core/result.ts';
import { appendToLog } from '#engine/append-log.ts';
import { awaitWork } from '#engine/await-work.ts';
import type { ClaimedTask } from '#engine/claim-task.ts';
import { finishTask } from '#engine/finish-task.ts';
import { recordMetrics } from '#engine/record-metrics.ts';
import { fromRequirements } from '#protocol/experiment.ts';
import { output, toMoment } from '#protocol/scalar.ts';
import { type claimedTask, claimInput, claimOutput, logInput, metricsInput, resultInput, resultOutput } from '#protocol/worker.ts';
import { allow, workerIdOf } from '#web/authorize.ts';
import type { Web } from '#web/context.ts';
import { sendOutcome } from '#web/problem.ts';

const plainText = output(Infinity);
const LONGEST_NOTE = 2000;
const MOST_METRICS = 200;

/** What worker programs call while they work. */
export function registerClaims(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const onRequest = allow(web, 'worker');
  const tags = ['Worker programs'];
  const params = z.object({ id: z.string() });
  const { engine } = web;
  const stopping = new AbortController();
  const waiting = new Set<AbortController>();
  api.addHook('preClose', async () => {
    stopping.abort();
    for (const controller of waiting) controller.abort();
  });

  app.post('/claims', { onRequest, schema: { tags, summary: 'Ask for tasks; waits for some', body: claimInput, response: { 200: claimOutput } } }, async (request, reply) => {
    const { slots, wait_seconds } = request.body;
    const signal = hangUpOf(reply, waiting, stopping.signal);
    const outcome = await awaitWork(engine, workerIdOf(request), slots, { waitMs: wait_seconds * 1000, signal });
    return sendOutcome(reply, outcome, (tasks) => ({ tasks: tasks.map(fromClaimed) }));
  });

  const recorded = z.object({ recorded: z.number() });
  app.post('/tasks/:id/metrics', { onRequest, schema: { tags, summary: 'Add points to learning curves', params, body: metricsInput, response: { 200: recorded } } }, async (request, reply) => {
    const points = request.body.points.flatMap(({ step, name, value, at_seconds }) =>
      typeof value === 'number' && Number.isFinite(value) ? [{ step, name: plainText.parse(name), value, atSeconds: at_seconds }] : [],
    );
    return sendOutcome(reply, await recordMetrics(engine, leaseOf(request), points), (value) => value);
  });

  const kept = z.object({ characters: z.number() });
  app.post('/tasks/:id/log', { onRequest, schema: { tags, summary: 'Append to the log', params, body: logInput, response: { 200: kept } } }, async (request, reply) => {
    const text = plainText.parse(request.body.text);
    return sendOutcome(reply, await appendToLog(engine, leaseOf(request), text, request.body.offset ?? null), (value) => value);
  });

  app.post('/tasks/:id/result', { onRequest, schema: { tags, summary: 'Report how an attempt ended', params, body: resultInput, response: { 200: resultOutput } } }, async (request, reply) => {
    const { outcome, error } = request.body;
    const clean = error === null ? null : { kind: plainText.parse(error.kind), message: plainText.parse(error.message) };
    const finished = await finishTask(engine, leaseOf(request), { outcome, metrics: toMetrics(request.body.metrics), error: clean });
    return sendOutcome(reply, finished, ({ taskId, attempt, state, accepted }) => ({ task_id: taskId, attempt, state, accepted }));
  });
}

type LeasedRequest = Parameters<typeof workerIdOf>[0] & { params: { id: string }; body: { attempt: number; lease_token: string } };

function leaseOf(request: LeasedRequest) {
  return { taskId: request.params.id, workerId: workerIdOf(request), attempt: request.body.attempt, leaseToken: request.body.lease_token };
}

/**
 * Aborted when the client goes away before it was answered, and when the server stops. One controller for both: a signal
 * composed of two costs the garbage collector more than the claim's own objects.
 */
function hangUpOf(reply: FastifyReply, waiting: Set<AbortController>, stopping: AbortSignal): AbortSignal {
  const controller = new AbortController();
  if (stopping.aborted) controller.abort();
  waiting.add(controller);
  reply.raw.once('close', () => {
    waiting.delete(controller);
    if (!reply.raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

/** Metrics as they are kept: finite numbers, texts of bounded length and flags; what is anything else is null. */
function toMetrics(reported: Record<string, unknown>): Metrics {
  const entries = Object.entries(reported).slice(0, MOST_METRICS);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (typeof value === 'string') return [plainText.parse(name), plainText.parse(value.slice(0, LONGEST_NOTE))];
      const plain = typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value));
      return [plainText.parse(name), plain ? value : null];
    }),
  );
}

function fromClaimed({ task, leaseToken, leaseExpiresAt, packageSha256, experiment, requires }: ClaimedTask): z.infer<typeof claimedTask> {
  return {
    task_id: task.id,
    attempt: task.attempt,
    lease_token: leaseToken,
    lease_expires_at: toMoment(leaseExpiresAt),
    experiment: experiment.name,
    package_sha256: packageSha256,
    run: experiment.run,
    metric: experiment.metric.name,
    config: task.config,
    seed: task.seed,
    time_budget_seconds: task.timeBudgetSeconds,
    startup_seconds: experiment.startupSeconds,
    grace_seconds: experiment.graceSeconds,
    network: asksForNetwork(experiment),
    requires: fromRequirements(requires),
  };
}
