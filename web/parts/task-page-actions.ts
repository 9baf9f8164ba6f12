import { obstacleOf } from '#core/action.ts';
import type { Brief } from '#core/brief.ts';
import type { Task } from '#core/task.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import { paths } from '#web/paths.ts';
import { actionButton } from './field.ts';

/** Whether a task can run once more beside the run that it had. */
export function isRepeatable(task: Pick<Task, 'state'>, brief: Pick<Brief, 'state'>): boolean {
  return task.state !== 'pending' && task.state !== 'running' && brief.state !== 'cancelled';
}

/** What a person can do with a task in its state. */
export function taskPageActions(task: Pick<Task, 'id' | 'state' | 'priority'>, brief: Pick<Brief, 'state'>): Fragment {
  const can = (verb: 'cancel' | 'requeue' | 'priority') => obstacleOf(verb, task, brief.state) === null;
  const requeue = can('requeue') ? actionButton(paths.taskAction(task.id, 'requeue'), 'Requeue', 'primary') : nothing;
  const again = isRepeatable(task, brief) ? html`<a role="button" class="secondary" href="${paths.taskAction(task.id, 'rerun')}">Run once more…</a>` : nothing;
  const priority = can('priority')
    ? html`<form method="post" action="${paths.taskAction(task.id, 'priority')}" class="inline-field" autocomplete="off"><input type="number" name="priority" value="${task.priority}" min="-1000" max="1000" step="1" required aria-label="Priority"><button type="submit" class="secondary">Set priority</button></form>`
    : nothing;
  const cancel = can('cancel') ? actionButton(paths.taskAction(task.id, 'cancel'), task.state === 'running' ? 'Stop this run' : 'Cancel', 'danger') : nothing;
  return html`<div class="actions">${priority}${requeue}${again}${cancel}</div>`;
}
