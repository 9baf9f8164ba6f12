import type { Family } from '#core/brief.ts';
import { accept, refuse, type FieldIssue, type Outcome } from '#core/errors.ts';
import type { Baseline } from '#engine/set-baseline.ts';
import { html, type Fragment } from '#web/html.ts';
import { field } from '#web/parts/field.ts';
import { paths } from '#web/paths.ts';

const MOST_CHARACTERS = 100;
const TASK = /^#\s*(\d{1,9})$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** What was typed into the form, and what is wrong with it. */
export type TypedBaseline = { text: string; issues: readonly FieldIssue[] };

/** The form that sets what values are held against; open where something was wrong. */
export function baselineForm(family: Pick<Family, 'id' | 'baseline'>, typed: TypedBaseline | null): Fragment {
  const input = field({ name: 'baseline', label: 'Baseline', value: typed?.text ?? String(family.baseline ?? ''), hint: 'A value, or #12 for that of task 12. Nothing removes it.' }, typed?.issues ?? []);
  return html`<details id="set-baseline"${typed === null ? null : html` open`}><summary>${family.baseline === null ? 'Set a baseline' : 'Change the baseline'}</summary><form method="post" action="${paths.familyBaseline(family.id)}" class="filters" autocomplete="off">${input}<button type="submit" class="secondary">Set</button></form></details>`;
}

/** A baseline as people type it. */
export function readBaseline(text: string): Outcome<Baseline> {
  const trimmed = text.trim().replace(/^\u2212/, '-');
  if (trimmed === '') return accept(null);
  const [, number] = TASK.exec(trimmed) ?? [];
  if (number !== undefined) return accept({ taskNumber: Number(number) });
  if (trimmed.length <= MOST_CHARACTERS && NUMBER.test(trimmed)) return accept({ value: Number(trimmed) });
  return refuse('invalid', 'The baseline is not a number.', [{ path: 'baseline', message: 'must be a number such as 2.71, or # and the number of a task' }]);
}
