import type { Action, TaskVerb } from '#core/action.ts';
import { assert } from '#core/errors.ts';
import { parseFilter } from '#core/filter.ts';
import { findAction, forgetAction, holdAction, listItems, listOpenActions, putItems, saveAction, type ActionItem } from '#store/action.ts';
import type { Tx } from '#store/seam.ts';
import { narrowSearch, searchTasks, type SearchKey } from '#store/task-search.ts';
import { findTasks } from '#store/task.ts';
import { changeTasks, revertTasks, type Changed } from './change-tasks.ts';
import { deleteSome } from './delete-brief.ts';
import { TOPICS, type Engine } from './engine.ts';
import { newId } from './id.ts';

/** Who runs an action is taken for gone after this long without a step. */
export const RUNNER_MS = 15_000;

/** Tasks of one transaction: about 10 ms, for which other writers wait. */
const TASKS_PER_STEP = 100;
const MOST_OPEN = 20;

const ACTIONS_KEPT_MS = 24 * 3600 * 1000;
const ITEMS_PER_STEP = 2000;

/** Runs an action to its end, one bounded transaction after the other, unless somebody else has taken it over. */
export async function runAction(engine: Engine, id: string, runner: string, signal?: AbortSignal): Promise<void> {
  while (signal?.aborted !== true && (await takeStep(engine, id, runner)));
}

/** Runs what goes on and is left over, such as the large ones, and those whose server ended in their middle. */
export async function runOpenActions(engine: Engine, runner: string, signal?: AbortSignal): Promise<void> {
  for (const action of await listOpenActions(engine.store.reader, engine.now(), MOST_OPEN)) await runAction(engine, action.id, runner, signal);
}

/** Forgets actions after a day: none of them can be undone any more. */
export async function forgetOldActions(engine: Engine): Promise<void> {
  while (await engine.store.write((tx) => forgetAction(tx, engine.now() - ACTIONS_KEPT_MS, ITEMS_PER_STEP)));
}

/**
 * Runs actions in the background until stopped: as soon as one begins, and now and then to look for abandoned ones.
 *
 * @returns stops it and resolves when the step in progress has ended; what is left over goes on with the next start
 */
export function startActions(engine: Engine, everyMs: number): () => Promise<void> {
  const runner = newId(engine);
  const stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();
  let busy = false;
  let again = false;
  const look = async (): Promise<void> => {
    busy = true;
    do {
      again = false;
      await runOpenActions(engine, runner, stopping.signal).catch((error: unknown) => engine.log.error({ err: error }, 'actions failed'));
    } while (again && !stopping.signal.aborted);
    busy = false;
  };
  const wake = (): void => {
    if (busy) again = true;
    else running = look();
  };
  const unwatch = engine.store.watch((topics) => {
    if (topics.has(TOPICS.actions) && !stopping.signal.aborted) wake();
  });
  const timer = setInterval(wake, everyMs);
  wake();
  return async () => {
    stopping.abort();
    clearInterval(timer);
    unwatch();
    await running;
  };
}

/** The next bounded part of an action, with its record, in one transaction; false when it has ended or is somebody else's. */
async function takeStep(engine: Engine, id: string, runner: string): Promise<boolean> {
  const finished = await engine.store.write(async (tx) => {
    const now = engine.now();
    if (!(await holdAction(tx, id, { id: runner, now, until: now + RUNNER_MS }))) return null;
    const action = await findAction(tx, id);
    assert(action !== null, 'an action that is held exists');
    const after = await stepOf(engine, tx, action);
    await saveAction(tx, after);
    tx.touch(TOPICS.action(id));
    return after.finishedAt === null ? false : after;
  });
  if (finished === null) return false;
  if (finished === false) return true;
  engine.log.info({ action_id: id, verb: finished.verb, done: finished.done, refused: finished.refused }, 'action finished');
  return false;
}

async function stepOf(engine: Engine, tx: Tx, action: Action): Promise<Action> {
  if (action.verb === 'delete-brief') return deleteSome(engine, tx, action);
  const batch = await nextBatch(tx, action);
  if (batch.items.length === 0) return { ...action, position: batch.goOn, ...(batch.goOn === null ? ended(engine, action) : {}) };
  const { changed, covered } = await changeItems(engine, tx, action, batch.items);
  await putItems(tx, action.id, changed.items);
  const last = covered.at(-1);
  assert(last !== undefined, 'a step covers something');
  const isWhole = covered.length === batch.items.length;
  const count = (outcome: ActionItem['outcome']) => changed.items.filter((item) => item.outcome === outcome).length;
  const after = {
    ...action,
    done: action.done + count('done'),
    refused: action.refused + count('refused'),
    stopped: action.stopped + changed.stopped,
    position: isWhole ? batch.goOn : batch.positionAfter(last.taskId),
  };
  return isWhole && batch.goOn === null ? { ...after, ...ended(engine, after) } : after;
}

/** What matched is known for certain only once all of it was met. */
function ended(engine: Engine, action: Action): Pick<Action, 'finishedAt' | 'total'> {
  return { finishedAt: engine.now(), total: action.filter === null ? action.total : action.done + action.refused };
}

/** The next tasks of an action; `goOn` is the position after all of them, null when they are the last. */
type Batch = { items: ActionItem[]; goOn: string | null; positionAfter: (taskId: string) => string };

async function nextBatch(tx: Tx, action: Action): Promise<Batch> {
  if (action.filter !== null) return nextFound(tx, action, action.filter);
  const items = action.undoes === null
    ? await listItems(tx, action.id, { outcome: 'waiting', after: action.position, limit: TASKS_PER_STEP })
    : await listItems(tx, action.undoes, { outcome: 'done', after: action.position, limit: TASKS_PER_STEP });
  return { items, goOn: items.length < TASKS_PER_STEP ? null : (items.at(-1)?.taskId ?? null), positionAfter: (taskId) => taskId };
}

/** Tasks are passed by once, in an order that changing them does not change: one that fails again is not met again. */
async function nextFound(tx: Tx, action: Action, text: string): Promise<Batch> {
  const parsed = parseFilter(text);
  assert(parsed.ok, 'the filter of an action was checked');
  const after = action.position === null ? null : (JSON.parse(action.position) as SearchKey);
  const scope = await narrowSearch(tx, parsed.filter, { familyId: action.familyId });
  const { tasks, goOn } = await searchTasks(tx, { scope, order: 'oldest', after, limit: TASKS_PER_STEP, now: action.createdAt });
  const byId = new Map(tasks.map((task) => [task.id, task]));
  return {
    items: tasks.map((task) => ({ taskId: task.id, outcome: 'waiting', reason: null, before: null })),
    goOn: goOn === null ? null : JSON.stringify(keyOf(goOn)),
    positionAfter: (taskId) => JSON.stringify(keyOf(byId.get(taskId) as SearchKey)),
  };
}

function keyOf({ familyId, number, value, startedAt, finishedAt, id }: SearchKey): SearchKey {
  return { familyId, number, value, startedAt, finishedAt, id };
}

/**
 * Changes the first ones of some tasks that belong together: everybody who locks families does so one per transaction.
 * Those whose task is gone are refused.
 */
async function changeItems(engine: Engine, tx: Tx, action: Action, items: ActionItem[]): Promise<{ changed: Changed; covered: ActionItem[] }> {
  const found = new Map((await findTasks(tx, items.map((item) => item.taskId))).map((task) => [task.id, task]));
  const familyOf = (item: ActionItem): string | null => found.get(item.taskId)?.familyId ?? null;
  const [head] = items;
  assert(head !== undefined, 'a step has tasks');
  const end = items.findIndex((item) => familyOf(item) !== familyOf(head));
  const covered = end === -1 ? items : items.slice(0, end);
  const familyId = familyOf(head);
  if (familyId === null) return { changed: { items: covered.map((item) => ({ ...item, outcome: 'refused', reason: 'There is no task with this id.', before: null })), stopped: 0 }, covered };
  const changed = action.undoes === null
    ? await changeTasks(engine, tx, familyId, covered.map((item) => item.taskId), action.verb as TaskVerb, action.priority)
    : await revertTasks(engine, tx, familyId, covered, action.undoes);
  return { changed, covered };
}
