import { NO_COUNTS } from '#core/brief.ts';
import type { FieldIssue } from '#core/errors.ts';
import { parseFilter } from '#core/filter.ts';
import { html } from '#web/html.ts';
import { fileForm } from '#web/parts/brief-form/file-form.ts';
import { briefForm } from '#web/parts/brief-form/form.ts';
import { refusedPreview } from '#web/parts/brief-form/preview.ts';
import { spaceTable } from '#web/parts/brief-form/space-table.ts';
import { freshTyped } from '#web/parts/brief-form/typed.ts';
import { runCommand } from '#web/parts/run-command.ts';
import { copyable } from '#web/parts/identity.ts';
import { linkOf, taskTime } from '#web/parts/task-table/columns.ts';
import { filterBox, stateLinks, type Place } from '#web/parts/task-table/filter-box.ts';
import { pickAll, pickBox, pickHead, selectionForm } from '#web/parts/task-table/selection.ts';
import { table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { MADE_EXPERIMENT, madeFamily, madeTask } from './made-campaign.ts';
import { MADE_SPACE, madeRuns } from './made-runs.ts';
import { HOSTILE_TEXT, LONG_TEXT, NOW, type Specimens } from './specimen.ts';

const WRONG_FILTER = `state:failed ${LONG_TEXT} lr<<${HOSTILE_TEXT}`;
const PLACE: Place = { path: paths.tasks(), anchor: '', keep: {}, link: (filter) => paths.tasks({ filter }) };
const TASKS = madeRuns(3, MADE_SPACE, (index) => (index === 1 ? null : 2.5 + index / 10)).map((run) => madeTask(run));
const ISSUES: readonly FieldIssue[] = [
  { path: 'title', message: 'is taken' },
  { path: 'num_tasks', message: `must be 1 or more, as in “${LONG_TEXT}”` },
  { path: 'space.lr.low', message: 'must lie between 0.0001 and 0.02' },
];
const typed = { ...freshTyped(MADE_EXPERIMENT), goal: [LONG_TEXT], title: [HOSTILE_TEXT], num_tasks: ['-7'], 'space.lr.low': ['7'] };
const wrongFilter = parseFilter(WRONG_FILTER);

/** What is typed into and chosen from. Fields have the ids of their names, so most forms stand here once: with everything wrong. */
export const FORMS: readonly Specimens[] = [
  {
    part: 'brief-form/form.ts',
    specimens: [{ name: 'with fields that are wrong', fragment: briefForm({ typed, experiment: MADE_EXPERIMENT, experiments: [MADE_EXPERIMENT], key: 'specimen', refusal: { code: 'invalid_brief', detail: 'The brief cannot be run as it is.', issues: [...ISSUES] }, draft: null, preview: null }) }],
  },
  { part: 'brief-form/preview.ts', specimens: [{ name: 'not to be run yet', fragment: refusedPreview(ISSUES, null) }] },
  { part: 'brief-form/space-table.ts', specimens: [{ name: 'nothing to search', fragment: spaceTable({ parameters: { [LONG_TEXT]: { type: 'fixed', value: HOSTILE_TEXT } }, constraints: [] }, {}, []) }] },
  { part: 'brief-form/file-form.ts', specimens: [{ name: 'a file that is wrong', fragment: fileForm(null, `title: ${HOSTILE_TEXT}`, [{ line: 1, path: 'title', message: 'must be a text' }]) }] },
  {
    part: 'task-table/filter-box.ts',
    specimens: [
      { name: 'a filter that is wrong', fragment: filterBox(PLACE, WRONG_FILTER, wrongFilter.ok ? null : wrongFilter.issue, null) },
      { name: 'states', fragment: stateLinks(PLACE, { terms: [] }) },
    ],
  },
  {
    part: 'task-table/selection.ts',
    specimens: [
      {
        name: 'rows to tick',
        fragment: selectionForm({ back: paths.tasks(), filter: '', familyId: null }, html`${pickAll({ counts: { ...NO_COUNTS, pending: 4000, failed: 1000 }, all: false })}${table('Rows to tick', [{ head: pickHead(), kind: 'pick' }, { head: 'Task', kind: 'id' }], TASKS.map((task) => ({ id: `pick-${task.id}`, cells: [pickBox(task), linkOf(task, null)] })))}`),
      },
      { name: 'nothing to tick', fragment: pickAll({ counts: NO_COUNTS, all: true }) },
    ],
  },
  {
    part: 'task-table/columns.ts',
    specimens: [
      { name: 'tasks by number and by id', fragment: html`<p>${TASKS.map((task) => html`${linkOf(task, null)} ${linkOf(task, madeFamily([]))} `)}</p>` },
      { name: 'how long they took', fragment: html`<p>${taskTime({ state: 'completed', startedAt: NOW - 61_000, finishedAt: NOW }, NOW)} · ${taskTime({ state: 'running', startedAt: NOW - 61_000, finishedAt: null }, NOW)} · ${taskTime({ state: 'pending', startedAt: NOW, finishedAt: null }, NOW)}</p>` },
    ],
  },
  { part: 'run-command.ts', specimens: [{ name: 'hostile values', fragment: copyable('specimen-run', runCommand(MADE_EXPERIMENT, { config: { lr: 1e-12, lr_schedule: HOSTILE_TEXT }, seed: 1, timeBudgetSeconds: 60 }), 'A command that trains by hand') }] },
];
