import { UNDO_MS, type Action, type ActionVerb } from '#core/action.ts';
import { count, countOf } from './number.ts';

type Words = { doing: string; done: string };

const TASK_WORDS: Record<string, Words> = {
  cancel: { doing: 'Cancelling', done: 'cancelled' },
  requeue: { doing: 'Requeueing', done: 'requeued' },
  priority: { doing: 'Changing the priority of', done: 'given' },
  undo: { doing: 'Taking back what was done to', done: 'as before again' },
};

const BRIEF_WORDS: Partial<Record<ActionVerb, string>> = { 'launch-brief': 'launched', 'pause-brief': 'paused', 'resume-brief': 'resumed', 'cancel-brief': 'cancelled', undo: 'as before again' };

/** What an action has done or is doing, as a sentence. */
export function actionText(action: Action): string {
  if (action.verb === 'delete-brief') return deletionText(action);
  if (action.briefId !== null) return briefText(action);
  const words = TASK_WORDS[action.verb] ?? { doing: action.verb, done: action.verb };
  if (action.finishedAt === null) return `${words.doing} ${action.total === null ? 'all tasks that match' : countOf(action.total, 'task')}: ${count(action.done)} done so far.`;
  const what = action.verb === 'priority' ? `${words.done} priority ${action.priority}` : words.done;
  const stopped = action.stopped === 0 ? '' : action.stopped === action.done ? ' while running' : `, ${count(action.stopped)} of them while running`;
  return `${action.done === 0 ? 'No task' : countOf(action.done, 'task')} ${what}${stopped}.`;
}

/** What undoing an action gives back and what not, as a sentence; empty where there is nothing to add. */
export function undoText(action: Action): string {
  const minutes = `Can be undone for ${UNDO_MS / 60_000} minutes.`;
  return action.stopped === 0 ? minutes : `${minutes} Runs that were stopped begin anew then.`;
}

function briefText(action: Action): string {
  const tasks = action.verb === 'cancel-brief' && action.done > 0 ? `, with ${countOf(action.done, 'open task')}${action.stopped > 0 ? `, ${count(action.stopped)} of them running` : ''}` : '';
  return `“${action.title}” is ${BRIEF_WORDS[action.verb] ?? action.verb}${tasks}.`;
}

function deletionText(action: Action): string {
  const rest = action.total === null || action.total === 0 ? '' : ` with ${countOf(action.total, 'task')}`;
  return action.finishedAt === null ? `Deleting “${action.title}”${rest}: ${count(action.done)} removed so far.` : `“${action.title}” is deleted${rest}. This cannot be undone.`;
}
