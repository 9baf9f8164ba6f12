import { MINUTE_MS, minuteOf } from '#core/minute.ts';
import { sql, type Reader, type Tx } from './seam.ts';
import { shardOf } from './shard.ts';

/** What ended within some time: tasks by how they ended, and what their workers earned. */
export type Activity = { completed: number; failed: number; earnedMicrocredits: number };

/** Adds the end of a family's tasks to the minute in which it happened. */
export async function addActivity(tx: Tx, familyId: string, at: number, ended: Activity): Promise<void> {
  await tx.run(sql`
    insert into activity (minute, shard, completed, failed, earned_microcredits)
    values (${minuteOf(at)}, ${shardOf(familyId)}, ${ended.completed}, ${ended.failed}, ${ended.earnedMicrocredits})
    on conflict (minute, shard) do update set
      completed = activity.completed + excluded.completed, failed = activity.failed + excluded.failed,
      earned_microcredits = activity.earned_microcredits + excluded.earned_microcredits`);
}

/** What ended in each minute since a moment, the oldest first; minutes in which nothing did are left out. */
export async function listActivity(reader: Reader, since: number, limit: number): Promise<(Activity & { at: number })[]> {
  const rows = await reader.rows<{ minute: number; completed: number; failed: number; earned: number }>(sql`
    select minute, cast(sum(completed) as bigint) as completed, cast(sum(failed) as bigint) as failed, cast(sum(earned_microcredits) as bigint) as earned
    from activity where minute >= ${minuteOf(since)} group by minute order by minute limit ${limit}`);
  return rows.map((row) => ({ at: row.minute * MINUTE_MS, completed: row.completed, failed: row.failed, earnedMicrocredits: row.earned }));
}

/** Forgets at most so many rows from before a moment; returns how many. */
export async function deleteActivityBefore(tx: Tx, before: number, most: number): Promise<number> {
  return tx.run(sql`
    delete from activity where (minute, shard) in (
      select minute, shard from activity where minute < ${minuteOf(before)} order by minute, shard limit ${most})`);
}
