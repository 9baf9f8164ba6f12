import type { Sandbox } from '#core/sandbox.ts';
import type { Standing } from '#core/verify.ts';
import type { Hardware, Load, Runtimes, Worker, WorkerStatus } from '#core/worker.ts';
import { empty, first, join, one, sql, type Reader, type Sql, type Tx } from './seam.ts';

type WorkerRow = {
  id: string;
  owner_id: string;
  name: string;
  hardware: string;
  runtimes: string;
  slots: number;
  sandbox: string | null;
  status: string;
  standing: string;
  standing_reason: string | null;
  quarantine_open: number;
  load: string | null;
  running: number;
  completed: number;
  failed: number;
  lost: number;
  created_at: number;
  last_seen_at: number;
};

export async function insertWorker(tx: Tx, worker: Worker): Promise<void> {
  await tx.run(sql`
    insert into workers (id, owner_id, name, hardware, runtimes, slots, sandbox, status, created_at, last_seen_at)
    values (${worker.id}, ${worker.ownerId}, ${worker.name}, ${JSON.stringify(worker.hardware)}, ${JSON.stringify(worker.runtimes)},
      ${worker.slots}, ${worker.sandbox === null ? null : JSON.stringify(worker.sandbox)}, ${worker.status}, ${worker.createdAt}, ${worker.lastSeenAt})`);
}

export async function findWorker(reader: Reader, id: string): Promise<Worker | null> {
  const row = await first<WorkerRow>(reader, sql`select * from workers where id = ${id} limit 1`);
  return row === null ? null : toWorker(row);
}

/** A worker that asks for tasks, and whether any audit waits at all: one look, since most have none waiting. */
export async function findClaimant(reader: Reader, id: string): Promise<{ worker: Worker; auditsWait: boolean } | null> {
  const row = await first<WorkerRow & { audits_wait: number }>(reader, sql`
    select workers.*, case when exists (select 1 from audits where state = 'waiting') then 1 else 0 end as audits_wait from workers where id = ${id} limit 1`);
  return row === null ? null : { worker: toWorker(row), auditsWait: row.audits_wait === 1 };
}

/** Workers by id, locked until the transaction ends: whoever judges results locks those who reported them, all at once. */
export async function lockWorkers(tx: Tx, ids: readonly string[]): Promise<Worker[]> {
  if (ids.length === 0) return [];
  const rows = await tx.rows<WorkerRow>(sql`
    select * from workers where id in (${join([...new Set(ids)])}) order by id limit ${ids.length} ${tx.dialect === 'postgres' ? sql`for update` : empty}`);
  return rows.map(toWorker);
}

/** Writes how far a worker is trusted; `isOpen` while results of it may still have to be set aside. */
export async function setStanding(tx: Tx, id: string, standing: Standing, reason: string | null, isOpen: boolean): Promise<void> {
  await tx.run(sql`update workers set standing = ${standing}, standing_reason = ${reason}, quarantine_open = ${isOpen ? 1 : 0} where id = ${id}`);
}

/** Quarantined workers whose results may still have to be set aside. */
export async function listOpenQuarantines(reader: Reader, limit: number): Promise<Worker[]> {
  const rows = await reader.rows<WorkerRow>(sql`select * from workers where quarantine_open = 1 order by id limit ${limit}`);
  return rows.map(toWorker);
}

/** What a list of workers is narrowed to; `seenSince` is the moment since which one must have been heard to be online. */
export type WorkerFilter = { state: 'busy' | 'idle' | 'draining' | 'offline' | null; text: string; seenSince: number };

/** Workers that were not removed, the newest first. */
export async function listWorkers(reader: Reader, page: { limit: number; before: string | null; filter?: WorkerFilter }): Promise<Worker[]> {
  const rows = await reader.rows<WorkerRow>(sql`
    select * from workers where status <> 'removed' ${page.before === null ? empty : sql`and id < ${page.before}`}
    ${page.filter === undefined ? empty : conditions(page.filter)}
    order by id desc limit ${page.limit}`);
  return rows.map(toWorker);
}

function conditions({ state, text, seenSince }: WorkerFilter): Sql {
  const states = {
    busy: sql`and last_seen_at >= ${seenSince} and running > 0`,
    idle: sql`and last_seen_at >= ${seenSince} and running = 0`,
    draining: sql`and status = 'draining'`,
    offline: sql`and last_seen_at < ${seenSince}`,
  };
  const like = `%${text.toLowerCase().replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
  return sql`${state === null ? empty : states[state]} ${text === '' ? empty : sql`and (lower(name) like ${like} escape '\\' or id = ${text})`}`;
}

/** Workers of an owner that were not removed, the newest first. */
export async function listWorkersOfOwner(reader: Reader, ownerId: string, limit: number): Promise<Worker[]> {
  const rows = await reader.rows<WorkerRow>(sql`
    select * from workers where owner_id = ${ownerId} and status <> 'removed' order by id desc limit ${limit}`);
  return rows.map(toWorker);
}

/** Workers that were last heard from within a stretch of time, the latest first. */
export async function listWorkersLastSeen(reader: Reader, stretch: { since: number; before: number }, limit: number): Promise<Worker[]> {
  const rows = await reader.rows<WorkerRow>(sql`
    select * from workers where status <> 'removed' and last_seen_at >= ${stretch.since} and last_seen_at < ${stretch.before}
    order by last_seen_at desc, id limit ${limit}`);
  return rows.map(toWorker);
}

/** How many workers there are, were seen since a moment, and are at work. */
export async function countWorkers(reader: Reader, seenSince: number): Promise<{ total: number; online: number; busy: number }> {
  return one<{ total: number; online: number; busy: number }>(reader, sql`
    select count(*) as total,
      coalesce(sum(case when last_seen_at >= ${seenSince} then 1 else 0 end), 0) as online,
      coalesce(sum(case when last_seen_at >= ${seenSince} and running > 0 then 1 else 0 end), 0) as busy
    from workers where status <> 'removed' limit 1`);
}

/** Workers that were seen since a moment and not removed, those seen last first. */
export async function listWorkersSeenSince(reader: Reader, moment: number, limit: number): Promise<Worker[]> {
  const rows = await reader.rows<WorkerRow>(sql`
    select * from workers where status <> 'removed' and last_seen_at >= ${moment} order by last_seen_at desc, id limit ${limit}`);
  return rows.map(toWorker);
}

/**
 * Workers that fell silent and of which no event says so yet, the last heard first: with tasks, when last seen before
 * `busyUntil`; idle and not draining, before `idleUntil`. Those last seen before `from` are left out.
 */
export async function listSilentWorkers(reader: Reader, silence: { from: number; busyUntil: number; idleUntil: number; limit: number }): Promise<Worker[]> {
  const rows = await reader.rows<WorkerRow>(sql`
    select * from workers
    where status <> 'removed' and last_seen_at >= ${silence.from} and last_seen_at < ${silence.busyUntil}
    and (running > 0 or (status = 'active' and last_seen_at < ${silence.idleUntil}))
    and not exists (select 1 from events where cause = 'worker_gone ' || workers.id || ' ' || workers.last_seen_at)
    order by last_seen_at desc, id limit ${silence.limit}`);
  return rows.map(toWorker);
}

/** Notes a sign of life. */
export async function touchWorker(tx: Tx, id: string, load: Load, now: number): Promise<void> {
  await tx.run(sql`update workers set last_seen_at = ${now}, load = ${JSON.stringify(load)} where id = ${id}`);
}

/**
 * Adds to a worker's counts; the changes may be negative. A lost attempt counts as failed too. Whatever a quarantined worker
 * ends may have to be set aside.
 */
export async function shiftWorker(tx: Tx, id: string, change: { running: number; completed: number; failed: number; lost?: number }): Promise<void> {
  await tx.run(sql`
    update workers set running = running + ${change.running}, completed = completed + ${change.completed}, failed = failed + ${change.failed},
      lost = lost + ${change.lost ?? 0}, quarantine_open = case when standing = 'quarantined' then 1 else 0 end
    where id = ${id}`);
}

export async function setWorkerStatus(tx: Tx, id: string, status: WorkerStatus): Promise<void> {
  await tx.run(sql`update workers set status = ${status} where id = ${id}`);
}

function toWorker(row: WorkerRow): Worker {
  return {
    id: row.id,
    ownerId: row.owner_id,
    name: row.name,
    hardware: JSON.parse(row.hardware) as Hardware,
    runtimes: JSON.parse(row.runtimes) as Runtimes,
    slots: row.slots,
    sandbox: row.sandbox === null ? null : (JSON.parse(row.sandbox) as Sandbox),
    status: row.status as WorkerStatus,
    standing: row.standing as Standing,
    standingReason: row.standing_reason,
    quarantineOpen: row.quarantine_open === 1,
    load: row.load === null ? null : (JSON.parse(row.load) as Load),
    running: row.running,
    completed: row.completed,
    failed: row.failed,
    lost: row.lost,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
  };
}
