import type { Metric } from '#core/experiment.ts';
import type { TaskError } from '#core/result.ts';
import type { AttemptPurpose, Verification } from '#core/task.ts';
import { first, join, one, sql, type Reader, type Tx } from './seam.ts';

/** Writes what is known of the result of an attempt, and why where that is not good; false when it was known to be otherwise than `from` says. */
export async function setVerification(tx: Tx, taskId: string, attempt: number, from: readonly Verification[], to: Verification, reason: TaskError | null): Promise<boolean> {
  const changed = await tx.run(sql`
    update attempts set verification = ${to}, error = coalesce(${reason === null ? null : JSON.stringify(reason)}, error) where task_id = ${taskId} and attempt = ${attempt} and verification in (${join([...from])})`);
  return changed === 1;
}

/**
 * Makes the pay of a worker final for what it did for an experiment up to a moment and no audit looks at now; its worker
 * is locked. Returns how many results that are.
 */
export async function vestAttempts(tx: Tx, workerId: string, experiment: string, until: number): Promise<number> {
  return tx.run(sql`
    update attempts set verification = 'vested' where worker_id = ${workerId} and verification = 'unverified' and finished_at <= ${until}
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

/** A result that counts although no audit has confirmed it. */
export type UnverifiedResult = { taskId: string; attempt: number; familyId: string; purpose: AttemptPurpose; verification: 'unverified' | 'vested' };

/** What a worker reported that no audit has confirmed, in briefs that are still there, by task. */
export async function listUnverifiedResults(reader: Reader, workerId: string, limit: number): Promise<UnverifiedResult[]> {
  type Row = { task_id: string; attempt: number; family_id: string; purpose: string; verification: string };
  const inState = (state: 'unverified' | 'vested') => sql`
    select attempts.task_id, attempts.attempt, tasks.family_id, attempts.purpose, attempts.verification
    from attempts join tasks on tasks.id = attempts.task_id join families on families.id = tasks.family_id
    where attempts.worker_id = ${workerId} and attempts.verification = ${state === 'unverified' ? sql`'unverified'` : sql`'vested'`} and families.deleted_at is null
    order by attempts.task_id, attempts.attempt limit ${limit}`;
  const rows = await reader.rows<Row>(sql`
    select * from (select * from (${inState('unverified')}) as open_ones union all select * from (${inState('vested')}) as vested_ones) as both_states
    order by task_id, attempt limit ${limit}`);
  return rows.map((row) => ({ taskId: row.task_id, attempt: row.attempt, familyId: row.family_id, purpose: row.purpose as AttemptPurpose, verification: row.verification as UnverifiedResult['verification'] }));
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
    order by ${direction === 'minimize' ? sql`tasks.value, tasks.number` : sql`tasks.value desc, tasks.number desc`} limit 1`);
  return row === null ? null : { taskId: row.id, value: row.value };
}

/** How many results of a family that count are verified one by one. */
export async function countVerified(reader: Reader, familyId: string): Promise<number> {
  const { n } = await one<{ n: number }>(reader, sql`
    select count(*) as n from tasks join attempts on attempts.task_id = tasks.id and attempts.attempt = tasks.attempt
    where tasks.family_id = ${familyId} and tasks.value is not null and attempts.verification = 'verified' limit 1`);
  return n;
}

/** A value that may become the best of its family once an audit confirms it; `audits` of it were drawn and not called off, `open` of them go on. */
export type Candidate = { taskId: string; attempt: number; workerId: string; verification: Verification | null; audits: number; open: number };

/** The best values of a family from the top on, verified or not. */
export async function listCandidates(reader: Reader, familyId: string, direction: Metric['direction'], limit: number): Promise<Candidate[]> {
  type Row = { id: string; attempt: number; worker_id: string; verification: string | null; audits: number; open: number };
  const rows = await reader.rows<Row>(sql`
    select tasks.id, attempts.attempt, attempts.worker_id, attempts.verification,
      (select count(*) from audits where audits.task_id = tasks.id and audits.audited_attempt = tasks.attempt
        and (audits.state <> 'void' or exists (select 1 from attempts tries where tries.task_id = audits.task_id and tries.attempt = audits.attempt and tries.state <> 'cancelled'))) as audits,
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
