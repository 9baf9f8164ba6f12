import type { Metrics, TaskError } from '#core/result.ts';
import type { Attempt, AttemptPurpose, AttemptState, Verification } from '#core/task.ts';
import { empty, first, join, sql, type Reader, type Tx } from './seam.ts';

type AttemptRow = {
  task_id: string;
  attempt: number;
  worker_id: string;
  lease_token: string;
  state: string;
  lease_expires_at: number;
  deadline_at: number;
  result: string | null;
  metrics: string | null;
  error: string | null;
  started_at: number;
  finished_at: number | null;
  released_at: number | null;
  purpose: string;
  verification: string | null;
};

/** An attempt as it is kept, with the text of the result that ended it, by which a repeated message is recognised. */
export type StoredAttempt = Attempt & { result: string | null; releasedAt: number | null };

export async function insertAttempt(tx: Tx, attempt: Attempt): Promise<void> {
  await tx.run(sql`
    insert into attempts (task_id, attempt, worker_id, lease_token, state, lease_expires_at, deadline_at, started_at, purpose)
    values (${attempt.taskId}, ${attempt.attempt}, ${attempt.workerId}, ${attempt.leaseToken}, ${attempt.state},
      ${attempt.leaseExpiresAt}, ${attempt.deadlineAt}, ${attempt.startedAt}, ${attempt.purpose})`);
}

export async function findAttempt(reader: Reader, taskId: string, attempt: number): Promise<StoredAttempt | null> {
  const row = await first<AttemptRow>(reader, sql`select * from attempts where task_id = ${taskId} and attempt = ${attempt} limit 1`);
  return row === null ? null : toAttempt(row);
}

/** A task's attempts, the first one first. */
export async function listAttempts(reader: Reader, taskId: string, limit: number): Promise<StoredAttempt[]> {
  const rows = await reader.rows<AttemptRow>(sql`select * from attempts where task_id = ${taskId} order by attempt limit ${limit}`);
  return rows.map(toAttempt);
}

/** An attempt as a bar of a timeline. */
export type AttemptSpan = Pick<Attempt, 'taskId' | 'attempt' | 'workerId' | 'state' | 'startedAt' | 'finishedAt'> & { number: number };

/** When and where the attempts of a family's tasks ran, by the number of the task and of the attempt. */
export async function listAttemptSpans(reader: Reader, familyId: string, page: { limit: number; after: Pick<AttemptSpan, 'number' | 'attempt'> | null }): Promise<AttemptSpan[]> {
  const { after } = page;
  type Row = { task_id: string; number: number; attempt: number; worker_id: string; state: string; started_at: number; finished_at: number | null };
  const rows = await reader.rows<Row>(sql`
    select attempts.task_id, tasks.number, attempts.attempt, attempts.worker_id, attempts.state, attempts.started_at, attempts.finished_at
    from tasks join attempts on attempts.task_id = tasks.id where tasks.family_id = ${familyId}
    ${after === null ? empty : sql`and tasks.number >= ${after.number} and (tasks.number > ${after.number} or attempts.attempt > ${after.attempt})`}
    order by tasks.number, attempts.attempt limit ${page.limit}`);
  return rows.map((row) => ({ taskId: row.task_id, number: row.number, attempt: row.attempt, workerId: row.worker_id, state: row.state as AttemptState, startedAt: row.started_at, finishedAt: row.finished_at }));
}

/** Where an attempt of a task stands in the store: the family to lock, and what ran out. */
export type OverdueAttempt = { taskId: string; attempt: number; familyId: string };

/** Running attempts whose lease has run out. A lease never lasts beyond its attempt's deadline. */
export async function listOverdueAttempts(reader: Reader, now: number, limit: number): Promise<OverdueAttempt[]> {
  const rows = await reader.rows<{ task_id: string; attempt: number; family_id: string }>(sql`
    select attempts.task_id, attempts.attempt, tasks.family_id from attempts join tasks on tasks.id = attempts.task_id
    where attempts.state = 'running' and attempts.lease_expires_at < ${now}
    order by attempts.lease_expires_at, attempts.task_id limit ${limit}`);
  return rows.map((row) => ({ taskId: row.task_id, attempt: row.attempt, familyId: row.family_id }));
}

/** The attempts a worker holds now, those about to expire first. */
export async function listHeldAttempts(reader: Reader, workerId: string, limit: number): Promise<StoredAttempt[]> {
  const rows = await reader.rows<AttemptRow>(sql`
    select * from attempts where worker_id = ${workerId} and state = 'running' order by lease_expires_at, task_id limit ${limit}`);
  return rows.map(toAttempt);
}

/** The running attempts of a family's tasks, locked where the database locks rows. */
export async function listRunningAttempts(tx: Tx, familyId: string, limit: number): Promise<StoredAttempt[]> {
  const rows = await tx.rows<AttemptRow>(sql`
    select attempts.* from tasks join attempts on attempts.task_id = tasks.id and attempts.attempt = tasks.attempt
    where tasks.family_id = ${familyId} and tasks.state = 'running' and attempts.state = 'running'
    order by tasks.number limit ${limit} ${tx.dialect === 'postgres' ? sql`for update of attempts` : empty}`);
  return rows.map(toAttempt);
}

/** Renews leases that a worker still holds, at most to their deadlines; returns the names of those it did. */
export async function renewLeases(
  tx: Tx,
  workerId: string,
  leases: readonly { taskId: string; attempt: number }[],
  leaseExpiresAt: number,
): Promise<{ taskId: string; attempt: number }[]> {
  if (leases.length === 0) return [];
  const names = join(leases.map((lease) => sql`(${lease.taskId}, ${lease.attempt})`));
  // PostgreSQL infers a bound number in a row list as text unless the list is compared with typed columns, as here.
  const rows = await tx.rows<{ task_id: string; attempt: number }>(sql`
    update attempts set lease_expires_at = case when deadline_at < ${leaseExpiresAt} then deadline_at else ${leaseExpiresAt} end
    where worker_id = ${workerId} and state = 'running' and (task_id, attempt) in (${tx.dialect === 'postgres' ? empty : sql`values`} ${names})
    returning task_id, attempt`);
  return rows.map((row) => ({ taskId: row.task_id, attempt: row.attempt }));
}

/** Moves the lease and the deadline of every running attempt to at least `until`. */
export async function extendRunningAttempts(tx: Tx, until: number): Promise<void> {
  await tx.run(sql`
    update attempts set
      lease_expires_at = case when lease_expires_at < ${until} then ${until} else lease_expires_at end,
      deadline_at = case when deadline_at < ${until} then ${until} else deadline_at end
    where state = 'running'`);
}

/**
 * Notes which cancelled attempts a worker has let go: it was heard from, and no longer names them. Returns their tasks.
 */
export async function releaseAttempts(tx: Tx, workerId: string, held: readonly { taskId: string; attempt: number }[], now: number): Promise<string[]> {
  const names = held.length === 0 ? null : join(held.map((lease) => sql`(${lease.taskId}, ${lease.attempt})`));
  const rows = await tx.rows<{ task_id: string }>(sql`
    update attempts set released_at = ${now} where worker_id = ${workerId} and state = 'cancelled' and released_at is null
    ${names === null ? empty : sql`and (task_id, attempt) not in (${tx.dialect === 'postgres' ? empty : sql`values`} ${names})`}
    returning task_id`);
  return rows.map((row) => row.task_id);
}

/** The workers that have not let go of cancelled attempts of a family yet, with how many. */
export async function listStopping(reader: Reader, familyId: string, limit: number): Promise<{ workerId: string; attempts: number }[]> {
  const rows = await reader.rows<{ worker_id: string; n: number }>(sql`
    select attempts.worker_id, count(*) as n from attempts join tasks on tasks.id = attempts.task_id
    where attempts.state = 'cancelled' and attempts.released_at is null and tasks.family_id = ${familyId}
    group by attempts.worker_id order by attempts.worker_id limit ${limit}`);
  return rows.map((row) => ({ workerId: row.worker_id, attempts: row.n }));
}

/** How an attempt ended. */
export type AttemptEnd = {
  taskId: string;
  attempt: number;
  state: AttemptState;
  result: string | null;
  metrics: Metrics | null;
  error: TaskError | null;
  finishedAt: number;
  /** What becomes known of its result with this end. */
  verification?: Verification | null;
};

/** Ends a running attempt; returns false when it was not running any more. */
export async function endAttempt(tx: Tx, end: AttemptEnd): Promise<boolean> {
  const changed = await tx.run(sql`
    update attempts set state = ${end.state}, result = ${end.result}, metrics = ${end.metrics === null ? null : JSON.stringify(end.metrics)},
      error = ${end.error === null ? null : JSON.stringify(end.error)}, finished_at = ${end.finishedAt}, verification = ${end.verification ?? null},
      pay_open = ${end.verification === 'unverified' ? 1 : 0}
    where task_id = ${end.taskId} and attempt = ${end.attempt} and state = 'running'`);
  return changed === 1;
}

function toAttempt(row: AttemptRow): StoredAttempt {
  return {
    taskId: row.task_id,
    attempt: row.attempt,
    workerId: row.worker_id,
    leaseToken: row.lease_token,
    state: row.state as AttemptState,
    leaseExpiresAt: row.lease_expires_at,
    deadlineAt: row.deadline_at,
    result: row.result,
    metrics: row.metrics === null ? null : (JSON.parse(row.metrics) as Metrics),
    error: row.error === null ? null : (JSON.parse(row.error) as TaskError),
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    releasedAt: row.released_at,
    purpose: row.purpose as AttemptPurpose,
    verification: row.verification as Verification | null,
  };
}
