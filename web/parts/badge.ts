import type { BriefState } from '#core/brief.ts';
import type { AttemptState, TaskState } from '#core/task.ts';
import type { WorkerState } from '#core/worker.ts';
import { html, nothing, type Fragment } from '#web/html.ts';

/** Every state that a page can show; its name is also its class in `styles/fragments.css`. */
export type State = BriefState | TaskState | AttemptState | WorkerState | 'removed' | 'quarantined' | 'exhausted' | 'stuck' | 'budget';

/** A state as its name in its colour, with a mark of its own shape: the colour alone never says anything. */
export function badge(state: State): Fragment {
  return html`<span class="badge ${state}">${state}</span>`;
}

/** Marks values that were made up by a program, wherever they show; nothing for real ones. */
export function syntheticMark(synthetic: boolean): Fragment {
  return synthetic ? html`<span class="badge synthetic" title="Made-up values of a synthetic experiment: not the result of any training">synthetic</span>` : nothing;
}
