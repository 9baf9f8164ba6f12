import type { Metric } from '#core/experiment.ts';
import type { TaskError } from '#core/result.ts';
import type { AttemptPurpose, Verification } from '#core/task.ts';
import { empty, first, join, one, sql, type Reader, type Sql, type Tx } from './seam.ts';

/**
 * Writes what is known of the result of an attempt, and why where that is not good; false when it was known to be otherwise
 * than `from` says. Pay that was open stays so where the result is verified, and is open no longer otherwise.
 */
export async function setVerification(tx: Tx, taskId: string, attempt: number, from: readonly Verification[], to: Verification, reason: TaskError | null): Promise<boolean> {
  const changed = await tx.run(sql`
    update attempts set verification = ${to}, error = coalesce(${reason === null ? null : JSON.stringify(reason)}, error)${to === 'verified' || to === 'unverified' ? empty : sql`, pay_open = 0`}
    where task_id = ${taskId} and attempt = ${attempt} and verification in (${join([...from])})`);
  return changed === 1;
}

/**
 * Says that the pay of an attempt cannot be taken back any more, because its worker may keep it or has just given it back;
 * false where it could not be before. Says nothing of the result itself, which is verified.
 */
export async function closePay(tx: Tx, taskId: string, attempt: number): Promise<boolean> {
  const changed = await tx.run(sql`
    update attempts set pay_open = 0, verification = case when verification = 'unverified' then 'vested' else verification end
    where task_id = ${taskId} and attempt = ${attempt} and pay_open = 1`);
  return changed === 1;
}

/**
 * Takes back that a result was verified: nobody has looked at it any more, and its pay stays as it is. Returns false where
 * it was not verified.
 */
export async function undoVerified(tx: Tx, taskId: string, attempt: number): Promise<boolean> {
  const changed = await tx.run(sql`
    update attempts set verification = case when pay_open = 1 then 'unverified' else 'vested' end
    where task_id = ${taskId} and attempt = ${attempt} and verification = 'verified'`);
  return changed === 1;
}

/** Counts results of a locked family as verified, or no longer. */
export async function shiftVerified(tx: Tx, familyId: string, by: number): Promise<void> {
  await tx.run(sql`update families set verified = verified + ${by} where id = ${familyId}`);
}

/** How many audits of a result agree with it and stand. */
export async function countConfirming(reader: Reader, taskId: string, auditedAttempt: number): Promise<number> {
  const { n } = await one<{ n: number }>(reader, sql`
    select count(*) as n from audits join attempts on attempts.task_id = audits.task_id and attempts.attempt = audits.attempt
    where audits.task_id = ${taskId} and audits.audited_attempt = ${auditedAttempt} and attempts.verification = 'verified' limit 1`);
  return n;
}

/**
 * Makes the pay of a worker final for what it did for an experiment up to a moment and no audit looks at now; its worker
 * is locked. Returns how many results that are.
 */
export async function vestAttempts(tx: Tx, workerId: string, experiment: string, until: number): Promise<number> {
  return tx.run(sql`
    update attempts set pay_open = 0, verification = case when verification = 'unverified' then 'vested' else verification end
    where worker_id = ${workerId} and pay_open = 1 and finished_at <= ${until}
      and exists (select 1 from tasks join families on families.id = tasks.family_id where tasks.id = attempts.task_id and families.experiment = ${experiment})
      and not exists (select 1 from audits where audits.task_id = attempts.task_id and audits.ended_at is null)`);
}

/** When the last result of a worker for an experiment that was confirmed ended, of those that began before a moment; null where none was. */
export async function findVerifiedBefore(reader: Reader, workerId: string, experiment: string, before: number): Promise<number | null> {
  const row = await first<{ finished_at: number }>(reader, sql`
    select finished_at from attempts where worker_id = ${workerId} and started_at < ${before} and verification = 'verified' and purpose = 'run'
      and exists (select 1 from tasks join families on families.id = tasks.family_id where tasks.id = attempts.task_id and families.experiment = ${experiment})
    order by started_at desc, task_id, attempt limit 1`);
  return row?.finished_at ?? null;
}

/** A run whose worker is not to be believed: nobody has confirmed it, it confirms what others did, or its pay is still open. */
export type DoubtfulRun = { taskId: string; attempt: number; familyId: string; purpose: AttemptPurpose };

/**
 * What a worker reported that does not stand without the worker's word, in briefs that are still there, by task: what no audit
 * has confirmed, what its audits confirmed, and what is verified but not paid for good.
 */
export async function listDoubtfulRuns(reader: Reader, workerId: string, limit: number): Promise<DoubtfulRun[]> {
  type Row = { task_id: string; attempt: number; family_id: string; purpose: string };
  const those = (which: Sql) => sql`
    select attempts.task_id, attempts.attempt, tasks.family_id, attempts.purpose
    from attempts join tasks on tasks.id = attempts.task_id join families on families.id = tasks.family_id
    where attempts.worker_id = ${workerId} and ${which} and families.deleted_at is null
    order by attempts.task_id, attempts.attempt limit ${limit}`;
  const [open, vested, confirming] = [sql`attempts.pay_open = 1`, sql`attempts.verification = 'vested'`, sql`attempts.verification = 'verified' and attempts.purpose = 'audit'`];
  const rows = await reader.rows<Row>(sql`
    select * from (select * from (${those(open)}) as open_ones union select * from (${those(vested)}) as vested_ones union select * from (${those(confirming)}) as confirming_ones) as all_ones
    order by task_id, attempt limit ${limit}`);
  return rows.map((row) => ({ taskId: row.task_id, attempt: row.attempt, familyId: row.family_id, purpose: row.purpose as AttemptPurpose }));
}

/** The running attempts of a worker in families whose results are verified. */
export async function listRunningVerified(reader: Reader, workerId: string, limit: number): Promise<{ taskId: string; attempt: number }[]> {
  const rows = await reader.rows<{ task_id: string; attempt: number }>(sql`
    select attempts.task_id, attempts.attempt from attempts join tasks on tasks.id = attempts.task_id join families on families.id = tasks.family_id
    where attempts.worker_id = ${workerId} and attempts.state = 'running' and families.verification is not null and families.deleted_at is null
    order by attempts.task_id limit ${limit}`);
  return rows.map((row) => ({ taskId: row.task_id, attempt: row.attempt }));
}

/** The best verified value of a family; of equal ones that of the lowest number. */
export async function findVerifiedBest(reader: Reader, familyId: string, direction: Metric['direction']): Promise<{ taskId: string; value: number } | null> {
  const row = await first<{ id: string; value: number }>(reader, sql`
    select tasks.id, tasks.value from tasks join attempts on attempts.task_id = tasks.id and attempts.attempt = tasks.attempt
    where tasks.family_id = ${familyId} and tasks.value is not null and attempts.verification = 'verified'
    order by ${direction === 'minimize' ? sql`tasks.value, tasks.number` : sql`tasks.value desc, tasks.number`} limit 1`);
  return row === null ? null : { taskId: row.id, value: row.value };
}

/** How many results of a family that count are verified one by one. */
export async function countVerified(reader: Reader, familyId: string): Promise<number> {
  const row = await first<{ verified: number }>(reader, sql`select verified from families where id = ${familyId} limit 1`);
  return row?.verified ?? 0;
}

/** A value that may become the best of its family once an audit confirms it; `audits` of it were drawn and neither called off nor set aside, `open` of them go on. */
export type Candidate = { taskId: string; attempt: number; workerId: string; verification: Verification | null; audits: number; open: number };

/** The best values of a family from the top on, verified or not. */
export async function listCandidates(reader: Reader, familyId: string, direction: Metric['direction'], limit: number): Promise<Candidate[]> {
  type Row = { id: string; attempt: number; worker_id: string; verification: string | null; audits: number; open: number };
  const rows = await reader.rows<Row>(sql`
    select tasks.id, attempts.attempt, attempts.worker_id, attempts.verification,
      (select count(*) from audits where audits.task_id = tasks.id and audits.audited_attempt = tasks.attempt
        and (audits.state <> 'void' or exists (select 1 from attempts tries where tries.task_id = audits.task_id and tries.attempt = audits.attempt and tries.state <> 'cancelled'))
        and not exists (select 1 from attempts tries where tries.task_id = audits.task_id and tries.attempt = audits.attempt and tries.verification = 'set_aside')) as audits,
      (select count(*) from audits where audits.task_id = tasks.id and audits.ended_at is null) as open
    from tasks join attempts on attempts.task_id = tasks.id and attempts.attempt = tasks.attempt
    where tasks.family_id = ${familyId} and tasks.value is not null
    order by ${direction === 'minimize' ? sql`tasks.value, tasks.number` : sql`tasks.value desc, tasks.number desc`} limit ${limit}`);
  return rows.map((row) => ({ taskId: row.id, attempt: row.attempt, workerId: row.worker_id, verification: row.verification as Verification | null, audits: row.audits, open: row.open }));
}

/**
 * Takes the value of a completed task away, so that it waits again or ends without. Its audits become ordinary attempts of
 * before, and the limit of retries counts anew.
 */
export async function withdrawValue(tx: Tx, taskId: string, to: { state: 'pending' | 'failed' | 'cancelled'; error: TaskError | null; finishedAt: number | null }): Promise<void> {
  await tx.run(sql`
    update tasks set state = ${to.state}, value = null, metrics = null, error = ${to.error === null ? null : JSON.stringify(to.error)}, finished_at = ${to.finishedAt},
      worker_id = case when audits = 0 then worker_id end, attempt = attempt + audits, attempts_before = attempt + audits, audits = 0
    where id = ${taskId} and state = 'completed'`);
}

/** How many results of a task were set aside because its runs do not agree. */
export async function countWithoutAgreement(reader: Reader, taskId: string): Promise<number> {
  const { n } = await one<{ n: number }>(reader, sql`
    select count(*) as n from attempts where task_id = ${taskId} and purpose = 'run' and verification = 'set_aside' and error like '%"no_agreement"%' limit 1`);
  return n;
}
