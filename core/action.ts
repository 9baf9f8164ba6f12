import type { BriefAction, BriefState } from './brief.ts';
import type { TaskError } from './result.ts';
import type { Task, TaskState } from './task.ts';

/** What people can do to many tasks at once. */
export const TASK_VERBS = ['cancel', 'requeue', 'priority'] as const;
export type TaskVerb = (typeof TASK_VERBS)[number];

/** What an action is: something done to tasks, to a brief, or the undoing of another one. */
export type ActionVerb = TaskVerb | `${BriefAction}-brief` | 'delete-brief' | 'undo';

/**
 * Something that people did, in steps of bounded transactions. It goes on until `finishedAt`, across restarts; the
 * counts tell how many of its tasks are done, and how many were refused.
 */
export type Action = {
  id: string;
  ownerId: string;
  verb: ActionVerb;
  briefId: string | null;
  familyId: string | null;
  /** The action that this one undoes. */
  undoes: string | null;
  /** What it is done to, in words that stay true when that is deleted: the title of a brief, or empty. */
  title: string;
  /** All tasks that match, instead of named ones; null for named ones. */
  filter: string | null;
  /** The priority that tasks get. */
  priority: number | null;
  /** How many tasks it is about; null where nobody has counted. */
  total: number | null;
  done: number;
  refused: number;
  /** How many of those done were running, so that their runs were ended. */
  stopped: number;
  position: string | null;
  /** What its brief was before. */
  beforeState: BriefState | null;
  undoneBy: string | null;
  createdAt: number;
  finishedAt: number | null;
};

/** What an undo restores of a task, and what it was made, which it must still be. */
export type Before = { state: TaskState; priority: number; error: TaskError | null; finishedAt: number | null; attemptsBefore: number };

/** An action can be undone for ten minutes. */
export const UNDO_MS = 600_000;

/** Ids that one action names at most; more are selected by a filter. */
export const MOST_NAMED = 10_000;

/** Whether an action can be undone at a moment, as far as the action itself tells: each task is looked at again. */
export function isUndoable(action: Action, now: number): boolean {
  if (action.finishedAt === null || action.undoneBy !== null || now - action.finishedAt > UNDO_MS) return false;
  if (action.briefId === null && action.done === 0) return false;
  return action.verb !== 'undo' && action.verb !== 'delete-brief' && action.verb !== 'launch-brief';
}

/** The reason why a task cannot be changed so in its state, as a sentence; null when it can. */
export function obstacleOf(verb: TaskVerb, task: Pick<Task, 'state'>, briefState: BriefState): string | null {
  if (verb === 'cancel') return task.state === 'pending' || task.state === 'running' ? null : `A task that is ${task.state} cannot be cancelled.`;
  if (verb === 'priority') return task.state === 'pending' ? null : `The priority of a task that is ${task.state} decides nothing.`;
  if (task.state !== 'failed' && task.state !== 'cancelled') return `A task that is ${task.state} cannot be requeued.`;
  return briefState === 'cancelled' ? 'Its brief was cancelled, so no task of it runs again.' : null;
}
