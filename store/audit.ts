import type { Audit, AuditState } from '#core/audit.ts';
import type { Needs, Requirements } from '#core/worker.ts';
import { first, join, one, sql, type Reader, type Tx } from './seam.ts';

type AuditRow = {
  task_id: string;
  number: number;
  audited_attempt: number;
  family_id: string;
  worker_id: string;
  owner_id: string;
  machine_class: string;
  attempt: number | null;
  state: string;
  created_at: number;
  ended_at: number | null;
};

/** Adds an audit that waits; its number follows those that the task had. */
export async function insertAudit(tx: Tx, audit: Omit<Audit, 'number' | 'attempt' | 'state' | 'endedAt'>): Promise<void> {
  await tx.run(sql`
    insert into audits (task_id, number, audited_attempt, family_id, worker_id, owner_id, machine_class, state, created_at)
    select id, 1 + (select coalesce(max(number), 0) from audits where audits.task_id = tasks.id), ${audit.auditedAttempt}, ${audit.familyId},
      ${audit.workerId}, ${audit.ownerId}, ${audit.machineClass}, 'waiting', ${audit.createdAt}
    from tasks where id = ${audit.taskId}`);
}

/** The audits of a task, by number. */
export async function listAudits(reader: Reader, taskId: string, limit: number): Promise<Audit[]> {
  const rows = await reader.rows<AuditRow>(sql`select * from audits where task_id = ${taskId} order by number limit ${limit}`);
  return rows.map(toAudit);
}

/** The audit that an attempt is. */
export async function findAuditOf(reader: Reader, taskId: string, attempt: number): Promise<Audit | null> {
  const row = await first<AuditRow>(reader, sql`select * from audits where task_id = ${taskId} and attempt = ${attempt} order by number limit 1`);
  return row === null ? null : toAudit(row);
}

/** Audits of a family that wait or run, by task. */
export async function listOpenAudits(reader: Reader, familyId: string, limit: number): Promise<Audit[]> {
  const rows = await reader.rows<AuditRow>(sql`
    select * from audits where family_id = ${familyId} and ended_at is null order by task_id, number limit ${limit}`);
  return rows.map(toAudit);
}

/** How many audits of a family wait and run. */
export async function countOpenAudits(reader: Reader, familyId: string): Promise<{ waiting: number; running: number }> {
  const { waiting, running } = await one<{ waiting: number; running: number }>(reader, sql`
    select coalesce(sum(case when state = 'waiting' then 1 else 0 end), 0) as waiting, coalesce(sum(case when state = 'running' then 1 else 0 end), 0) as running
    from audits where family_id = ${familyId} and ended_at is null limit 1`);
  return { waiting, running };
}

/** Audits of some tasks that wait or run, by task. */
export async function listOpenAuditsOf(reader: Reader, taskIds: readonly string[], limit: number): Promise<Audit[]> {
  if (taskIds.length === 0) return [];
  const rows = await reader.rows<AuditRow>(sql`
    select * from audits where task_id in (${join([...taskIds])}) and ended_at is null order by task_id, number limit ${limit}`);
  return rows.map(toAudit);
}

/** A waiting audit, as who might take it needs it. */
export type WaitingAudit = Pick<Audit, 'taskId' | 'number' | 'familyId'> & { requires: Requirements; needs: Needs };

/**
 * Waiting audits that a machine of an owner may take: of its class, of other owners' results, and of results that no
 * machine of this owner has audited. Those of its own owner are stepped over in the index, however many wait.
 */
export async function listWaitingAudits(reader: Reader, machine: { class: string; ownerId: string }, limit: number): Promise<WaitingAudit[]> {
  type Row = { task_id: string; number: number; family_id: string; requires: string; needs: string };
  const beyond = (than: '<' | '>') => sql`
    select audits.task_id, audits.number, audits.family_id, families.requires, families.needs, audits.created_at
    from audits join families on families.id = audits.family_id
    where audits.state = 'waiting' and audits.machine_class = ${machine.class} and audits.owner_id ${than === '<' ? sql`<` : sql`>`} ${machine.ownerId}
      and families.state not in ('draft', 'paused', 'cancelled') and families.deleted_at is null
      and families.package_sha256 not in (select sha256 from withdrawn_packages)
      and not exists (select 1 from attempts join workers on workers.id = attempts.worker_id
        where attempts.task_id = audits.task_id and attempts.attempt >= audits.audited_attempt and workers.owner_id = ${machine.ownerId})
    order by audits.owner_id, audits.created_at, audits.task_id, audits.number limit ${limit}`;
  const rows = await reader.rows<Row>(sql`
    select task_id, number, family_id, requires, needs from (select * from (${beyond('<')}) as before_it union all select * from (${beyond('>')}) as behind_it) as both_sides
    order by created_at, task_id, number limit ${limit}`);
  return rows.map((row) => ({ taskId: row.task_id, number: row.number, familyId: row.family_id, requires: JSON.parse(row.requires) as Requirements, needs: JSON.parse(row.needs) as Needs }));
}

/**
 * Gives a waiting audit of a locked family to an attempt; returns the attempt's number, the next of its task, or null
 * when the audit does not wait any more.
 */
export async function giveAudit(tx: Tx, taskId: string, number: number): Promise<number | null> {
  const [task] = await tx.rows<{ attempt: number }>(sql`
    update tasks set audits = audits + 1 where id = ${taskId} and state = 'completed'
      and exists (select 1 from audits where audits.task_id = tasks.id and audits.number = ${number} and audits.state = 'waiting')
    returning attempt + audits as attempt`);
  if (task === undefined) return null;
  await tx.run(sql`update audits set state = 'running', attempt = ${task.attempt} where task_id = ${taskId} and number = ${number}`);
  return task.attempt;
}

/** Ends an audit, or corrects how it ended. */
export async function endAudit(tx: Tx, audit: Pick<Audit, 'taskId' | 'number'>, state: Exclude<AuditState, 'waiting' | 'running'>, now: number): Promise<void> {
  await tx.run(sql`update audits set state = ${state}, ended_at = coalesce(ended_at, ${now}) where task_id = ${audit.taskId} and number = ${audit.number}`);
}

function toAudit(row: AuditRow): Audit {
  return {
    taskId: row.task_id,
    number: row.number,
    auditedAttempt: row.audited_attempt,
    familyId: row.family_id,
    workerId: row.worker_id,
    ownerId: row.owner_id,
    machineClass: row.machine_class,
    attempt: row.attempt,
    state: row.state as AuditState,
    createdAt: row.created_at,
    endedAt: row.ended_at,
  };
}
