import { totalCount, type Counts } from '#core/brief.ts';
import type { Task } from '#core/task.ts';
import { html, nothing, type Content, type Fragment } from '#web/html.ts';
import { count } from '#web/parts/number.ts';
import { paths } from '#web/paths.ts';
import { hiddenFields } from './filter-box.ts';

/** What the selection is of: the page to come back to, and the filter that `all` stands for. */
export type SelectionOf = { back: string; filter: string; familyId: string | null };

/**
 * The form around a table whose rows can be selected. Without scripts its buttons are always there and apply to what
 * is ticked; `select.js` shows them only with a selection, and says how many each one applies to.
 */
export function selectionForm(of: SelectionOf, table: Content): Fragment {
  const button = (verb: string, text: string, states: string, action: string | null = null) =>
    html`<button type="submit" class="secondary" name="verb" value="${verb}" data-states="${states}"${action === null ? null : html` formaction="${action}"`}>${text}<span></span></button>`;
  return html`<form class="selection" method="post" action="${paths.taskActions()}" data-selection autocomplete="off">${hiddenFields({ back: of.back, filter: of.filter, family: of.familyId })}
<div class="selection-bar"><span class="said" role="status">With the ticked tasks:</span>
${button('requeue', 'Requeue', 'failed cancelled')}${button('cancel', 'Cancel', 'pending running')}
<span class="joined"><input type="number" name="priority" min="-1000" max="1000" step="1" placeholder="0" aria-label="New priority">${button('priority', 'Set priority', 'pending')}</span>
${button('compare', 'Compare', '', paths.taskSelection())}${button('export', 'Export', '', paths.taskSelection())}</div>
${table}</form>`;
}

/** The box that ticks a row. */
export function pickBox(task: Pick<Task, 'id' | 'number' | 'state'>): Fragment {
  return html`<input type="checkbox" name="ids" value="${task.id}" data-state="${task.state}" aria-label="Select task ${task.number}">`;
}

/** The head of the column of boxes; it ticks the page where scripts run. */
export function pickHead(): Fragment {
  return html`<input type="checkbox" data-pick="page" aria-label="Select all tasks of this page">`;
}

/** The box that stands for all tasks that match, those of other pages too. It tells scripts how many there are of each state, where that is known. */
export function pickAll({ counts, all }: { counts: Counts; all: boolean }): Fragment {
  const total = totalCount(counts);
  if (total === 0) return nothing;
  return html`<label class="pick-all"><input type="checkbox" name="all" value="yes" data-pick="all"${all ? html` data-counts="${JSON.stringify(counts)}"` : null}> <span>All that match: <b>${all ? count(total) : `${count(total)} or more`}</b></span></label>`;
}
