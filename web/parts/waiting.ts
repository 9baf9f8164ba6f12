import { canPayNext, type Family } from '#core/brief.ts';
import { MOST_RETRIES, type Task } from '#core/task.ts';
import { misfits, type Worker } from '#core/worker.ts';
import { findBrief } from '#store/brief.ts';
import { listWaitingFamilies } from '#store/family.ts';
import type { Reader } from '#store/seam.ts';
import { countAhead } from '#store/task.ts';
import { findWithdrawal } from '#store/experiment.ts';
import { listWorkers } from '#store/worker.ts';
import { html, type Content, type Fragment } from '#web/html.ts';
import type { Site } from '#web/page.ts';
import { paths } from '#web/paths.ts';
import { exhaustedText, readMissing } from './credits/missing.ts';
import { failureInFull } from './failure.ts';
import { stateOf } from './machine.ts';
import { count, countOf, duration } from './number.ts';
import { readPace } from './pace.ts';

const MOST_WORKERS = 1000;
/** Briefs that wait for the same workers: more would only say that it takes long. */
const MOST_FAMILIES = 64;
const MOST_AHEAD = 1000;
const MOST_REASONS = 6;

/** Why a pending task does not run yet: what holds it, which machines could run it and which could not, and its place in the queue. */
export async function explainWaiting(site: Site, task: Task, family: Family): Promise<Fragment> {
  const again = task.attempt === task.attemptsBefore ? requeued(task) : html`<p>Attempt ${task.attempt} did not succeed (<code>${task.error?.kind ?? 'unknown'}</code>). It is tried again, up to ${MOST_RETRIES + 1} times in all.</p>${failureInFull(task.error, { taskId: task.id, attempt: task.attempt })}`;
  return html`<div>${await holdOf(site, task, family)}</div>${again}`;
}

/** What runs only on some machines: a family, or an experiment. */
type Needy = Pick<Family, 'requires' | 'needs'>;

/** What stands in the way of a family, the workers that could take its tasks now, and why others do not fit. */
export type Judgement = { obstacle: Fragment | null; ready: Worker[]; beside: Fragment | null };

/** Which workers could take tasks of a family now, what keeps all of them from it, and why the others do not fit. */
export async function judgeWorkers(site: Site, family: Needy): Promise<Judgement> {
  return judge(site, await readAllWorkers(site), family);
}

/** Reads in progress: the campaigns of one page ask at the same time, and share one. */
const reading = new WeakMap<Reader, Promise<Worker[]>>();

/** The workers that are looked at where it is asked which could run something. */
export function readAllWorkers({ reader }: Site): Promise<Worker[]> {
  const begun = reading.get(reader) ?? listWorkers(reader, { limit: MOST_WORKERS, before: null }).finally(() => reading.delete(reader));
  reading.set(reader, begun);
  return begun;
}

/** The same as {@link judgeWorkers} for workers that were read before. */
export function judge(site: Site, workers: readonly Worker[], family: Needy): Judgement {
  const judged = workers.map((worker) => ({ worker, lacks: misfits(worker, family.requires, family.needs), state: stateOf(site, worker) }));
  const fitting = judged.filter((one) => one.lacks.length === 0);
  const ready = fitting.filter((one) => one.state === 'online' || one.state === 'busy').map((one) => one.worker);
  const excluded = judged.filter((one) => one.lacks.length > 0);
  const why = excluded.length === 0 ? null : reasons(excluded.flatMap(({ worker, lacks }) => lacks.map((lack) => ({ worker, lack }))));
  const beside = why === null ? null : html` ${countOf(excluded.length, 'other worker does', 'other workers do')} not fit: ${why}`;
  if (workers.length === 0) return { obstacle: html`There is no worker yet: <a href="${paths.workers()}">add one</a>.`, ready, beside };
  if (fitting.length === 0) return { obstacle: html`No worker fits: ${why}`, ready, beside };
  if (ready.length === 0) return { obstacle: html`${countOf(fitting.length, 'worker fits, but it is', 'workers fit, but they are')} offline or draining.${beside}`, ready, beside };
  return { obstacle: null, ready, beside };
}

async function holdOf(site: Site, task: Task, family: Family): Promise<Content> {
  if (family.state === 'paused') return html`Its <a href="${paths.brief(family.briefId)}">brief</a> is paused: no task of it is handed out until it is resumed.`;
  const brief = family.state === 'exhausted' ? await findBrief(site.reader, family.briefId) : null;
  if (brief !== null) {
    return html`<p>Its <a href="${paths.brief(brief.id)}">brief</a> is exhausted. ${exhaustedText(brief, await readMissing(site.reader, brief, family))} <a href="${paths.briefAction(brief.id, 'top-up')}">Top it up</a>, or see <a href="${paths.credits({ brief: brief.id })}">how its budget was spent</a>.</p>`;
  }
  if (family.state === 'running' && !canPayNext(family, family.counts.running)) return html`<p>What its <a href="${paths.brief(family.briefId)}">brief</a> holds pays for ${countOf(family.counts.running, 'running task')} and for no further one: it waits until one of them has ended.</p>`;
  if ((await findWithdrawal(site.reader, family.packageSha256)) !== null) return html`The package that it runs was withdrawn: it waits until the <a href="${paths.experiment(family.experiment)}">experiment’s package</a> is approved again.`;
  const { obstacle, ready, beside } = await judgeWorkers(site, family);
  return obstacle ?? html`${await placeInQueue(site, task, family, ready)}${beside}`;
}

/** How many tasks come first, and when this one starts if those take as long as the last ones did. */
async function placeInQueue(site: Site, task: Task, family: Family, ready: readonly Worker[]): Promise<Content> {
  const [ahead, pace, waiting] = await Promise.all([countAhead(site.reader, task, MOST_AHEAD), readPace(site.reader, family), listWaitingFamilies(site.reader, { limit: MOST_FAMILIES, after: null })]);
  const slots = ready.reduce((sum, worker) => sum + worker.slots, 0);
  const free = ready.reduce((sum, worker) => sum + Math.max(0, worker.slots - worker.running), 0);
  const rivals = waiting.filter((one) => one.id !== family.id && ready.some((worker) => misfits(worker, one.requires, one.needs).length === 0)).length;
  const turn = ahead === 0 ? 'It is the next one of its brief' : `${ahead === MOST_AHEAD ? `${count(ahead)} or more` : countOf(ahead, 'task')} of its brief ${ahead === 1 ? 'comes' : 'come'} first`;
  const who = `${countOf(ready.length, 'online worker fits', 'online workers fit')}, with ${countOf(slots, 'slot')}`;
  if (rivals === 0 && ahead < free) return html`${turn}; ${who}, ${count(free)} of them free: it starts as soon as a worker asks for work.`;
  const taskMs = pace?.taskMs ?? task.timeBudgetSeconds * 1000;
  const [least, most] = [startsIn(ahead, slots, taskMs), startsIn(ahead, slots / (rivals + 1), taskMs)];
  const shared = rivals === 0 ? 'that no other brief asks for' : `shared with ${rivals + 1 >= MOST_FAMILIES ? `${count(rivals)} or more` : countOf(rivals, 'other brief')}`;
  const from = pace === null ? 'at its whole time budget for each task' : `at the mean time of the last ${countOf(pace.n, 'task')}, ${duration(pace.taskMs)}`;
  return html`${turn}; ${who}, ${shared}. It starts in about ${duration(least)}${most > 1.5 * least ? html` to ${duration(most)}` : null}, ${from}.`;
}

/** The time until a place comes free for the task after `ahead` others, on average half a task after the last full round. */
function startsIn(ahead: number, slots: number, taskMs: number): number {
  return (Math.floor(ahead / Math.max(slots, 1 / MOST_FAMILIES)) + 1 / 2) * taskMs;
}

/** What is lacking, the most common first, with whom it excludes. */
function reasons(lacks: { worker: Worker; lack: string }[]): Fragment {
  const byLack = new Map<string, Worker[]>();
  for (const { worker, lack } of lacks) byLack.set(lack, [...(byLack.get(lack) ?? []), worker]);
  const sorted = [...byLack].sort((left, right) => right[1].length - left[1].length);
  const item = ([lack, workers]: [string, Worker[]]) => {
    const [first] = workers;
    return html`<li>${first === undefined ? null : html`<a href="${paths.worker(first.id)}">${first.name}</a>`}${workers.length > 1 ? ` and ${countOf(workers.length - 1, 'other')}` : null}: ${lack}</li>`;
  };
  return html`<ul>${sorted.slice(0, MOST_REASONS).map(item)}${sorted.length > MOST_REASONS ? html`<li>and ${countOf(sorted.length - MOST_REASONS, 'more reason')}</li>` : null}</ul>`;
}

function requeued(task: Task): Content {
  return task.attempt === 0 ? null : html`<p>It was requeued after ${countOf(task.attempt, 'attempt')}, and is tried up to ${MOST_RETRIES + 1} times again.</p>`;
}
