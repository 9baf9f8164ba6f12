import type { Counts } from '#core/brief.ts';
import { html, type Fragment } from '#web/html.ts';
import { badge } from '#web/parts/badge.ts';
import { failureInFull, failureInShort } from '#web/parts/failure.ts';
import { choice, field, refusalNotice } from '#web/parts/field.ts';
import { logLines } from '#web/parts/log/log-lines.ts';
import { measured } from '#web/parts/number.ts';
import { progressBar, progressText } from '#web/parts/progress.ts';
import { spaceTable } from '#web/parts/space-table.ts';
import { card, emptyState, facts, pager, table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { HOSTILE_TEXT, LONG_TEXT, type Specimens } from './specimen.ts';

const COUNTS: readonly Counts[] = [
  { pending: 19, running: 3, completed: 38, failed: 3, cancelled: 0 },
  { pending: 0, running: 0, completed: 0, failed: 0, cancelled: 0 },
  { pending: 0, running: 0, completed: 0, failed: 2, cancelled: 0 },
  { pending: 999_000, running: 64, completed: 1_000_000, failed: 12, cancelled: 9 },
];
const COLUMNS = [{ head: 'Task', kind: 'id' }, { head: 'State' }, { head: 'val_bpb', kind: 'num', sort: 'ascending' }, { head: 'Name', kind: 'wide' }] as const;
const ERROR = { kind: 'exit_code', message: 'The script ended with status 1:\n  File "train.py", line 12\nRuntimeError: CUDA out of memory. Tried to allocate 2.00 GiB' };

const TERMINAL_LINES = [
  ...[0, 8].map((bright) => Array.from({ length: 8 }, (_, colour) => `\u001b[${(bright === 0 ? 30 : 90) + colour}m${bright + colour}\u001b[0m`).join(' ')),
  ...[0, 8].map((bright) => Array.from({ length: 8 }, (_, colour) => `\u001b[${(bright === 0 ? 40 : 100) + colour}m ${bright + colour} \u001b[0m`).join(' ')),
  '\u001b[1mbold\u001b[0m \u001b[2mdim\u001b[0m \u001b[3mitalic\u001b[0m \u001b[4munderlined\u001b[0m \u001b[9mstruck\u001b[0m \u001b[7minverse\u001b[0m',
];

/** Cards, tables, forms and notices. */
export const SURFACES: readonly Specimens[] = [
  {
    part: 'table.ts',
    specimens: [
      { name: 'a table', fragment: table('Specimens', COLUMNS, [2.709, 1e-12, null].map((value, index) => ({ id: `specimen-${index}`, cells: [String(index + 1), badge(value === null ? 'failed' : 'completed'), measured(value), [LONG_TEXT, 'lab-3', HOSTILE_TEXT][index]] }))) },
      { name: 'a card with facts', fragment: card('Facts', facts([['Best', measured(2.709)], ['Name', LONG_TEXT], ['Hostile', HOSTILE_TEXT], ['Nothing', measured(null)]]), html`<a href="${paths.tasks()}">All of them</a>`) },
      { name: 'nothing here', fragment: card('Tasks', emptyState('No tasks yet', 'A draft has none: its tasks are made when it is launched.', html`<a role="button" href="${paths.briefNew()}">Write a brief</a>`)) },
      { name: 'pages of a list', fragment: pager(paths.tasks(), paths.tasks()) },
    ],
  },
  { part: 'progress.ts', specimens: COUNTS.map((counts) => ({ name: progressText(counts), fragment: html`${progressBar(counts)}<p class="fine">${progressText(counts)}</p>` })) },
  {
    part: 'field.ts',
    specimens: [
      { name: 'a field', fragment: field({ name: 'specimen-title', label: 'Title', value: 'Which schedule wins?', hint: 'One line that tells this brief from others.' }) },
      { name: 'a field that is wrong', fragment: field({ name: 'specimen-budget', label: 'Budget in credits', value: HOSTILE_TEXT, hint: 'At most this is spent.' }, [{ path: 'specimen-budget', message: 'must be a number' }]) },
      { name: 'a choice', fragment: choice({ name: 'specimen-choice', label: 'Experiment', value: 'b', options: [{ value: 'a', text: 'char-lm' }, { value: 'b', text: LONG_TEXT }] }) },
      { name: 'a refusal', fragment: refusalNotice({ code: 'invalid_brief', detail: 'The brief cannot be run as it is.', issues: [{ path: 'space.lr.low', message: `must be a number, not “${HOSTILE_TEXT}”` }] }) },
    ],
  },
  {
    part: 'failure.ts',
    specimens: [
      { name: 'in short', fragment: html`<p>${failureInShort(ERROR)}</p><p>${failureInShort({ kind: 'lost', message: '' })}</p>` },
      { name: 'in full', fragment: failureInFull({ kind: 'exit_code', message: `${ERROR.message}\n\u001b[31m${HOSTILE_TEXT}\u001b[0m\n${LONG_TEXT.repeat(3)}` }) },
      { name: 'without a reason', fragment: failureInFull(null) },
    ],
  },
  {
    part: 'log/log-lines.ts',
    specimens: [
      { name: 'colours and marks', fragment: logSpecimen(TERMINAL_LINES, 1) },
      { name: 'a line that an address names, and what is searched', fragment: logSpecimen(['epoch 1', 'epoch 2: loss is \u001b[31mnan\u001b[0m', ''], 101, 'nan') },
      { name: 'long and hostile', fragment: logSpecimen([LONG_TEXT.repeat(4), HOSTILE_TEXT, `\u001b]0;${HOSTILE_TEXT}`], 999_998) },
    ],
  },
  {
    part: 'space-table.ts',
    specimens: [
      { name: 'a search space', fragment: spaceTable({ parameters: { lr: { type: 'log', low: 1e-4, high: 1e-2 }, lr_schedule: { type: 'choice', values: ['cosine', 'linear', LONG_TEXT] }, momentum: { type: 'uniform', low: 0, high: 1, when: { optimizer: ['sgd'] } }, width: { type: 'fixed', value: 64 } }, constraints: ['d_model % n_heads == 0'] }) },
    ],
  },
];

function logSpecimen(texts: readonly string[], from: number, search: string | null = null): Fragment {
  const lines = texts.map((text, index) => ({ number: from + index, text, cut: text.length > 1000 }));
  return html`<div class="log" tabindex="0" role="region" aria-label="Log from line ${from}">${logLines({ taskId: 'specimen', attempt: 1 }, lines, { search, target: search === null ? null : from + 1 })}</div>`;
}
