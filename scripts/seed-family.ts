import { isOver, NO_COUNTS, stateWhenSettled, totalCount, type BriefState, type StrategyChoice } from '#core/brief.ts';
import { assert } from '#core/errors.ts';
import type { Experiment } from '#core/experiment.ts';
import { holdOf, LOCAL_ID, taskPriceMicrocredits } from '#core/ledger.ts';
import { seededRandom, type Random } from '#core/random.ts';
import { addValue, EMPTY_ROLLUP } from '#core/rollup.ts';
import { findStrategy } from '#core/search/strategies.ts';
import type { Configuration } from '#core/space.ts';
import type { TaskState } from '#core/task.ts';
import { makeAttempts, type MadeAttempt, type MadeEnd } from './seed-attempts.ts';
import type { PlannedFamily } from './seed-plan.ts';
import { curveOf, logOf } from './seed-curves.ts';
import type { Row } from './seed-rows.ts';

/** A made-up worker and what it has done so far. */
export type MadeWorker = { id: string; running: number; completed: number; failed: number; lost: number; earnedMicrocredits: number; idleSlots: number };

/** What all families share while history is made. */
export type Making = {
  experiment: Experiment;
  packageSha256: string;
  workers: MadeWorker[];
  seed: number;
  now: number;
  leaseMs: number;
  /** The id of something made at a moment. */
  idAt: (moment: number) => string;
};

/** Everything of one brief, by table, and the change of the counts of everything. */
export type FamilyRows = { familyId: string; state: BriefState; counts: typeof NO_COUNTS; ended: EndedTask[]; tables: [table: string, rows: Row[]][]; fromOwnerMicrocredits: number };

/** A task that ended by itself, for the count of what happened in each minute. */
export type EndedTask = { at: number; completed: boolean; earnedMicrocredits: number };

/** Of a family that has curves the last tasks that were tried have them, and fewer of them logs. */
const CURVES_PER_FAMILY = 40;
const LOGS_PER_FAMILY = 10;
const QUESTIONS = ['Which learning rate suits this width?', 'Does depth beat width at a fixed budget?', 'How much dropout is too much?', 'Which schedule wins in the time that there is?', 'Does a longer context pay?'];
/** The share of a brief's tasks that have run, where it has not run to its end. */
const SHARE_RUN: Partial<Record<BriefState, number>> = { cancelled: 0.6, paused: 0.5, running: 0.6, exhausted: 0.6, draft: 0 };
const CANCELLED_AFTER_MS = 5000;
const DRAFT_TASKS = 24;

type Made = { number: number; id: string; config: Configuration; end: MadeEnd };

/** Makes one brief with its family, tasks, attempts, ledger entries, curves and logs, consistent with each other. */
export function makeFamily(making: Making, plan: PlannedFamily): FamilyRows {
  const random = seededRandom(making.seed, 2 + plan.index);
  const briefId = making.idAt(plan.createdAt);
  const familyId = making.idAt(plan.createdAt);
  const numTasks = plan.state === 'draft' ? DRAFT_TASKS : plan.tasks;
  const replicates = numTasks >= 20 && plan.index % 5 === 3 ? 3 : 1;
  const { strategy, configurations } = propose(making, plan, Math.ceil(numTasks / replicates));
  const ran = Math.floor(plan.tasks * (SHARE_RUN[plan.state] ?? 1));
  const made = Array.from({ length: plan.tasks }, (_, index): Made => {
    const config = configurations[Math.floor(index / replicates)];
    assert(config !== undefined, 'there is a configuration for every task');
    const number = index + 1;
    const end = number <= ran ? makeAttempts(plan, number, config, random) : unrun(making, plan, random);
    return { number, id: `${familyId}-${number}`, config, end };
  });
  const counts = { ...NO_COUNTS };
  for (const { end } of made) counts[end.state as keyof typeof counts] += 1;
  const state = plan.state === 'completed' || plan.state === 'failed' ? (stateWhenSettled(counts) ?? plan.state) : plan.state;
  const lastEnd = made.reduce((latest, { end }) => Math.max(latest, ...end.attempts.filter(hasEnded).map((one) => one.finishedAt)), plan.startsAt);
  const finishedAt = state === 'cancelled' ? lastEnd + CANCELLED_AFTER_MS : lastEnd;
  const summary = summarize(making, made);
  const title = `[synthetic] ${QUESTIONS[plan.index % QUESTIONS.length]} (${plan.index + 1})`;
  const names = { briefId, familyId, title, state, createdAt: plan.createdAt };
  const price = taskPriceMicrocredits(plan.timeBudgetSeconds);
  const spent = price * counts.completed;
  const hold = holdRows(making, names, { numTasks, price, spent, finishedAt });
  const shape = { numTasks, replicates, strategy, finishedAt, price, spent, budget: state === 'exhausted' ? spent + hold.held : Math.ceil(1.2 * numTasks * price) };
  for (const { end } of made) countWork(making.workers, end, price);
  const tried = plan.hasCurves ? made.filter(({ end }) => end.attempts.length > 0) : [];
  const logged = new Set(tried.slice(-LOGS_PER_FAMILY));
  return {
    familyId,
    state,
    counts,
    ended: made.flatMap(({ end }) => endOf(end, price)),
    fromOwnerMicrocredits: spent + hold.held,
    tables: [
      ['accounts', hold.accounts],
      ['briefs', [briefRow(making, plan, names, shape)]],
      ['families', [{ ...familyRow(making, names), ...counts, ...summary, held_microcredits: hold.held, hold_moves: hold.entries.length, run_cost_microcredits: price, ...servedColumns(plan, made) }]],
      ['tasks', made.map((task) => taskRow(making, plan, names, strategy.seed, task, finishedAt))],
      ['attempts', made.flatMap((task) => task.end.attempts.map((one) => attemptRow(making, plan, task.id, one, logged.has(task))))],
      ['entries', [...hold.entries, ...entryRows(making, briefId, made, price)]],
      ['points', tried.slice(-CURVES_PER_FAMILY).flatMap((task) => curveOf(task.id, task.end, plan.timeBudgetSeconds, making.now, random))],
      ['log_chunks', [...logged].flatMap((task) => task.end.attempts.map((one) => ({ task_id: task.id, attempt: one.attempt, number: 1, content: logOf(one), line_feeds_before: 0 })))],
      ['events', eventRows(making, names, counts, finishedAt)],
    ],
  };
}

function propose(making: Making, plan: PlannedFamily, count: number): { strategy: StrategyChoice; configurations: Configuration[] } {
  const seed = (making.seed * 1000 + plan.index) % 1_000_000;
  for (const [name, options] of plan.index % 10 === 4 ? ([['grid', { levels: 4 }], ['random', {}]] as const) : ([['random', {}]] as const)) {
    const proposal = findStrategy(name)?.propose({ space: making.experiment.space, seed, options, count, taken: [] });
    if (proposal?.ok === true) return { strategy: { name, seed, options }, configurations: proposal.configurations };
  }
  throw new Error(`the made-up space has no ${count} configurations`);
}

/** A task that has not ended: cancelled, waiting, or at work while there are idle slots in a running brief. */
function unrun(making: Making, plan: PlannedFamily, random: Random): MadeEnd {
  if (plan.state === 'cancelled') return { state: 'cancelled', value: null, attempts: [] };
  const slot = plan.state === 'running' ? plan.lane.slots.find((index) => (making.workers[index]?.idleSlots ?? 0) > 0) : undefined;
  const worker = slot === undefined ? undefined : making.workers[slot];
  if (slot === undefined || worker === undefined) return { state: 'pending', value: null, attempts: [] };
  worker.idleSlots -= 1;
  const startedAt = making.now - 1000 - Math.round(random() * 700 * plan.timeBudgetSeconds);
  return { state: 'running', value: null, attempts: [{ attempt: 1, slot, state: 'running', startedAt, finishedAt: startedAt, metrics: null, error: null }] };
}

function endOf({ state, attempts }: MadeEnd, price: number): EndedTask[] {
  const last = attempts.at(-1);
  const completed: boolean = state === 'completed';
  return last === undefined || !(completed || state === 'failed') ? [] : [{ at: last.finishedAt, completed, earnedMicrocredits: completed ? price : 0 }];
}

function hasEnded(attempt: MadeAttempt): boolean {
  return attempt.state !== 'running';
}

/** The family's summary as the engine would have kept it: values in the order in which they came. */
function summarize(making: Making, made: Made[]): Row {
  const { metric } = making.experiment;
  let rollup = EMPTY_ROLLUP;
  const valued = made.flatMap(({ id, number, end }) => (end.value === null ? [] : [{ id, number, value: end.value, at: end.attempts.at(-1)?.finishedAt ?? 0 }]));
  for (const { value, id } of valued.toSorted((left, right) => left.at - right.at || left.number - right.number)) rollup = addValue(rollup, metric, value, id);
  const sorted = valued.toSorted((left, right) => left.value - right.value || left.number - right.number);
  const middle = sorted[Math.ceil(sorted.length / 2) - 1];
  const { n, mean, m2, min, max, best, bestTaskId } = rollup;
  return { n, mean, m2, min, max, best, best_task_id: bestTaskId, median_value: middle?.value ?? null, median_number: middle?.number ?? null };
}

function servedColumns(plan: PlannedFamily, made: Made[]): Row {
  const attempts = made.flatMap(({ end }) => end.attempts);
  const served = attempts.reduce((latest, one) => Math.max(latest, one.startedAt), 0);
  const changes = attempts.length + attempts.filter(hasEnded).length + (plan.state === 'draft' ? 0 : 1);
  return { served_at: served, version: changes };
}

/** Adds what the attempts of a task meant to their workers. */
function countWork(workers: MadeWorker[], end: MadeEnd, price: number): void {
  for (const { slot, state } of end.attempts) {
    const worker = workers[slot];
    assert(worker !== undefined, 'every attempt has a worker');
    if (state === 'running') worker.running += 1;
    else if (state === 'completed') worker.completed += 1;
    else worker.failed += 1;
    if (state === 'lost') worker.lost += 1;
    if (state === 'completed') worker.earnedMicrocredits += price;
  }
}

type Names = { briefId: string; familyId: string; title: string; state: BriefState; createdAt: number };
type Shape = { numTasks: number; replicates: number; strategy: StrategyChoice; finishedAt: number; price: number; spent: number; budget: number };

function briefRow({ experiment }: Making, plan: PlannedFamily, names: Names, shape: Shape): Row {
  return {
    id: names.briefId, owner_id: LOCAL_ID, family_id: names.familyId, title: names.title,
    goal: 'Synthetic: made up by "npm run seed" for benchmarks and for looking at full pages. Nothing was trained.',
    experiment: experiment.name, strategy: JSON.stringify(shape.strategy), space: JSON.stringify(experiment.space),
    num_tasks: shape.numTasks, replicates: shape.replicates, time_budget_seconds: plan.timeBudgetSeconds,
    budget_microcredits: shape.budget, spent_microcredits: shape.spent, run_price_microcredits: shape.price,
    hardware_profile: 'any', requires: JSON.stringify(experiment.requires), priority: 0, state: names.state, created_at: names.createdAt,
    launched_at: names.state === 'draft' ? null : names.createdAt, finished_at: isOver(names.state) ? shape.finishedAt : null,
  };
}

function familyRow({ experiment, packageSha256 }: Making, names: Names): Row {
  return {
    id: names.familyId, brief_id: names.briefId, owner_id: LOCAL_ID, name: names.title, experiment: experiment.name, package_sha256: packageSha256,
    metric: JSON.stringify(experiment.metric), needs: JSON.stringify(experiment.needs), requires: JSON.stringify(experiment.requires),
    state: names.state, created_at: names.createdAt,
  };
}

function taskRow(making: Making, plan: PlannedFamily, names: Names, seed: number, task: Made, cancelledAt: number): Row {
  const { state, value, attempts } = task.end;
  const last = attempts.at(-1);
  const endedAt = state === 'completed' || state === 'failed' ? (last?.finishedAt ?? null) : null;
  const isCompleted: boolean = state === ('completed' satisfies TaskState);
  return {
    id: task.id, family_id: names.familyId, brief_id: names.briefId, owner_id: LOCAL_ID, number: task.number, state, config: JSON.stringify(task.config),
    seed: seed + task.number - 1, time_budget_seconds: plan.timeBudgetSeconds, priority: 0, attempt: attempts.length,
    worker_id: last === undefined ? null : (making.workers[last.slot]?.id ?? null), value, metrics: isCompleted ? JSON.stringify(last?.metrics) : null,
    error: state === 'failed' ? JSON.stringify(last?.error) : null, created_at: names.createdAt, started_at: last?.startedAt ?? null,
    finished_at: state === 'cancelled' ? cancelledAt : endedAt,
  };
}

function attemptRow(making: Making, plan: PlannedFamily, taskId: string, one: MadeAttempt, hasLog: boolean): Row {
  const { startupSeconds, graceSeconds } = making.experiment;
  const { metrics, error } = one;
  const over = hasEnded(one);
  const log = hasLog ? logOf(one) : '';
  return {
    task_id: taskId, attempt: one.attempt, worker_id: making.workers[one.slot]?.id ?? null, lease_token: `xn_lease_synthetic_${taskId}`, state: one.state,
    lease_expires_at: over ? one.finishedAt : making.now + making.leaseMs,
    deadline_at: one.startedAt + 1000 * (startupSeconds + plan.timeBudgetSeconds + graceSeconds + 60),
    result: metrics === null ? null : JSON.stringify({ outcome: one.state, metrics, error }), metrics: metrics === null ? null : JSON.stringify(metrics),
    error: error === null ? null : JSON.stringify(error), started_at: one.startedAt, finished_at: over ? one.finishedAt : null,
    log_characters: log.length, log_chunks: hasLog ? 1 : 0, log_line_feeds: log.split('\n').length - 1,
  };
}

/** What people were told of the end of a brief. */
function eventRows(making: Making, { briefId, title, state }: Names, counts: typeof NO_COUNTS, at: number): Row[] {
  if (state !== 'completed' && state !== 'failed') return [];
  const detail = state === 'failed' ? 'No task of it gave a value (synthetic values).' : `${counts.completed} of ${totalCount(counts)} tasks completed (synthetic values).`;
  return [{ id: making.idAt(at), at, kind: 'brief_finished', brief_id: briefId, task_id: null, worker_id: null, subject: title, detail, cause: `brief_finished ${briefId}` }];
}

/**
 * The hold of a launched brief: what came into it at the launch, and what went back at the end. One that is exhausted was
 * given less than all its tasks cost, so that not even half a run is left.
 */
function holdRows(making: Making, { briefId, state, createdAt }: Names, of: { numTasks: number; price: number; spent: number; finishedAt: number }): { held: number; accounts: Row[]; entries: Row[] } {
  if (state === 'draft') return { held: 0, accounts: [], entries: [] };
  const given = state === 'exhausted' ? of.spent + Math.floor(of.price / 2) : of.numTasks * of.price;
  const left = given - of.spent;
  const held = isOver(state) ? 0 : left;
  const hold = holdOf(briefId);
  const entry = (kind: 'hold' | 'release', at: number, from: string, to: string, amount: number): Row => ({
    id: making.idAt(at), at, kind, debit_account: from, credit_account: to, amount_microcredits: amount, brief_id: briefId, task_id: null, cause: `${kind}:${briefId}:${kind === 'hold' ? 1 : 2}`,
  });
  const entries = [entry('hold', createdAt, LOCAL_ID, hold, given), ...(isOver(state) && left > 0 ? [entry('release', of.finishedAt, hold, LOCAL_ID, left)] : [])];
  return { held, accounts: [{ id: hold, kind: 'hold', name: 'Hold of a brief', balance_microcredits: held, created_at: createdAt }], entries };
}

/** A transfer for each accepted result, in the order of time. */
function entryRows(making: Making, briefId: string, made: Made[], price: number): Row[] {
  const paid = made.flatMap(({ id, end }) => {
    const last = end.attempts.at(-1);
    return end.value === null || last === undefined ? [] : [{ id, attempt: last.attempt, at: last.finishedAt, slot: last.slot }];
  });
  return paid
    .toSorted((left, right) => left.at - right.at)
    .map(({ id, attempt, at, slot }) => ({
      id: making.idAt(at), at, kind: 'result', debit_account: holdOf(briefId), credit_account: making.workers[slot]?.id ?? null,
      amount_microcredits: price, brief_id: briefId, task_id: id, cause: `result:${id}:${attempt}`,
    }));
}
