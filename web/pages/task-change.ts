import type { FastifyInstance } from 'fastify';
import { TASK_VERBS, type TaskVerb } from '#core/action.ts';
import type { Brief, Family } from '#core/brief.ts';
import { ERRORS, refuse, type Refusal } from '#core/errors.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import type { Task } from '#core/task.ts';
import { actOnTasks } from '#engine/act-on-tasks.ts';
import { extensionPrice } from '#engine/extend-brief.ts';
import { rerunTask } from '#engine/rerun-task.ts';
import { findBrief } from '#store/brief.ts';
import { findFamily } from '#store/family.ts';
import { findTask } from '#store/task.ts';
import { formKey, formKeyField, onceOfForm } from '#web/form-once.ts';
import { html } from '#web/html.ts';
import { withAction } from '#web/own-address.ts';
import { refusalPage, registerPage, sendPage, type Page, type Site } from '#web/page.ts';
import { refusalNotice } from '#web/parts/field.ts';
import { crumbs } from '#web/parts/identity.ts';
import { credits } from '#web/parts/number.ts';
import { isRepeatable } from '#web/parts/task-page-actions.ts';
import { paths } from '#web/paths.ts';

/** The buttons of a task's page: plain forms that lead back to it. Running it once more costs credits, so a page says first how many. */
export function registerTaskChange(app: FastifyInstance, site: Site): void {
  for (const verb of TASK_VERBS) {
    const path = paths.taskAction(':id', verb);
    app.get<{ Params: { id: string } }>(path, async (request, reply) => reply.redirect(paths.task(request.params.id), 303));
    app.post<{ Params: { id: string } }>(path, async (request, reply) => {
      const outcome = await change(site, request.params.id, verb, (request.body ?? {}) as Record<string, unknown>);
      return 'code' in outcome ? refusalPage(site, request, reply, outcome) : reply.redirect(withAction(paths.task(request.params.id), outcome.actionId), 303);
    });
  }
  const rerun = paths.taskAction(':id', 'rerun');
  registerPage(app, site, rerun, async (request) => {
    const found = await findRepeatable(site, (request.params as { id: string }).id);
    return 'code' in found ? found : rerunPage(found, formKey(site, null), null);
  });
  app.post<{ Params: { id: string } }>(rerun, async (request, reply) => {
    const typed = (request.body ?? {}) as Record<string, unknown>;
    const mayRaise = typed['raise_budget'] === 'yes';
    const key = formKey(site, typed['key']);
    const outcome = await rerunTask(site.engine, request.params.id, mayRaise, onceOfForm(`running ${request.params.id} once more`, key, mayRaise));
    if (outcome.ok) return reply.redirect(paths.task(outcome.value.taskId), 303);
    const found = await findRepeatable(site, request.params.id);
    return 'code' in found ? refusalPage(site, request, reply, found) : sendPage(site, request, reply, rerunPage(found, key, outcome.refusal), ERRORS[outcome.refusal.code].status);
  });
}

async function change(site: Site, taskId: string, verb: TaskVerb, body: Record<string, unknown>): Promise<{ actionId: string } | Refusal> {
  const task = await findTask(site.reader, taskId);
  if (task === null) return refuse('task_not_found').refusal;
  const priority = Number(body['priority']);
  if (verb === 'priority' && (String(body['priority'] ?? '') === '' || !Number.isInteger(priority) || Math.abs(priority) > 1000)) {
    return refuse('invalid', 'priority: must be a whole number from -1000 to 1000.', [{ path: 'priority', message: 'must be a whole number from -1000 to 1000' }]).refusal;
  }
  const outcome = await actOnTasks(site.engine, LOCAL_ID, { ids: [taskId] }, { verb, priority: verb === 'priority' ? priority : null });
  return outcome.ok ? { actionId: outcome.value.id } : outcome.refusal;
}

type Found = { task: Task; brief: Brief; family: Family };

async function findRepeatable(site: Site, taskId: string): Promise<Found | Refusal> {
  const task = await findTask(site.reader, taskId);
  const [brief, family] = task === null ? [null, null] : await Promise.all([findBrief(site.reader, task.briefId), findFamily(site.reader, task.familyId)]);
  if (task === null || brief === null || family === null) return refuse('task_not_found').refusal;
  return isRepeatable(task, brief) ? { task, brief, family } : refuse('task_state', brief.state === 'cancelled' ? 'Its brief was cancelled, so no task of it runs again.' : `A task that is ${task.state} has not ended yet; run it once more when it has.`).refusal;
}

function rerunPage({ task, brief, family }: Found, key: string, refusal: Refusal | null): Page {
  const { priceMicrocredits, neededMicrocredits, budgetMicrocredits } = extensionPrice(brief, family, 1);
  const isEnough = neededMicrocredits <= budgetMicrocredits;
  const path = paths.taskAction(task.id, 'rerun');
  const raise = isEnough
    ? html`<p>It costs ${credits(priceMicrocredits)} credits, which the budget of ${credits(budgetMicrocredits)} covers.</p>`
    : html`<p>It costs ${credits(priceMicrocredits)} credits, for which the brief's budget of ${credits(budgetMicrocredits)} is raised to ${credits(neededMicrocredits)}.</p><input type="hidden" name="raise_budget" value="yes">`;
  return {
    title: `Run task ${task.number} once more`,
    section: 'tasks',
    address: path,
    regions: [],
    content: () => html`<section class="head"><div>${crumbs([paths.brief(brief.id), brief.title], [paths.task(task.id), `Task ${task.number}`])}<h1>Run task ${task.number} once more?</h1>
<p class="lead">A new task with the same configuration and the same seed, ${task.seed}. What differs is what the seed does not decide, and the machine.</p></div></section>
${refusalNotice(refusal)}<article><form method="post" action="${path}">${formKeyField(key)}${raise}<div class="actions"><button type="submit">${isEnough ? 'Run it once more' : 'Raise the budget and run it once more'}</button><a href="${paths.task(task.id)}">Leave it</a></div></form></article>`,
  };
}
