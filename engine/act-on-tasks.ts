import { MOST_NAMED, type Action, type TaskVerb } from '#core/action.ts';
import { totalCount } from '#core/brief.ts';
import { accept, assert, refuse, type Outcome } from '#core/errors.ts';
import { parseFilter } from '#core/filter.ts';
import { findAction, insertAction, putItems } from '#store/action.ts';
import { countFinds, narrowSearch } from '#store/task-search.ts';
import { TOPICS, type Engine } from './engine.ts';
import { newId } from './id.ts';
import { newAction } from './new-action.ts';
import { RUNNER_MS, runAction } from './run-actions.ts';

/** Tasks by name, or all that pass a filter, of one family or of all. */
export type Selection = { ids: readonly string[] } | { filter: string; familyId: string | null };

/** What is to be done to them; `priority` with the verb of that name. */
export type TaskRequest = { verb: TaskVerb; priority: number | null };

/** An action on this many tasks is done before it is answered. */
export const MOST_AT_ONCE = 200;

/**
 * Cancels tasks, has them run anew or changes their priority. A small selection is done when this returns; a large one
 * goes on in the background. Tasks whose state does not allow it are refused one by one and keep nobody else back.
 */
export async function actOnTasks(engine: Engine, ownerId: string, selection: Selection, request: TaskRequest): Promise<Outcome<Action>> {
  if (request.verb === 'priority' && request.priority === null) return refuse('invalid', 'Say which priority the tasks get.', [{ path: 'priority', message: 'is needed' }]);
  const priority = request.verb === 'priority' ? request.priority : null;
  if ('filter' in selection) return actOnFound(engine, { ...newAction(engine, ownerId), verb: request.verb, priority, filter: selection.filter, familyId: selection.familyId });
  const ids = [...new Set(selection.ids)];
  if (ids.length === 0) return refuse('invalid', 'No task is selected.', [{ path: 'ids', message: 'names no task' }]);
  if (ids.length > MOST_NAMED) return refuse('invalid', `At most ${MOST_NAMED} tasks can be named at once; select more by a filter.`, [{ path: 'ids', message: `can name at most ${MOST_NAMED} tasks` }]);
  const action: Action = { ...newAction(engine, ownerId), verb: request.verb, priority, total: ids.length };
  const items = ids.map((taskId) => ({ taskId, outcome: 'waiting' as const, reason: null, before: null }));
  return accept(await beginAction(engine, action, ids.length <= MOST_AT_ONCE, items));
}

/** All that match: counted as far as a search looks, so that few are done at once. */
async function actOnFound(engine: Engine, action: Action): Promise<Outcome<Action>> {
  const parsed = parseFilter(action.filter ?? '');
  if (!parsed.ok) return refuse('invalid_filter', `filter, character ${parsed.issue.at}: ${parsed.issue.message}`, [{ path: 'filter', message: parsed.issue.message }]);
  const scope = await narrowSearch(engine.store.reader, parsed.filter, { familyId: action.familyId });
  const { counts, all } = await countFinds(engine.store.reader, { scope, order: 'oldest', now: action.createdAt });
  const count = totalCount(counts);
  return accept(await beginAction(engine, { ...action, total: all ? count : null }, all && count <= MOST_AT_ONCE));
}

/** Writes an action; runs it to its end if it is to be done at once, and leaves it to the runner otherwise. */
export async function beginAction(engine: Engine, action: Action, atOnce: boolean, items: Parameters<typeof putItems>[2] = []): Promise<Action> {
  const runner = { id: newId(engine), until: atOnce ? engine.now() + RUNNER_MS : 0 };
  await engine.store.write(async (tx) => {
    await insertAction(tx, action, runner);
    await putItems(tx, action.id, items);
    tx.touch(TOPICS.actions);
  });
  engine.log.info({ action_id: action.id, verb: action.verb, tasks: action.total }, 'action begun');
  if (!atOnce) return action;
  await runAction(engine, action.id, runner.id);
  const finished = await findAction(engine.store.reader, action.id);
  assert(finished !== null, 'an action is kept for a while');
  return finished;
}
