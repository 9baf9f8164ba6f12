import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { accept, refuse } from '#core/errors.ts';
import { fromRun } from '#protocol/provenance.ts';
import { pageOf } from '#protocol/scalar.ts';
import { fromAttempt, fromPoint, fromTask, logQuery, metricQuery, needsFamily, pointView, taskDetail, taskQuery, taskView } from '#protocol/task.ts';
import { listAttempts } from '#store/attempt.ts';
import { findPackage } from '#store/experiment.ts';
import { findFamily } from '#store/family.ts';
import { listPoints } from '#store/point.ts';
import { narrowSearch, searchTasks } from '#store/task-search.ts';
import { findTask } from '#store/task.ts';
import { findWorker } from '#store/worker.ts';
import { allow } from '#web/authorize.ts';
import type { Web } from '#web/context.ts';
import { logText } from '#web/parts/log/log-text.ts';
import { sendRefusal } from '#web/problem.ts';
import { readFilter, readTaskCursor, readVocabulary, taskCursor } from '#web/task-filter.ts';
import { readCursor, toPage } from './listing.ts';

const MOST_ATTEMPTS = 100;

export function registerTasks(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const onRequest = allow(web, 'admin');
  const tags = ['Tasks'];
  const params = z.object({ id: z.string() });

  const summary = 'Tasks; a page can hold fewer than its limit while there is a next_cursor';
  app.get('/tasks', { onRequest, schema: { tags, summary, querystring: taskQuery, response: { 200: pageOf(taskView) } } }, async (request, reply) => {
    const { reader, engine } = web;
    const { limit, sort, family_id = null, state = null, worker_id = null, cursor } = request.query;
    const family = family_id === null ? null : await findFamily(reader, family_id);
    const filter = readFilter(request.query.filter, await readVocabulary(reader, family));
    if (!filter.ok) return sendRefusal(reply, filter.refusal);
    const scope = await narrowSearch(reader, filter.value, { familyId: family_id, state, workerId: worker_id });
    if (needsFamily(sort) && scope.familyId === null) {
      const message = `by ${sort.replace('-', '')} needs a family_id: unlike campaigns are not compared`;
      return sendRefusal(reply, refuse('invalid', `sort: ${message}.`, [{ path: 'sort', message }]).refusal);
    }
    const after = cursor === undefined ? accept(null) : readTaskCursor(cursor);
    if (!after.ok) return sendRefusal(reply, after.refusal);
    const finds = await searchTasks(reader, { scope, order: sort, after: after.value, limit, now: engine.now() });
    return reply.send({ items: finds.tasks.map(fromTask), next_cursor: finds.goOn === null ? null : taskCursor(finds.goOn) });
  });

  app.get('/tasks/:id', { onRequest, schema: { tags, summary: 'One task with its attempts', params, response: { 200: taskDetail } } }, async (request, reply) => {
    const task = await findTask(web.reader, request.params.id);
    if (task === null) return sendRefusal(reply, refuse('task_not_found').refusal);
    const attempts = await listAttempts(web.reader, task.id, MOST_ATTEMPTS);
    const family = await findFamily(web.reader, task.familyId);
    const [worker, stored] = await Promise.all([task.workerId === null ? null : findWorker(web.reader, task.workerId), family === null ? null : findPackage(web.reader, family.packageSha256)]);
    const provenance = family === null || stored === null ? null : fromRun(task, worker, stored.experiment, family.packageSha256);
    return reply.send({ ...fromTask(task), attempts: attempts.map(fromAttempt), package_sha256: family?.packageSha256 ?? '', provenance });
  });

  app.get('/tasks/:id/metrics', { onRequest, schema: { tags, summary: 'Learning curves of an attempt', params, querystring: metricQuery, response: { 200: pageOf(pointView) } } }, async (request, reply) => {
    const { limit, name = null } = request.query;
    const task = await findTask(web.reader, request.params.id);
    if (task === null) return sendRefusal(reply, refuse('task_not_found').refusal);
    const key = readCursor(z.tuple([z.string().refine((name) => !name.includes('\0')), z.int()]), request.query.cursor);
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
