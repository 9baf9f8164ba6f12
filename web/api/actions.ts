import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Action, TaskVerb } from '#core/action.ts';
import { accept, refuse, type Outcome } from '#core/errors.ts';
import { MICROCREDITS } from '#core/ledger.ts';
import { actOnTasks } from '#engine/act-on-tasks.ts';
import { deleteBrief } from '#engine/delete-brief.ts';
import { extendBrief } from '#engine/extend-brief.ts';
import { rerunTask } from '#engine/rerun-task.ts';
import { topUpBrief } from '#engine/top-up-brief.ts';
import { undoAction } from '#engine/undo-action.ts';
import { actionView, extendInput, fromAction, priorityInput, rerunInput, taskActionInput, topUpInput } from '#protocol/action.ts';
import { briefView, fromBrief } from '#protocol/brief.ts';
import { fromTask, taskView } from '#protocol/task.ts';
import { findAction, listItems } from '#store/action.ts';
import { findBrief } from '#store/brief.ts';
import { findTask } from '#store/task.ts';
import { actorOf, allow, onceOf } from '#web/authorize.ts';
import type { Web } from '#web/context.ts';
import { sendOutcome, sendRefusal } from '#web/problem.ts';
import { readSelection } from '#web/task-filter.ts';

const MOST_REFUSALS = 100;
const params = z.object({ id: z.string() });

/** Control: what people do to tasks and briefs beside a brief's own life, and how it is undone. */
export function registerActions(api: FastifyInstance, web: Web): void {
  registerOnMany(api, web);
  registerOnTask(api, web);
  registerOnBrief(api, web);
}

function registerOnMany(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const onRequest = allow(web, 'admin');
  const tags = ['Actions'];

  const summary = 'Cancel, requeue or prioritise many tasks; 202 while it goes on in the background';
  app.post('/tasks/actions', { onRequest, schema: { tags, summary, body: taskActionInput, response: { 200: actionView, 202: actionView } } }, async (request, reply) => {
    const { verb, priority = null, ids, filter, family_id = null } = request.body;
    const selection = ids === undefined ? await readSelection(web.reader, filter ?? '', family_id) : accept({ ids });
    if (!selection.ok) return sendRefusal(reply, selection.refusal);
    const outcome = await actOnTasks(web.engine, actorOf(request).accountId, selection.value, { verb, priority });
    if (!outcome.ok) return sendRefusal(reply, outcome.refusal);
    return reply.code(outcome.value.finishedAt === null ? 202 : 200).send(await viewOf(web, outcome.value));
  });

  app.get('/actions/:id', { onRequest, schema: { tags, summary: 'One action: how far it is, and what it refused', params, response: { 200: actionView } } }, async (request, reply) => {
    const action = await findAction(web.reader, request.params.id);
    return action === null ? sendRefusal(reply, refuse('action_not_found').refusal) : reply.send(await viewOf(web, action));
  });

  app.post('/actions/:id/undo', { onRequest, schema: { tags, summary: 'Undo an action, up to ten minutes after it', params, response: { 200: actionView, 202: actionView } } }, async (request, reply) => {
    const outcome = await undoAction(web.engine, actorOf(request).accountId, request.params.id);
    if (!outcome.ok) return sendRefusal(reply, outcome.refusal);
    return reply.code(outcome.value.finishedAt === null ? 202 : 200).send(await viewOf(web, outcome.value));
  });
}

function registerOnTask(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const onRequest = allow(web, 'admin');
  const tags = ['Tasks'];
  const response = { 200: taskView };

  const act = async (accountId: string, taskId: string, verb: TaskVerb, priority: number | null): Promise<Outcome<z.infer<typeof taskView>>> => {
    if ((await findTask(web.reader, taskId)) === null) return refuse('task_not_found');
    const outcome = await actOnTasks(web.engine, accountId, { ids: [taskId] }, { verb, priority });
    if (!outcome.ok) return outcome;
    const [refusal] = await refusalsOf(web, outcome.value);
    return refusal === undefined ? readTask(web, taskId) : refuse('task_state', refusal.reason);
  };
  app.post('/tasks/:id/cancel', { onRequest, schema: { tags, summary: 'Cancel a pending or running task', params, response } }, async (request, reply) =>
    sendOutcome(reply, await act(actorOf(request).accountId, request.params.id, 'cancel', null), (task) => task));
  app.post('/tasks/:id/requeue', { onRequest, schema: { tags, summary: 'Let a failed or cancelled task run again, with fresh attempts', params, response } }, async (request, reply) =>
    sendOutcome(reply, await act(actorOf(request).accountId, request.params.id, 'requeue', null), (task) => task));
  app.post('/tasks/:id/priority', { onRequest, schema: { tags, summary: 'Give a pending task another priority', params, body: priorityInput, response } }, async (request, reply) =>
    sendOutcome(reply, await act(actorOf(request).accountId, request.params.id, 'priority', request.body.priority), (task) => task));

  const schema = { tags, summary: 'Run a task once more, as a new task with its seed and configuration', params, body: rerunInput, response: { 201: taskView } };
  app.post('/tasks/:id/rerun', { onRequest, schema }, async (request, reply) => {
    const outcome = await rerunTask(web.engine, request.params.id, request.body.raise_budget, onceOf(request, `POST /tasks/${request.params.id}/rerun`));
    return outcome.ok ? sendOutcome(reply, await readTask(web, outcome.value.taskId), (task) => task, 201) : sendRefusal(reply, outcome.refusal);
  });
}

function registerOnBrief(api: FastifyInstance, web: Web): void {
  const app = api.withTypeProvider<ZodTypeProvider>();
  const onRequest = allow(web, 'admin');
  const tags = ['Briefs'];

  app.post('/briefs/:id/extend', { onRequest, schema: { tags, summary: 'Add tasks to a brief', params, body: extendInput, response: { 200: briefView } } }, async (request, reply) => {
    const { num_tasks: numTasks, budget_credits: budget } = request.body;
    const outcome = await extendBrief(web.engine, request.params.id, { numTasks, budgetMicrocredits: budget === undefined ? null : Math.round(budget * MICROCREDITS) }, onceOf(request, `POST /briefs/${request.params.id}/extend`));
    if (!outcome.ok) return sendRefusal(reply, outcome.refusal);
    const brief = await findBrief(web.reader, outcome.value.briefId);
    return brief === null ? sendRefusal(reply, refuse('brief_not_found').refusal) : reply.send(fromBrief(brief));
  });

  const summary = 'Raise the budget of a brief and hold what its open tasks cost; one that was exhausted goes on';
  app.post('/briefs/:id/top-up', { onRequest, schema: { tags, summary, params, body: topUpInput, response: { 200: briefView } } }, async (request, reply) => {
    const { budget_credits: budget, add_credits: added = 0 } = request.body;
    const topUp = budget === undefined ? { addedMicrocredits: Math.round(added * MICROCREDITS) } : { budgetMicrocredits: Math.round(budget * MICROCREDITS) };
    const outcome = await topUpBrief(web.engine, request.params.id, topUp, onceOf(request, `POST /briefs/${request.params.id}/top-up`));
    if (!outcome.ok) return sendRefusal(reply, outcome.refusal);
    const brief = await findBrief(web.reader, outcome.value.briefId);
    return brief === null ? sendRefusal(reply, refuse('brief_not_found').refusal) : reply.send(fromBrief(brief));
  });

  app.delete('/briefs/:id', { onRequest, schema: { tags, summary: 'Delete a brief with its tasks; its rows are removed in the background', params, response: { 202: actionView } } }, async (request, reply) => {
    const outcome = await deleteBrief(web.engine, actorOf(request).accountId, request.params.id);
    return outcome.ok ? reply.code(202).send(await viewOf(web, outcome.value)) : sendRefusal(reply, outcome.refusal);
  });
}

async function readTask(web: Web, taskId: string): Promise<Outcome<z.infer<typeof taskView>>> {
  const task = await findTask(web.reader, taskId);
  // Its brief may have been deleted in this very moment.
  return task === null ? refuse('task_not_found') : accept(fromTask(task));
}

async function viewOf(web: Web, action: Action): Promise<z.infer<typeof actionView>> {
  return fromAction(action, await refusalsOf(web, action), web.engine.now());
}

async function refusalsOf(web: Web, action: Action): Promise<{ task_id: string; reason: string }[]> {
  const refused = await listItems(web.reader, action.id, { outcome: 'refused', after: null, limit: MOST_REFUSALS });
  return refused.map((item) => ({ task_id: item.taskId, reason: item.reason ?? '' }));
}
