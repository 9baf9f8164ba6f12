import type { Sandbox } from '#core/sandbox.ts';
import type { Standing } from '#core/verify.ts';
import type { Hardware, Load, Runtimes, Worker, WorkerStatus } from '#core/worker.ts';
import { empty, first, one, sql, type Reader, type Sql, type Tx } from './seam.ts';

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

/** Adds to a worker's counts; the changes may be negative. A lost attempt counts as failed too. */
export async function shiftWorker(tx: Tx, id: string, change: { running: number; completed: number; failed: number; lost?: number }): Promise<void> {
  await tx.run(sql`
    update workers set running = running + ${change.running}, completed = completed + ${change.completed}, failed = failed + ${change.failed},
      lost = lost + ${change.lost ?? 0}
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
    load: row.load === null ? null : (JSON.parse(row.load) as Load),
    running: row.running,
    completed: row.completed,
    failed: row.failed,
    lost: row.lost,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
  };
}
