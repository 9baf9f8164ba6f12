import { MINUTE_MS, minuteOf } from '#core/minute.ts';
import { seededRandom } from '#core/random.ts';
import { sql, type Store } from '#store/seam.ts';
import { insertRows, type Row } from './seed-rows.ts';

/** Minutes are made up for the last part of the history only: pages show no more, and the server keeps a day. */
export const MINUTES = 360;
/** Heartbeats in a made-up minute. */
const BEATS = 12;
const MOST_ATTEMPTS = 1_000_000;

type Machine = { id: string; silentSince: number; ramGb: number };

/** Writes how busy each worker was in each of the last minutes: its attempts are those of the history, its load is made up. */
export async function makeWorkerMinutes(store: Store, machines: readonly Machine[], seed: number, now: number): Promise<void> {
  const random = seededRandom(seed, 0x10ad);
  const last = minuteOf(now) - 1;
  for (const machine of machines) {
    const spans = await store.reader.rows<{ started_at: number; finished_at: number | null }>(sql`
      select started_at, finished_at from attempts where worker_id = ${machine.id} and started_at >= ${now - 2 * MINUTES * MINUTE_MS}
      order by started_at, task_id limit ${MOST_ATTEMPTS}`);
    const rows: Row[] = [];
    for (let minute = last - MINUTES; minute <= Math.min(last, minuteOf(machine.silentSince)); minute += 1) {
      const [from, until] = [minute * MINUTE_MS, (minute + 1) * MINUTE_MS];
      const busyMs = spans.reduce((sum, span) => sum + Math.max(0, Math.min(until, span.finished_at ?? now) - Math.max(from, span.started_at)), 0);
      const busy = Math.round((BEATS * busyMs) / MINUTE_MS);
      const isIdle = busy === 0;
      rows.push({
        worker_id: machine.id, minute, beats: BEATS, busy,
        cpu_percent: Math.round(isIdle ? 2 + 5 * random() : 70 + 25 * random()), ram_used_gb: Number((machine.ramGb * (isIdle ? 0.15 : 0.35 + 0.1 * random())).toFixed(1)), gpu_percent: null,
      });
    }
    await store.write((tx) => insertRows(tx, 'worker_minutes', rows));
  }
}
