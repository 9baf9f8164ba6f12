import { z } from 'zod';
import { isUndoable, MOST_NAMED, TASK_VERBS, type Action } from '#core/action.ts';
import { MOST_TASKS } from '#core/brief.ts';
import { between, id, moment, toMoment, toMomentOrNull, whole } from './scalar.ts';

/** Something to be done to tasks: those named, or all that pass a filter, of one family or of all. */
export const taskActionInput = z
  .strictObject({
    verb: z.enum(TASK_VERBS),
    ids: z.array(id).min(1, 'names no task').max(MOST_NAMED, `can name at most ${MOST_NAMED} tasks`).optional(),
    filter: z.string().max(4000).optional().describe('All tasks that pass it, instead of ids; an empty one lets every task pass'),
    family_id: id.optional().describe('Only tasks of this family, with a filter'),
    priority: whole(-1000, 1000).optional().describe('Which one tasks get, with the verb priority'),
  })
  .refine((input) => (input.ids === undefined) !== (input.filter === undefined), { path: ['ids'], message: 'give either ids or a filter' });

/** An action as the API shows it. */
export const actionView = z.object({
  id,
  verb: z.string(),
  state: z.enum(['running', 'finished']),
  brief_id: z.string().nullable(),
  family_id: z.string().nullable(),
  filter: z.string().nullable(),
  priority: z.number().nullable(),
  total: z.number().nullable(),
  done: z.number(),
  refused: z.number(),
  stopped: z.number().describe('Runs that were ended by it'),
  undoable: z.boolean(),
  undoes: z.string().nullable(),
  undone_by: z.string().nullable(),
  created_at: moment,
  finished_at: moment.nullable(),
  refusals: z.array(z.object({ task_id: z.string(), reason: z.string() })).describe('The first 100 tasks that were left as they were, and why'),
});

/** How much a brief grows; `budget_credits` is the budget that it then has, where the one it has is not enough. */
export const extendInput = z.strictObject({ num_tasks: whole(1, MOST_TASKS).describe('How many tasks more'), budget_credits: between(0, 1_000_000_000).optional() });

/** The budget that a brief is to have, or what is added to it: one of both. */
export const topUpInput = z
  .strictObject({ budget_credits: between(0, 1_000_000_000).optional(), add_credits: between(0, 1_000_000_000).optional() })
  .refine((input) => (input.budget_credits === undefined) !== (input.add_credits === undefined), { path: ['budget_credits'], message: 'or add_credits must be given, and only one of both' });

/** Whether the brief's budget may be raised by what one more run costs. */
export const rerunInput = z.strictObject({ raise_budget: z.boolean().default(false) });

/** The priority a task gets. */
export const priorityInput = z.strictObject({ priority: whole(-1000, 1000) });

/** From the core's form to the wire's. */
export function fromAction(action: Action, refusals: z.infer<typeof actionView>['refusals'], now: number): z.infer<typeof actionView> {
  return {
    id: action.id,
    verb: action.verb,
    state: action.finishedAt === null ? 'running' : 'finished',
    brief_id: action.briefId,
    family_id: action.familyId,
    filter: action.filter,
    priority: action.priority,
    total: action.total,
    done: action.done,
    refused: action.refused,
    stopped: action.stopped,
    undoable: isUndoable(action, now),
    undoes: action.undoes,
    undone_by: action.undoneBy,
    created_at: toMoment(action.createdAt),
    finished_at: toMomentOrNull(action.finishedAt),
    refusals,
  };
}
