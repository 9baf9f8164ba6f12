import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { MOST_NAMED, TASK_VERBS } from '#core/action.ts';
import { accept, refuse } from '#core/errors.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { actOnTasks } from '#engine/act-on-tasks.ts';
import { undoAction } from '#engine/undo-action.ts';
import { issuesOf } from '#protocol/problem.ts';
import { id, whole } from '#protocol/scalar.ts';
import { ownAddress, withAction } from '#web/own-address.ts';
import { refusalPage, type Site } from '#web/page.ts';
import { paths } from '#web/paths.ts';
import { readSelection } from '#web/task-filter.ts';

/** Several values of a form: the field given many times, or once with commas. */
const ids = z
  .union([z.string(), z.array(z.string())])
  .default([])
  .transform((given) => [given].flat().flatMap((one) => one.split(',')).map((one) => one.trim()).filter((one) => one !== ''))
  .pipe(z.array(id).max(MOST_NAMED, `can name at most ${MOST_NAMED} tasks`));

const form = z.object({
  verb: z.enum(TASK_VERBS),
  ids,
  all: z.enum(['yes', '']).default(''),
  filter: z.string().max(4000).default(''),
  family: z.union([z.literal('').transform(() => null), id]).default(null),
  priority: z.union([z.literal('').transform(() => null), z.coerce.number('must be a whole number').pipe(whole(-1000, 1000))]).default(null),
});

/** What the selection bar of task tables posts to: something is done to tasks, and the page that they were on shows what. */
export function registerTaskActions(app: FastifyInstance, site: Site): void {
  app.get(paths.taskActions(), async (_request, reply) => reply.redirect(paths.tasks(), 303));
  app.post(paths.taskActions(), async (request, reply) => {
    const body = (request.body ?? {}) as Record<string, unknown>;
    const parsed = form.safeParse(body);
    if (!parsed.success) {
      const issues = issuesOf(parsed.error);
      return refusalPage(site, request, reply, refuse('invalid', `${issues.map((issue) => `${issue.path}: ${issue.message}`).join('; ')}.`, issues).refusal);
    }
    const { verb, priority } = parsed.data;
    const selection = parsed.data.all === 'yes' ? await readSelection(site.reader, parsed.data.filter, parsed.data.family) : accept({ ids: parsed.data.ids });
    if (!selection.ok) return refusalPage(site, request, reply, selection.refusal);
    const outcome = await actOnTasks(site.engine, LOCAL_ID, selection.value, { verb, priority });
    if (!outcome.ok) return refusalPage(site, request, reply, outcome.refusal);
    const action = outcome.value;
    return reply.redirect(action.finishedAt === null ? paths.action(action.id) : withAction(ownAddress(body['back'] ?? paths.tasks()), action.id), 303);
  });

  app.get<{ Params: { id: string } }>(paths.actionUndo(':id'), async (request, reply) => reply.redirect(paths.action(request.params.id), 303));
  app.post<{ Params: { id: string } }>(paths.actionUndo(':id'), async (request, reply) => {
    const outcome = await undoAction(site.engine, LOCAL_ID, request.params.id);
    if (!outcome.ok) return refusalPage(site, request, reply, outcome.refusal);
    const undo = outcome.value;
    const back = (request.body as Record<string, unknown> | undefined)?.['back'];
    return reply.redirect(undo.finishedAt === null || back === undefined ? paths.action(undo.id) : withAction(ownAddress(back), undo.id), 303);
  });
}
