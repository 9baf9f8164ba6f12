import assert from 'node:assert/strict';
import { BRIEF_STATES, isOver, NO_COUNTS, runsCostMicrocredits, stateWhenSettled, type Brief, type Family } from '#core/brief.ts';
import { holdOf, TREASURY_ID, type Entry } from '#core/ledger.ts';
import { addValue, EMPTY_ROLLUP } from '#core/rollup.ts';
import type { Task } from '#core/task.ts';
import { findBrief } from '#store/brief.ts';
import { listFamilies } from '#store/family.ts';
import { listAccounts, listEntries } from '#store/ledger.ts';
import type { Reader } from '#store/seam.ts';
import { sql } from '#store/seam.ts';
import { listTasks } from '#store/task.ts';
import { readTotals } from '#store/totals.ts';
import { assertAudits, bestOf } from './audit-invariants.ts';

const EVERYTHING = 1_000_000;

/**
 * Checks that everything the engine keeps beside the tasks (counts, summaries, medians, totals, balances, holds, states)
 * is what one would compute from the tasks, attempts and entries anew. Reads the whole database.
 */
export async function assertInvariants(reader: Reader): Promise<void> {
  const families = await listFamilies(reader, { limit: EVERYTHING, before: null });
  const briefStates = Object.fromEntries(BRIEF_STATES.map((state) => [state, families.filter((family) => family.state === state).length]));
  const entries = await listEntries(reader, { limit: EVERYTHING, before: null });
  const byBrief = Map.groupBy(entries, (entry) => entry.briefId);
  const totals = { ...NO_COUNTS, briefs: families.length, families: families.length, briefStates };
  for (const family of families) {
    const tasks = await listTasks(reader, { limit: EVERYTHING, sort: 'oldest', after: null, familyId: family.id, state: null, workerId: null });
    const brief = await findBrief(reader, family.briefId);
    assert.ok(brief !== null);
    assertFamily(family, brief, tasks, await bestOf(reader, family, tasks));
    assertMoney(family, brief, byBrief.get(brief.id) ?? []);
    for (const task of tasks) totals[task.state] += 1;
  }
  assert.deepEqual({ ...(await readTotals(reader)) }, totals, 'totals');
  // Deleting a brief leaves the ledger and the counts of its workers as they are: they are history.
  const deletions = await reader.rows(sql`select id from actions where verb = 'delete-brief' limit 1`);
  await assertAttempts(reader, deletions.length === 0);
  await assertLedger(reader, entries);
  await assertPaid(reader);
  await assertAudits(reader);
}

function assertFamily(family: Family, brief: Brief, tasks: Task[], best: number | null): void {
  const where = `family ${family.id}`;
  const counts = { ...NO_COUNTS };
  for (const task of tasks) counts[task.state] += 1;
  assert.deepEqual(family.counts, counts, `counts of ${where}`);
  assert.equal(family.state, brief.state, `state of ${where} and its brief`);

  const valued = tasks.filter((task) => task.state === 'completed').toSorted((left, right) => (left.value ?? 0) - (right.value ?? 0) || left.number - right.number);
  const rollup = valued.reduce((sum, task) => addValue(sum, family.metric, task.value ?? Number.NaN, task.id), EMPTY_ROLLUP);
  const values = valued.map((task) => task.value ?? Number.NaN);
  assert.deepEqual([family.rollup.n, family.rollup.min, family.rollup.max, family.rollup.best], [rollup.n, rollup.min, rollup.max, best], `summary of ${where}`);
  const scale = 1e-12 * Math.max(1, ...values.map(Math.abs));
  assert.ok(Math.abs(family.rollup.mean - rollup.mean) <= scale, `mean of ${where}: ${family.rollup.mean}, computed anew ${rollup.mean}`);
  assert.ok(Math.abs(family.rollup.m2 - rollup.m2) <= scale * Math.max(1, rollup.m2), `squares of ${where}`);
  assert.equal(tasks.find((task) => task.id === family.rollup.bestTaskId)?.value ?? null, family.rollup.best, `best task of ${where}`);

  const middle = valued[Math.ceil(valued.length / 2) - 1];
  assert.deepEqual(family.median, middle === undefined ? null : { value: middle.value, number: middle.number }, `median of ${where}`);

  const price = runsCostMicrocredits(tasks.length, brief);
  assert.ok(price <= brief.budgetMicrocredits, `brief ${brief.id} could spend ${price} of ${brief.budgetMicrocredits}: its budget is a wall`);
  if (tasks.length > 0) assert.equal(brief.numTasks, tasks.length, `size of brief ${brief.id}`);

  const settled = stateWhenSettled(counts);
  if (brief.state === 'draft') assert.equal(tasks.length, 0);
  else if (brief.state === 'cancelled') assert.equal(counts.pending + counts.running, 0, `${where} is cancelled`);
  else if (!isOver(brief.state)) assert.equal(settled, null, `${where} goes on although nothing is left`);
  else assert.equal(settled, brief.state, `end of ${where}`);
  assert.equal(brief.finishedAt !== null, ['completed', 'failed', 'cancelled'].includes(brief.state), `end of brief ${brief.id}`);
  for (const task of tasks) {
    assert.equal(task.finishedAt !== null, ['completed', 'failed', 'cancelled'].includes(task.state), `end of task ${task.id}`);
    assert.ok(task.attempt - task.attemptsBefore <= 4, `attempts of ${task.id}`);
  }
}

/** What a brief has spent and holds, and its walls. */
function assertMoney(family: Family, brief: Brief, entries: Entry[]): void {
  const where = `brief ${brief.id}`;
  const hold = holdOf(brief.id);
  const sum = (kept: Entry[]): number => kept.reduce((total, entry) => total + entry.amountMicrocredits, 0);
  const paid = sum(entries.filter((entry) => ['result', 'failure', 'fee'].includes(entry.kind)));
  const returned = sum(entries.filter((entry) => ['reversal', 'remedy'].includes(entry.kind) && entry.creditAccount === hold));
  assert.equal(brief.spentMicrocredits, paid - returned, `spending of ${where}`);
  const held = sum(entries.filter((entry) => entry.creditAccount === hold)) - sum(entries.filter((entry) => entry.debitAccount === hold));
  assert.equal(family.heldMicrocredits, held, `what is held for ${where}`);
  assert.equal(family.holdMoves, entries.filter((entry) => entry.kind === 'hold' || entry.kind === 'release').length, `moves of the hold of ${where}`);
  assert.ok(brief.spentMicrocredits + held <= brief.budgetMicrocredits, `the budget of ${where} is a wall: ${brief.spentMicrocredits} spent and ${held} held of ${brief.budgetMicrocredits}`);

  assert.equal(JSON.stringify(family.verification), JSON.stringify(brief.verification), `verification of ${where}`);
  assert.deepEqual([family.runCostMicrocredits, family.runFeeMicrocredits], [runsCostMicrocredits(1, brief), brief.runFeeMicrocredits], `what a run of ${where} costs`);
  const { pending, running } = family.counts;
  assert.ok(held >= running * family.runCostMicrocredits, `what runs of ${where} is held`);
  if (isOver(brief.state) || brief.state === 'draft') assert.equal(held, 0, `${where} is ${brief.state} and holds nothing`);
  if (brief.state === 'running' && running === 0) assert.ok(held >= family.runCostMicrocredits, `${where} can pay its next run`);
  if (brief.state === 'exhausted') assert.ok(running === 0 && pending > 0 && held < family.runCostMicrocredits, `${where} is exhausted`);
  for (const entry of entries) if (entry.kind === 'result') assert.equal(entry.amountMicrocredits, brief.runPriceMicrocredits, `the price of a run of ${where}`);
}

/** A result is paid exactly when an attempt of a task was accepted, and each of the two once. */
async function assertPaid(reader: Reader): Promise<void> {
  const unpaid = await reader.rows(sql`
    select attempts.task_id, attempts.attempt from attempts
    left join entries on entries.cause = case attempts.purpose when 'audit' then 'audit:' else 'result:' end || attempts.task_id || ':' || attempts.attempt
      and entries.task_id = attempts.task_id and entries.credit_account = attempts.worker_id
    where (attempts.state = 'completed') <> (entries.id is not null) limit 5`);
  assert.deepEqual(unpaid, [], 'every accepted result is paid, to its worker, and nothing else');
  const unearned = await reader.rows(sql`
    select entries.id from entries join tasks on tasks.id = entries.task_id
    left join attempts on attempts.task_id = tasks.id and attempts.state = 'completed' and entries.cause = 'result:' || attempts.task_id || ':' || attempts.attempt
    where entries.kind = 'result' and attempts.attempt is null limit 5`);
  assert.deepEqual(unearned, [], 'every payment for a result has an accepted attempt');
}

async function assertAttempts(reader: Reader, isWhole: boolean): Promise<void> {
  // A task is running exactly while its last attempt is, by the same worker; earlier attempts have all ended.
  const wrong = await reader.rows(sql`
    select tasks.id, tasks.state, attempts.state as attempt_state from tasks join attempts on attempts.task_id = tasks.id
    where (attempts.attempt = tasks.attempt and (tasks.state = 'running') <> (attempts.state = 'running'))
      or (attempts.attempt = tasks.attempt and tasks.worker_id <> attempts.worker_id)
      or (attempts.attempt <> tasks.attempt and attempts.state = 'running' and attempts.purpose = 'run')
      or attempts.attempt > tasks.attempt + tasks.audits
      or (attempts.attempt > tasks.attempt and attempts.purpose = 'run')
      or (attempts.state = 'running') <> (attempts.finished_at is null) limit 5`);
  assert.deepEqual(wrong, [], 'attempts and tasks agree');
  const gaps = await reader.rows(sql`
    select tasks.id, tasks.attempt from tasks left join attempts on attempts.task_id = tasks.id
    group by tasks.id, tasks.attempt, tasks.audits having count(attempts.attempt) <> tasks.attempt + tasks.audits limit 5`);
  assert.deepEqual(gaps, [], 'every attempt is recorded');
  const differs = isWhole ? sql`<>` : sql`>`;
  const workers = await reader.rows(sql`
    select workers.id from workers left join attempts on attempts.worker_id = workers.id
    group by workers.id, workers.running, workers.completed, workers.failed, workers.lost
    having coalesce(sum(case when attempts.state = 'running' then 1 else 0 end), 0) <> workers.running
      or coalesce(sum(case when attempts.state = 'completed' then 1 else 0 end), 0) ${differs} workers.completed
      or coalesce(sum(case when attempts.state in ('failed', 'lost') then 1 else 0 end), 0) ${differs} workers.failed
      or coalesce(sum(case when attempts.state = 'lost' then 1 else 0 end), 0) ${differs} workers.lost limit 5`);
  assert.deepEqual(workers, [], 'the counts of workers are those of their attempts');
}

async function assertLedger(reader: Reader, entries: Entry[]): Promise<void> {
  const accounts = await listAccounts(reader, { limit: EVERYTHING, after: null });
  const balances = new Map(accounts.map((account) => [account.id, 0]));
  for (const entry of entries) {
    balances.set(entry.debitAccount, (balances.get(entry.debitAccount) ?? 0) - entry.amountMicrocredits);
    balances.set(entry.creditAccount, (balances.get(entry.creditAccount) ?? 0) + entry.amountMicrocredits);
  }
  assert.deepEqual(new Map(accounts.map((account) => [account.id, account.balanceMicrocredits])), balances, 'balances are the sums of entries');
  assert.equal(accounts.reduce((sum, account) => sum + account.balanceMicrocredits, 0), 0, 'all balances add up to 0');
  for (const account of accounts) assert.ok(account.balanceMicrocredits >= 0 || account.id === TREASURY_ID, `the balance of ${account.id} is below 0`);
}
