import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { refuse } from '#core/errors.ts';
import { id, pageOf } from '#protocol/scalar.ts';
import { fromAttempt, fromPoint, fromTask, logQuery, metricQuery, pointView, taskDetail, taskQuery, taskView } from '#protocol/task.ts';
import { listAttempts } from '#store/attempt.ts';
import { findFamily } from '#store/family.ts';
import { listPoints } from '#store/point.ts';
import { findTask, listTasks } from '#store/task.ts';
import { allow } from '#web/authorize.ts';
import type { Web } from '#web/context.ts';
import { logText } from '#web/parts/log/log-text.ts';
import { sendRefusal } from '#web/problem.ts';
import { readCursor, toPage } from './listing.ts';

const MOST_ATTEMPTS = 100;

const taskKey = z.tuple([id, z.number(), z.number().nullable(), z.number().nullable(), id]);

export function registerTasks(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const onRequest = allow(web, 'admin');
  const tags = ['Tasks'];
  const params = z.object({ id: z.string() });

  app.get('/tasks', { onRequest, schema: { tags, summary: 'Tasks; "value" sorts need a family_id', querystring: taskQuery, response: { 200: pageOf(taskView) } } }, async (request, reply) => {
    const { limit, sort, family_id = null, state = null, worker_id = null } = request.query;
    if ((sort === 'value' || sort === '-value') && family_id === null) {
      const message = 'by value needs a family_id: values of unlike campaigns are not compared';
      return sendRefusal(reply, refuse('invalid', `sort: ${message}.`, [{ path: 'sort', message }]).refusal);
    }
    const key = readCursor(taskKey, request.query.cursor);
    if (!key.ok) return sendRefusal(reply, key.refusal);
    const [familyId, number, value, finishedAt, taskId] = key.value ?? [];
    const after = familyId === undefined || number === undefined ? null : { familyId, number, value: value ?? null, finishedAt: finishedAt ?? null, id: taskId ?? '' };
    const rows = await listTasks(web.reader, { limit: limit + 1, sort, after, familyId: family_id, state, workerId: worker_id });
    return reply.send(toPage(rows, limit, (task) => [task.familyId, task.number, task.value, task.finishedAt, task.id], fromTask));
  });

  app.get('/tasks/:id', { onRequest, schema: { tags, summary: 'One task with its attempts', params, response: { 200: taskDetail } } }, async (request, reply) => {
    const task = await findTask(web.reader, request.params.id);
    if (task === null) return sendRefusal(reply, refuse('task_not_found').refusal);
    const attempts = await listAttempts(web.reader, task.id, MOST_ATTEMPTS);
    const family = await findFamily(web.reader, task.familyId);
    return reply.send({ ...fromTask(task), attempts: attempts.map(fromAttempt), package_sha256: family?.packageSha256 ?? '' });
  });

  app.get('/tasks/:id/metrics', { onRequest, schema: { tags, summary: 'Learning curves of an attempt', params, querystring: metricQuery, response: { 200: pageOf(pointView) } } }, async (request, reply) => {
    const { limit, name = null } = request.query;
    const task = await findTask(web.reader, request.params.id);
    if (task === null) return sendRefusal(reply, refuse('task_not_found').refusal);
    const key = readCursor(z.tuple([z.string(), z.number()]), request.query.cursor);
    if (!key.ok) return sendRefusal(reply, key.refusal);
    const after = key.value === null ? null : { name: key.value[0], step: key.value[1] };
    const rows = await listPoints(web.reader, task.id, request.query.attempt ?? task.attempt, { name, limit: limit + 1, after });
    return reply.send(toPage(rows, limit, (point) => [point.name, point.step], fromPoint));
  });

  app.get('/tasks/:id/log', { onRequest, schema: { tags, summary: 'The log of an attempt as text', params, querystring: logQuery } }, async (request, reply) => {
    const task = await findTask(web.reader, request.params.id);
    if (task === null) return sendRefusal(reply, refuse('task_not_found').refusal);
    return reply.type('text/plain; charset=utf-8').send(Readable.from(logText(web.reader, { taskId: task.id, attempt: request.query.attempt ?? task.attempt })));
  });
}
