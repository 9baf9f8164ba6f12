import { lackOf, totalCount, type BriefState, type Counts, type Family } from '#core/brief.ts';
import { judgeBest, type Event, type EventKind } from '#core/event.ts';
import { creditsInFull } from '#core/ledger.ts';
import { pooledNoise } from '#core/stats/noise.ts';
import { listContenders } from '#core/stats/ranking.ts';
import type { Attempt, Task } from '#core/task.ts';
import type { Worker } from '#core/worker.ts';
import { findBrief } from '#store/brief.ts';
import { insertEvent, lastEventAt } from '#store/event.ts';
import { findPackage } from '#store/experiment.ts';
import type { Tx } from '#store/seam.ts';
import { listValuedRuns } from '#store/task.ts';
import { insertDelivery, listWebhooks } from '#store/webhook.ts';
import { TOPICS, type Engine } from './engine.ts';
import { reserveOf } from './hold-credits.ts';
import { newId } from './id.ts';

/** Of one brief, new bests are told at most this often. */
const BEST_EVERY_MS = 5 * 60_000;
/** The noise is judged by at most so many values. */
const MOST_RUNS = 2000;
/** A server keeps at most so many webhooks. */
export const MOST_WEBHOOKS = 20;

/** What happened, without what is found out here. */
export type Happening = { kind: EventKind; subject: string; detail: string; briefId?: string; taskId?: string; workerId?: string };

/**
 * Keeps an event in the transaction that causes it, with a message to each webhook that asks for its kind. A cause that
 * was told before changes nothing.
 *
 * @returns whether it is new
 */
export async function recordEvent(engine: Engine, tx: Tx, happening: Happening, cause: string): Promise<boolean> {
  const { briefId = null, taskId = null, workerId = null, ...rest } = happening;
  const event: Event = { id: newId(engine), at: engine.now(), briefId, taskId, workerId, ...rest };
  if (!(await insertEvent(tx, event, cause))) return false;
  for (const webhook of await listWebhooks(tx, MOST_WEBHOOKS)) {
    if (!webhook.enabled || !webhook.kinds.includes(event.kind)) continue;
    await insertDelivery(tx, { id: newId(engine), webhookId: webhook.id, kind: event.kind, payload: payloadOf(event), createdAt: event.at });
    tx.touch(TOPICS.webhook(webhook.id));
    tx.touch(TOPICS.deliveries);
  }
  tx.touch(TOPICS.events);
  return true;
}

/** What is sent to webhooks: the event in the wire's form. */
export function payloadOf(event: Omit<Event, 'kind'> & { kind: EventKind | 'test' }): string {
  const { id, at, kind, briefId, taskId, workerId, subject, detail } = event;
  return JSON.stringify({ type: kind, timestamp: new Date(at).toISOString(), data: { id, subject, detail, brief_id: briefId, task_id: taskId, worker_id: workerId } });
}

/** A task's end, as far as events follow from it: the family before it and its counts and state after it. */
export type TaskEnded = { family: Family; counts: Counts; settled: 'completed' | 'failed' | null; state: BriefState; heldMicrocredits: number; task: Task; value: number | null; best: number | null };

/** Tells what the end of a task means to people. Costs nothing where it means nothing, which is nearly always. */
export async function recordTaskEnd(engine: Engine, tx: Tx, ended: TaskEnded): Promise<void> {
  const { family, counts, settled, value, best } = ended;
  if (settled !== null) await recordFinish(engine, tx, ended, settled);
  else {
    if (value !== null && value === best && family.rollup.best !== null && value !== family.rollup.best) await recordBest(engine, tx, ended, value, family.rollup.best);
    // A brief holds what its open tasks cost, unless failures were paid for and neither budget nor owner has as much again.
    if (lackOf({ ...family, heldMicrocredits: ended.heldMicrocredits }, counts) > 0) await recordBudget(engine, tx, ended);
  }
}

async function recordFinish(engine: Engine, tx: Tx, { family, counts, best }: TaskEnded, settled: 'completed' | 'failed'): Promise<void> {
  const said = settled === 'failed' ? 'No task of it gave a value.' : `${counts.completed} of ${totalCount(counts)} ${totalCount(counts) === 1 ? 'task' : 'tasks'} completed${best === null ? '' : `, best ${family.metric.name} ${shortNumber(best)}`}.`;
  // The version grows with every change of the family, so a brief that is extended and finishes again is told again.
  await recordEvent(engine, tx, { kind: 'brief_finished', briefId: family.briefId, subject: family.name, detail: await marked(tx, family, said) }, `brief_finished ${family.briefId} ${family.version}`);
}

/** Tells of a new best, unless that is chance or was told of another a moment ago. With verification it is one that was verified. */
export async function recordBest(engine: Engine, tx: Tx, { family, task }: Pick<TaskEnded, 'family' | 'task'>, value: number, before: number): Promise<void> {
  const toldAt = await lastEventAt(tx, family.briefId, 'new_best');
  if (toldAt !== null && engine.now() - toldAt < BEST_EVERY_MS) return;
  const contenders = listContenders(await listValuedRuns(tx, family.id, MOST_RUNS), family.metric);
  const surprise = judgeBest(Math.abs(value - before), family.rollup.n, pooledNoise(contenders.map(({ rollup }) => rollup)));
  if (surprise === null) return;
  const sure = surprise.noise === null ? 'noise unknown, since no configuration has been repeated' : `beyond the noise, whose standard deviation is ${shortNumber(surprise.noise)}`;
  const detail = await marked(tx, family, `${family.metric.name} ${shortNumber(value)} by task #${task.number}, before it ${shortNumber(before)} (n = ${family.rollup.n + 1}; ${sure}).`);
  await recordEvent(engine, tx, { kind: 'new_best', briefId: family.briefId, taskId: task.id, subject: family.name, detail }, `new_best ${task.id} ${task.attempt}`);
}

async function recordBudget(engine: Engine, tx: Tx, { family, counts, state, heldMicrocredits }: TaskEnded): Promise<void> {
  const brief = await findBrief(tx, family.briefId);
  if (brief === null) return;
  const open = counts.pending + counts.running;
  // What the hold lacks comes from the owner by itself as long as the budget and the owner's balance have it.
  const { roomMicrocredits, balanceMicrocredits } = await reserveOf(tx, brief, { ...family, heldMicrocredits });
  const reserve = Math.min(roomMicrocredits, balanceMicrocredits);
  const lack = lackOf({ ...family, heldMicrocredits }, counts) - reserve;
  if (lack <= 0) return;
  const payable = Math.floor((heldMicrocredits + reserve) / family.runCostMicrocredits);
  const missing = creditsInFull(lack);
  const tasks = (many: number): string => (many === 1 ? '1 task' : `${many} tasks`);
  const said = state === 'exhausted'
    ? `It is exhausted: ${tasks(open)} wait and nothing is left to pay the next one.`
    : `${creditsInFull(brief.spentMicrocredits)} of ${creditsInFull(brief.budgetMicrocredits)} credits are spent, and what is left pays for ${payable} of the ${tasks(open)} left.`;
  const detail = `${said} Failed attempts have taken the rest; ${missing} ${missing === '1' ? 'credit' : 'credits'} more would pay for all.`;
  // Told when it shows, and again when nothing goes on.
  await recordEvent(engine, tx, { kind: 'budget_nearly_spent', briefId: brief.id, subject: family.name, detail }, `budget_nearly_spent ${brief.id} ${brief.budgetMicrocredits}${state === 'exhausted' ? ` exhausted ${family.holdMoves}` : ''}`);
}

/** Tells that a result does not count any more, because other machines agree on another value. */
export async function recordRefuted(engine: Engine, tx: Tx, family: Family, task: Task, attempt: Pick<Attempt, 'attempt' | 'workerId'>, reason: string): Promise<void> {
  const detail = await marked(tx, family, `Task #${task.number} reported ${family.metric.name} ${shortNumber(task.value ?? Number.NaN)}, and other machines agree on another value. ${reason} It is not counted, and the task runs again.`);
  await recordEvent(engine, tx, { kind: 'result_refuted', briefId: family.briefId, taskId: task.id, workerId: attempt.workerId, subject: family.name, detail }, `result_refuted ${task.id} ${attempt.attempt}`);
}

/** Tells that a worker is in quarantine, and by which attempt. */
export async function recordQuarantine(engine: Engine, tx: Tx, worker: Pick<Worker, 'id' | 'name'>, reason: string, cause: { taskId: string; attempt: number }): Promise<void> {
  const detail = `${reason} It gets no tasks of briefs with verification, and what no audit confirmed is set aside.`;
  await recordEvent(engine, tx, { kind: 'worker_quarantined', taskId: cause.taskId, workerId: worker.id, subject: worker.name, detail }, `worker_quarantined ${cause.taskId} ${cause.attempt}`);
}

/** Made-up values are marked wherever they go. */
async function marked(tx: Tx, family: Family, said: string): Promise<string> {
  const stored = await findPackage(tx, family.packageSha256);
  return stored?.experiment.synthetic === true ? said.replace(/\.$/, ' (synthetic values).') : said;
}

function shortNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}
