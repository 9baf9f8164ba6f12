import assert from 'node:assert/strict';
import type { Family } from '#core/brief.ts';
import { isBetter } from '#core/experiment.ts';
import type { Task } from '#core/task.ts';
import { sql, type Reader, type Sql } from '#store/seam.ts';

/** The best value of a family that its summary may show: of all, or, with verification, of those that are verified. */
export async function bestOf(reader: Reader, family: Family, tasks: readonly Task[]): Promise<number | null> {
  const verified = new Set((await reader.rows<{ task_id: string }>(sql`
    select attempts.task_id from attempts join tasks on tasks.id = attempts.task_id and tasks.attempt = attempts.attempt
    where tasks.family_id = ${family.id} and attempts.verification = 'verified' limit 1000000`)).map((row) => row.task_id));
  const values = tasks.flatMap(({ id, value }) => (value === null || (family.verification !== null && !verified.has(id)) ? [] : [value]));
  return values.reduce<number | null>((best, value) => (best === null || isBetter(family.metric, value, best) ? value : best), null);
}

/** Checks what is kept of audits, verification and standings against attempts and entries. */
export async function assertAudits(reader: Reader): Promise<void> {
  const none = async (what: string, query: Sql) => assert.deepEqual(await reader.rows(query), [], what);
  const toHold = sql`(select coalesce(sum(entries.amount_microcredits), 0) from entries
    where entries.cause in ('reversal:' || attempts.task_id || ':' || attempts.attempt, 'remedy:' || attempts.task_id || ':' || attempts.attempt) and entries.credit_account = 'hold-' || briefs.id)`;
  const reversal = sql`exists (select 1 from entries where entries.cause = 'reversal:' || attempts.task_id || ':' || attempts.attempt and entries.debit_account = attempts.worker_id)`;

  await none('no audit is given to an owner whose result it is, or who audited it before', sql`
    select audits.task_id, audits.number from audits
    join attempts on attempts.task_id = audits.task_id and attempts.attempt = audits.attempt join workers on workers.id = attempts.worker_id
    where workers.owner_id = audits.owner_id or exists (
      select 1 from attempts earlier join workers others on others.id = earlier.worker_id
      where earlier.task_id = attempts.task_id and earlier.attempt < attempts.attempt and earlier.attempt >= audits.audited_attempt and others.owner_id = workers.owner_id) limit 5`);
  await none('an audit that was given is an attempt, and the other way round', sql`
    select attempts.task_id, attempts.attempt, attempts.state, audits.state as audit_state from attempts
    left join audits on audits.task_id = attempts.task_id and audits.attempt = attempts.attempt
    where (attempts.purpose = 'audit') <> (audits.task_id is not null) or (audits.task_id is not null and (attempts.state = 'running') <> (audits.state = 'running')) limit 5`);
  await none('at most one audit of a task is open, and only of the result that counts', sql`
    select audits.task_id from audits join tasks on tasks.id = audits.task_id where audits.ended_at is null
    group by audits.task_id, tasks.state, tasks.attempt having count(*) > 1 or tasks.state <> 'completed' or max(audits.audited_attempt) <> tasks.attempt limit 5`);
  await none('something is known of each result with verification, and of no other attempt', sql`
    select attempts.task_id, attempts.attempt from attempts join tasks on tasks.id = attempts.task_id join families on families.id = tasks.family_id
    where (attempts.verification is not null) <> (attempts.state = 'completed' and families.verification is not null) limit 5`);
  await none('what is refuted or set aside does not count, and everything else does', sql`
    select attempts.task_id, attempts.attempt, attempts.verification from attempts join tasks on tasks.id = attempts.task_id
    where attempts.verification is not null and attempts.purpose = 'run'
      and (attempts.verification in ('refuted', 'set_aside')) = (tasks.state = 'completed' and tasks.attempt = attempts.attempt) limit 5`);
  await none('a brief has what it paid for a refuted or set aside result back, and for no other', sql`
    select attempts.task_id, attempts.attempt from attempts join tasks on tasks.id = attempts.task_id join briefs on briefs.id = tasks.brief_id
    where ${toHold} <> case when attempts.purpose = 'run' and attempts.verification in ('refuted', 'set_aside') then briefs.run_price_microcredits + briefs.run_fee_microcredits else 0 end limit 5`);
  await none('pay is open exactly until it is final or taken back: of what is unverified always, of what is verified perhaps', sql`
    select attempts.task_id, attempts.attempt, attempts.verification, attempts.pay_open from attempts
    where (attempts.verification = 'unverified' and attempts.pay_open = 0) or (attempts.pay_open = 1 and coalesce(attempts.verification, '') not in ('unverified', 'verified'))
      or (attempts.pay_open = 1 and ${reversal}) limit 5`);
  await none('nobody but who was refuted gives back pay of a result that still counts', sql`
    select attempts.task_id, attempts.attempt from attempts where attempts.verification in ('verified', 'vested') and ${reversal}
      and not exists (select 1 from reputations where reputations.worker_id = attempts.worker_id and reputations.refuted > 0) limit 5`);
  await none('what a worker may still have to give back is in its account', sql`
    select accounts.id from accounts join attempts on attempts.worker_id = accounts.id and attempts.pay_open = 1
    join tasks on tasks.id = attempts.task_id join briefs on briefs.id = tasks.brief_id
    group by accounts.id, accounts.balance_microcredits having sum(briefs.run_price_microcredits) > accounts.balance_microcredits limit 5`);
  await none('the verified results of a family are counted', sql`
    select families.id, families.verified from families where families.deleted_at is null and families.verified <> (
      select count(*) from tasks join attempts on attempts.task_id = tasks.id and attempts.attempt = tasks.attempt where tasks.family_id = families.id and tasks.state = 'completed' and attempts.verification = 'verified') limit 5`);
  const rests = await reader.rows<{ task_id: string; attempt: number; verification: string; confirming: number }>(sql`
    select attempts.task_id, attempts.attempt, families.verification, (select count(*) from audits join attempts others on others.task_id = audits.task_id and others.attempt = audits.attempt
      where audits.task_id = attempts.task_id and audits.audited_attempt = attempts.attempt and others.verification = 'verified') as confirming
    from attempts join tasks on tasks.id = attempts.task_id join families on families.id = tasks.family_id
    where attempts.purpose = 'run' and attempts.verification = 'verified' and families.deleted_at is null limit 1000000`);
  assert.deepEqual(rests.filter((one) => 1 + one.confirming < (JSON.parse(one.verification) as { quorum: number }).quorum), [], 'a verified result rests on as many audits that stand as its policy asks for');
  await none('a quarantine that is closed left nothing that counts unverified, no pay that is open and nothing that rests on its worker', sql`
    select workers.id, attempts.task_id, attempts.attempt from workers join attempts on attempts.worker_id = workers.id
    join tasks on tasks.id = attempts.task_id join families on families.id = tasks.family_id
    where workers.standing = 'quarantined' and workers.quarantine_open = 0 and families.deleted_at is null and families.verification is not null
      and (attempts.state = 'running' or attempts.verification in ('unverified', 'vested') or attempts.pay_open = 1 or (attempts.purpose = 'audit' and attempts.verification = 'verified')) limit 5`);
}
