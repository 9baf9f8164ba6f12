import { MINUTE_MS, minuteOf } from '#core/minute.ts';
import type { Load } from '#core/worker.ts';
import { raw, sql, type Reader, type Sql, type Tx } from './seam.ts';

/** A worker in one minute: the means of what its heartbeats said, and how many tasks it had at work on average. */
export type WorkerMinute = Load & { at: number; busy: number };

/** Adds a heartbeat to its minute. `running` is how many tasks the worker has at work. */
export async function addBeat(tx: Tx, workerId: string, at: number, load: Load, running: number): Promise<void> {
  await tx.run(sql`
    insert into worker_minutes (worker_id, minute, beats, busy, cpu_percent, ram_used_gb, gpu_percent)
    values (${workerId}, ${minuteOf(at)}, 1, ${running}, ${load.cpuPercent}, ${load.ramUsedGb}, ${load.gpuPercent})
    on conflict (worker_id, minute) do update set
      beats = worker_minutes.beats + 1, busy = worker_minutes.busy + excluded.busy,
      cpu_percent = ${meanOf('cpu_percent')}, ram_used_gb = ${meanOf('ram_used_gb')}, gpu_percent = ${meanOf('gpu_percent')}`);
}

type MinuteRow = { minute: number; beats: number; busy: number; cpu_percent: number | null; ram_used_gb: number | null; gpu_percent: number | null };

/** The minutes of a worker since a moment in which it was heard from, the oldest first. */
export async function listWorkerMinutes(reader: Reader, workerId: string, since: number, limit: number): Promise<WorkerMinute[]> {
  const rows = await reader.rows<MinuteRow>(sql`
    select minute, beats, busy, cpu_percent, ram_used_gb, gpu_percent from worker_minutes
    where worker_id = ${workerId} and minute >= ${minuteOf(since)} order by minute limit ${limit}`);
  return rows.map((row) => ({ at: row.minute * MINUTE_MS, busy: row.busy / row.beats, cpuPercent: row.cpu_percent, ramUsedGb: row.ram_used_gb, gpuPercent: row.gpu_percent }));
}

/** Workers that had the most at work since a moment, the busiest first; it reads a row for each of their minutes. */
export async function listBusiestWorkers(reader: Reader, since: number, limit: number): Promise<string[]> {
  const rows = await reader.rows<{ worker_id: string }>(sql`
    select worker_id from worker_minutes where minute >= ${minuteOf(since)}
    group by worker_id order by sum(busy) desc, worker_id limit ${limit}`);
  return rows.map((row) => row.worker_id);
}

/** Forgets at most so many minutes from before a moment; returns how many. */
export async function deleteWorkerMinutesBefore(tx: Tx, before: number, most: number): Promise<number> {
  return tx.run(sql`
    delete from worker_minutes where (worker_id, minute) in (
      select worker_id, minute from worker_minutes where minute < ${minuteOf(before)} order by minute, worker_id limit ${most})`);
}

/** The mean with one more value; one that cannot be told changes nothing. */
function meanOf(column: 'cpu_percent' | 'ram_used_gb' | 'gpu_percent'): Sql {
  const [kept, added] = [raw(`worker_minutes.${column}`), raw(`excluded.${column}`)];
  return sql`coalesce((${kept} * worker_minutes.beats + ${added}) / (worker_minutes.beats + 1), ${kept}, ${added})`;
}
