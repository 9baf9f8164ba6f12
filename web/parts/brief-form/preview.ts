import { runsCostMicrocredits, type BriefRequest } from '#core/brief.ts';
import type { FieldIssue } from '#core/errors.ts';
import { hardwareClass, LOCAL_ID, MICROCREDITS, PRICE_LIST } from '#core/ledger.ts';
import type { Scalar, Space } from '#core/space.ts';
import { misfits, workerState, type Worker } from '#core/worker.ts';
import type { PlannedBrief } from '#engine/submit-brief.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import { roughly } from '#web/parts/answer.ts';
import { syntheticMark } from '#web/parts/badge.ts';
import { isNumeric } from '#web/parts/task-table/columns.ts';
import { workerLink } from '#web/parts/machine.ts';
import { moment } from '#web/parts/moment.ts';
import { count, countOf, credits, measured } from '#web/parts/number.ts';
import { card, facts, table } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { issueItems } from './form.ts';

const MOST_CONFIGURATIONS = 8;
const MOST_EXCLUDED = 10;

/** What a brief would become: shown before anything is stored. */
export type Preview = { request: BriefRequest; plan: PlannedBrief; workers: readonly Worker[]; waiting: number; balance: number; now: number; heartbeatMs: number };

/** The price, the machines that fit, the shortest time, and the first configurations of a brief that is not sent yet. */
export function previewCard({ request, plan, workers, waiting, balance, now, heartbeatMs }: Preview): Fragment {
  const { checked, registered, configurations } = plan;
  const online = workers.filter((worker) => ['online', 'busy'].includes(workerState(worker, now, heartbeatMs)));
  const excluded = online.map((worker) => ({ worker, reasons: misfits(worker, checked.requires, registered.experiment.needs) })).filter((one) => one.reasons.length > 0);
  const fitting = online.filter((worker) => !excluded.some((one) => one.worker === worker));
  const slots = fitting.reduce((sum, worker) => sum + worker.slots, 0);
  const price = runsCostMicrocredits(request.numTasks, checked);
  const size = hardwareClass(checked.requires);
  const fee = checked.runFeeMicrocredits === 0 ? null : html`, ${credits(request.numTasks * checked.runFeeMicrocredits)} of it the fee for verification`;
  const pairs: [Content, Content][] = [
    ['Price', html`${credits(price)} <small>of ${credits(request.budgetMicrocredits)} credits; ${credits(PRICE_LIST[size] * MICROCREDITS)} a minute on ${size} machines${fee}</small>`],
    ['Held at its launch', html`${credits(price)} <small>of the ${credits(balance)} that this server has; what is not spent goes back</small>`],
    ['Tasks', html`${count(request.numTasks)} <small>${countOf(configurations.length, 'configuration')}, ${countOf(request.replicates, 'seed')} each</small>`],
    ['Workers that fit', html`${count(fitting.length)} <small>of ${count(online.length)} online, ${countOf(slots, 'slot')}</small>`],
    ['Finished', finish(Math.ceil(request.numTasks / Math.max(1, slots)) * checked.timeBudgetSeconds * 1000, slots, waiting, now)],
  ];
  return html`<div id="preview">${card('Preview', html`${facts(pairs)}${price > balance ? tooDear(price - balance) : null}${fitting.length === 0 ? noneFits(online.length) : null}${excludedList(excluded)}${firstConfigurations(plan)}`, syntheticMark(registered.experiment.synthetic))}</div>`;
}

/** What stands in the place of a preview while something is missing: calmly, since it is still being typed. */
export function refusedPreview(issues: readonly FieldIssue[], space: Space | null): Fragment {
  return html`<div id="preview">${card('Preview', html`<p class="fine">It cannot be run yet:</p><ul>${issueItems(issues, space)}</ul>`)}</div>`;
}

/** What stands in the place of a preview that was not asked for yet, or that the form is too incomplete for. */
export function noPreview(): Fragment {
  // Not under the preview's name: that is where its button leads, and what is wrong stands at the head of the page.
  return html`<div>${card('Preview', html`<p class="fine">What the brief would become: its price, the workers that fit, when it could be finished, and the first configurations. It shows here once nothing is missing.</p>`)}</div>`;
}

/** When the last task would end: alone on the machines that fit, and sharing them with what waits already. */
function finish(aloneMs: number, slots: number, waiting: number, now: number): Content {
  if (slots === 0) return measured(null);
  const shared = waiting === 0 ? null : html`; with the ${countOf(waiting, 'campaign')} that ${waiting === 1 ? 'waits' : 'wait'} now perhaps ${roughly((waiting + 1) * aloneMs)}`;
  return html`${moment(now + aloneMs)} <small>about ${roughly(aloneMs)} after it starts, alone on ${countOf(slots, 'slot')}${shared}</small>`;
}

function tooDear(lacking: number): Fragment {
  return html`<p class="notice warn">This server’s <a href="${paths.creditAccount(LOCAL_ID)}">account</a> lacks ${credits(lacking)} credits for that: as it is, it can only be kept as a draft.</p>`;
}

function noneFits(online: number): Fragment {
  const why = online === 0 ? 'No worker is online now' : 'No worker that is online fits';
  return html`<p class="notice warn">${why}: the tasks would wait until one that fits appears.</p>`;
}

function excludedList(excluded: readonly { worker: Worker; reasons: string[] }[]): Content {
  if (excluded.length === 0) return null;
  const rest = excluded.length - MOST_EXCLUDED;
  return html`<h3>Workers that do not fit</h3><ul class="excluded">${excluded.slice(0, MOST_EXCLUDED).map(({ worker, reasons }) => html`<li>${workerLink(worker)} ${reasons.join('; ')}</li>`)}${rest > 0 ? html`<li>and ${count(rest)} more</li>` : null}</ul>`;
}

/** Numbers in short, exact on hover: a preview is to be looked over. */
function valueOf(value: Scalar | undefined): Content {
  return value === undefined ? measured(null) : typeof value === 'number' ? html`<span title="${value}">${Number(value.toPrecision(4))}</span>` : String(value);
}

function firstConfigurations({ configurations, checked }: PlannedBrief): Fragment {
  const names = Object.keys(checked.space.parameters);
  const rows = configurations.slice(0, MOST_CONFIGURATIONS).map((config, index) => ({ id: `preview-${index + 1}`, cells: [String(index + 1), ...names.map((name) => valueOf(Object.hasOwn(config, name) ? config[name] : undefined))] }));
  return html`<h3>First ${countOf(rows.length, 'configuration')} of ${count(configurations.length)}</h3>${table('First configurations', [{ head: 'No.', kind: 'num' }, ...names.map((head) => ({ head, kind: isNumeric(checked.space, head) ? ('num' as const) : undefined }))], rows)}`;
}
