import type { Action } from '#core/action.ts';
import { BRIEF_STATES, NO_COUNTS } from '#core/brief.ts';
import { TASK_STATES } from '#core/task.ts';
import { html, type Fragment } from '#web/html.ts';
import { actionText } from '#web/parts/action-text.ts';
import { answer, caveat } from '#web/parts/answer.ts';
import { briefActions } from '#web/parts/brief-actions.ts';
import { columnsOf, standings, type Compared } from '#web/parts/compare/columns.ts';
import { comparisonGrid } from '#web/parts/compare/grid.ts';
import { saidOf } from '#web/parts/compare/said.ts';
import { baselineForm } from '#web/parts/explore/baseline.ts';
import { panelsOf } from '#web/parts/explore/panels.ts';
import { groupTable } from '#web/parts/explore/table.ts';
import type { Run } from '#web/parts/pictures/runs.ts';
import { taskPageActions } from '#web/parts/task-page-actions.ts';
import { winner } from '#web/parts/winner.ts';
import { paths } from '#web/paths.ts';
import { MADE_EXPERIMENT, madeBrief, madeFamily, madeSeeds, madeStanding, madeTask, madeWorker } from './made-campaign.ts';
import { MADE_SPACE, madeRuns } from './made-runs.ts';
import { HOSTILE_TEXT, LONG_TEXT, NOW, type Specimens } from './specimen.ts';

const ASKED = { group: 'lr_schedule', split: null, centre: 'mean', spread: 'sd', show: 'values' } as const;
const HOSTILE_CONFIG = { lr: 1e-12, lr_schedule: HOSTILE_TEXT };
const runs = madeSeeds(12, 3);
const family = madeFamily(runs);

const ACTION: Action = { id: 'specimen-action', ownerId: 'local', verb: 'requeue', briefId: null, familyId: null, undoes: null, title: '', filter: null, priority: null, createdAt: NOW, finishedAt: NOW, done: 3, refused: 0, stopped: 0, total: 3, undoneBy: null, position: null, beforeState: null };

/** What is said of campaigns and tasks, and what can be done with them. */
export const CAMPAIGNS: readonly Specimens[] = [
  {
    part: 'answer.ts',
    specimens: [
      { name: 'a leader and its ties', fragment: answered(runs) },
      { name: 'one seed each', fragment: answered(madeRuns(8)) },
      { name: 'one value', fragment: answered(madeRuns(1)) },
      { name: 'everything failed', fragment: answered(madeRuns(4, MADE_SPACE, () => null)) },
      { name: 'nothing yet', fragment: answered([]) },
      { name: 'hostile and tiny values', fragment: answered(madeRuns(3, MADE_SPACE, (index) => 1e-12 * (index + 1)).map((run) => ({ ...run, config: HOSTILE_CONFIG }))) },
      { name: 'a draft', fragment: html`<p>${answer(madeBrief({ state: 'draft' }), { ...family, counts: NO_COUNTS }, null, { left: null, failure: null })}</p>` },
    ],
  },
  {
    part: 'winner.ts',
    specimens: [
      { name: 'with its ties', fragment: won(runs, true) },
      { name: 'a single run with hostile choices', fragment: won(madeRuns(1).map((run) => ({ ...run, config: { ...HOSTILE_CONFIG, [LONG_TEXT]: LONG_TEXT } }))) },
    ],
  },
  { part: 'brief-actions.ts', specimens: BRIEF_STATES.map((state) => ({ name: state, fragment: briefActions({ id: `specimen-${state}`, state }) })) },
  { part: 'task-page-actions.ts', specimens: TASK_STATES.map((state) => ({ name: state, fragment: taskPageActions({ id: `specimen-${state}`, state, priority: -3 }, { state: 'running' }) })) },
  {
    part: 'action-text.ts',
    specimens: [
      { name: 'done', fragment: said(ACTION) },
      { name: 'going on', fragment: said({ ...ACTION, verb: 'cancel', total: 1_000_000, done: 12_345, stopped: 64, finishedAt: null }) },
      { name: 'nothing was done', fragment: said({ ...ACTION, verb: 'priority', priority: -1000, done: 0, refused: 3 }) },
      { name: 'a brief with a hostile title', fragment: said({ ...ACTION, verb: 'delete-brief', briefId: 'specimen-brief', title: HOSTILE_TEXT }) },
      { name: 'a brief with a long title', fragment: said({ ...ACTION, verb: 'cancel-brief', briefId: 'specimen-brief', title: LONG_TEXT, stopped: 2 }) },
    ],
  },
  {
    part: 'compare/grid.ts',
    specimens: [
      { name: 'configurations with their seeds', fragment: compared(comparedOf(runs.slice(0, 9))) },
      { name: 'a hostile one that failed', fragment: compared(comparedOf(madeRuns(2, MADE_SPACE, (index) => (index === 0 ? null : 1e-12)).map((run) => ({ ...run, config: { ...HOSTILE_CONFIG, lr: run.number } })))) },
    ],
  },
  {
    part: 'compare/said.ts',
    specimens: [
      { name: 'with known noise', fragment: saidSpecimen(comparedOf(runs.slice(0, 9))) },
      { name: 'one seed each', fragment: saidSpecimen(comparedOf(madeRuns(3))) },
      { name: 'of different kinds', fragment: saidSpecimen(comparedOf(madeRuns(3)).map((one, index) => ({ ...one, task: { ...one.task, timeBudgetSeconds: 60 * (1 + index) } }))) },
      { name: 'no value yet', fragment: saidSpecimen(comparedOf(madeRuns(2, MADE_SPACE, () => null))) },
    ],
  },
  {
    part: 'explore/table.ts',
    specimens: [
      { name: 'groups of a parameter', fragment: grouped(runs, 2.7) },
      { name: 'everything failed', fragment: grouped(madeRuns(6, MADE_SPACE, () => null), null) },
      { name: 'hostile choices', fragment: grouped(madeRuns(4).map((run) => ({ ...run, config: { ...run.config, lr_schedule: run.number % 2 === 0 ? HOSTILE_TEXT : LONG_TEXT } })), null) },
    ],
  },
  { part: 'explore/baseline.ts', specimens: [{ name: 'what was typed is wrong', fragment: baselineForm({ id: 'specimen-family', baseline: 2.7 }, { text: HOSTILE_TEXT, issues: [{ path: 'baseline', message: 'must be a number such as 2.71, or # and the number of a task' }] }) }] },
];

function answered(made: readonly Run[]): Fragment {
  const standing = madeStanding(made);
  const common = made.length > 0 && standing === null ? { kind: 'exit_code', headline: LONG_TEXT, taskId: 'specimen-1', number: 1, many: made.length, of: made.length } : null;
  const sentence = answer(madeBrief(), { ...madeFamily(made), counts: { ...madeFamily(made).counts, pending: 19 } }, standing, { left: { leastMs: 240_000, mostMs: 600_000 }, failure: common });
  const doubt = caveat(standing, paths.briefAction('specimen-brief', 'confirm'));
  return html`<article class="answer"><p>${sentence}</p>${doubt === null ? null : html`<p class="fine">${doubt}</p>`}</article>`;
}

function won(made: readonly Run[], isOpen = false): Fragment {
  const standing = madeStanding(made);
  const [first] = made;
  return standing === null || first === undefined ? html`` : winner(standing, madeTask(first), madeFamily(made), MADE_SPACE, MADE_EXPERIMENT, isOpen);
}

function said(action: Action): Fragment {
  return html`<p>${actionText(action)}</p>`;
}

function comparedOf(made: readonly Run[]): Compared[] {
  return made.map((run, index) => ({ task: madeTask(run), family, worker: index % 3 === 2 ? madeWorker({ id: 'specimen-other', name: LONG_TEXT }) : madeWorker() }));
}

function compared(all: readonly Compared[]): Fragment {
  const columns = columnsOf(all);
  return comparisonGrid(columns, standings(columns, [{ deviation: 0.02, degrees: 8 }]), { now: NOW, showEqual: true, toggle: paths.compare(), without: () => paths.compare() });
}

function saidSpecimen(all: readonly Compared[]): Fragment {
  const columns = columnsOf(all);
  return saidOf(columns, standings(columns, all.length > 3 ? [{ deviation: 0.02, degrees: 8 }] : []));
}

function grouped(made: readonly Run[], baseline: number | null): Fragment {
  const { metric } = family;
  return groupTable(panelsOf(made, metric, MADE_SPACE, ASKED), { metric, familyId: 'specimen-family', baseline, asked: ASKED });
}
