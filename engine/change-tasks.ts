import { obstacleOf, type Before, type TaskVerb } from '#core/action.ts';
import { lackOf, type Family } from '#core/brief.ts';
import { assert } from '#core/errors.ts';
import { creditsToPay } from '#core/ledger.ts';
import type { Task } from '#core/task.ts';
import { findAction, type ActionItem } from '#store/action.ts';
import { findBrief } from '#store/brief.ts';
import { lockFamily } from '#store/family.ts';
import type { Tx } from '#store/seam.ts';
import { findTasks, reviseTask } from '#store/task.ts';
import { cancelTask } from './cancel-task.ts';
import { TOPICS, type Engine } from './engine.ts';
import { payableRuns } from './hold-credits.ts';
import { requeueTask } from './requeue-task.ts';
import { settleFamily, type Move } from './settle-family.ts';
import { touchBrief } from './submit-brief.ts';

/** What became of some tasks; `stopped` of them were running. */
export type Changed = { items: ActionItem[]; stopped: number };

/** Does something to tasks of one family. What their state does not allow is refused, each with its reason. */
export async function changeTasks(engine: Engine, tx: Tx, familyId: string, ids: readonly string[], verb: TaskVerb, priority: number | null): Promise<Changed> {
  return onTasks(engine, tx, familyId, ids, async (task, family, payable) => {
    const obstacle = obstacleOf(verb, task, family.state);
    if (obstacle !== null) return obstacle;
    if (verb === 'cancel') return cancelTask(engine, tx, task);
    if (verb === 'requeue') return lacksPay(family, payable) ?? requeueTask(tx, task);
    assert(priority !== null, 'a change of priority says which');
    await reviseTask(tx, { ...task, priority });
    return { from: task.state, to: task.state, workerId: null };
  });
}

/** Takes back what an action did to tasks of one family, as far as they still are what it made them. */
export async function revertTasks(engine: Engine, tx: Tx, familyId: string, items: readonly ActionItem[], actionId: string): Promise<Changed> {
  const action = await findAction(tx, actionId);
  assert(action !== null, 'an action is kept for longer than it can be undone');
  const before = new Map(items.map((item) => [item.taskId, item.before]));
  return onTasks(engine, tx, familyId, items.map((item) => item.taskId), async (task, family, payable) => {
    const was = before.get(task.id) ?? null;
    if (action.verb === 'cancel') return task.state === 'cancelled' ? (obstacleOf('requeue', task, family.state) ?? lacksPay(family, payable) ?? requeueTask(tx, task)) : `It is ${task.state} by now.`;
    // One that has run since, and waits with those attempts before it as well, is no longer what the action made of it.
    const hasRun = task.attempt !== task.attemptsBefore || (task.startedAt ?? 0) > action.createdAt;
    const isUntouched = action.verb === 'priority' ? task.priority === action.priority : !hasRun;
    if (was === null || task.state !== 'pending' || !isUntouched) return task.state === 'pending' ? 'It was changed since.' : `It is ${task.state} by now.`;
    // A priority is taken back alone: the task may have failed and been requeued since, with its attempts before it.
    const reverted = action.verb === 'priority' ? { ...task, priority: was.priority } : { ...task, ...was };
    await reviseTask(tx, reverted);
    return { from: task.state, to: reverted.state, workerId: null };
  });
}

type Change = (task: Task, family: Family, payable: number) => Promise<Move | string>;

async function onTasks(engine: Engine, tx: Tx, familyId: string, ids: readonly string[], change: Change): Promise<Changed> {
  const family = await lockFamily(tx, familyId);
  // Read under the lock: whoever changes tasks holds it.
  const tasks = new Map((await findTasks(tx, ids)).map((task) => [task.id, task]));
  const items: ActionItem[] = [];
  const moves: Move[] = [];
  const { runs, reserveMicrocredits } = family === null ? NOTHING_PAYABLE : await countPayable(tx, family);
  let payable = runs;
  for (const taskId of ids) {
    const task = tasks.get(taskId);
    const done = task === undefined || family === null ? 'There is no task with this id.' : await change(task, family, payable);
    if (typeof done === 'string' || task === undefined) {
      items.push({ taskId, outcome: 'refused', reason: typeof done === 'string' ? done : null, before: null });
      continue;
    }
    moves.push(done);
    payable -= isOpen(done.to) && !isOpen(done.from) ? 1 : 0;
    items.push({ taskId, outcome: 'done', reason: null, before: beforeOf(task) });
    tx.touch(TOPICS.task(taskId));
  }
  if (family !== null && moves.length > 0) {
    const opened = moves.filter((move) => isOpen(move.to)).length - moves.filter((move) => isOpen(move.from)).length;
    const { pending, running } = family.counts;
    await settleFamily(engine, tx, family, moves, opened > 0 ? Math.min(lackOf(family, { pending: pending + opened, running }), reserveMicrocredits) : 0);
    touchBrief(tx, { id: family.briefId, familyId });
  }
  return { items, stopped: moves.filter((move) => move.workerId !== null).length };
}

const NOTHING_PAYABLE = { runs: 0, reserveMicrocredits: 0 };

async function countPayable(tx: Tx, family: Family): Promise<typeof NOTHING_PAYABLE> {
  const brief = await findBrief(tx, family.briefId);
  return brief === null || family.state === 'draft' || family.state === 'cancelled' ? NOTHING_PAYABLE : payableRuns(tx, brief, family);
}

/** Why another run cannot be; null where it can be paid. */
function lacksPay(family: Family, payable: number): string | null {
  return payable > 0 ? null : `Another run costs ${creditsToPay(family.runCostMicrocredits)} credits, which the hold of its brief has not left and its budget or its owner's balance does not allow.`;
}

function isOpen(state: Task['state'] | null): boolean {
  return state === 'pending' || state === 'running';
}

function beforeOf(task: Task): Before {
  return { state: task.state, priority: task.priority, error: task.error, finishedAt: task.finishedAt, attemptsBefore: task.attemptsBefore };
}
