import type { Counts } from '#core/brief.ts';
import { one, sql, type Reader, type Tx } from './seam.ts';

/** Counts of everything on the server. */
export type Totals = Counts & { briefs: number; families: number };

const SHARDS = 16;

/** Adds to the totals; changes may be negative. The shard follows from the family, so that its writers meet anyway. */
export async function shiftTotals(tx: Tx, familyId: string, change: Partial<Totals>): Promise<void> {
  const { briefs = 0, families = 0, pending = 0, running = 0, completed = 0, failed = 0, cancelled = 0 } = change;
  await tx.run(sql`
    insert into totals (shard, briefs, families, pending, running, completed, failed, cancelled)
    values (${shardOf(familyId)}, ${briefs}, ${families}, ${pending}, ${running}, ${completed}, ${failed}, ${cancelled})
    on conflict (shard) do update set
      briefs = totals.briefs + excluded.briefs, families = totals.families + excluded.families,
      pending = totals.pending + excluded.pending, running = totals.running + excluded.running,
      completed = totals.completed + excluded.completed, failed = totals.failed + excluded.failed,
      cancelled = totals.cancelled + excluded.cancelled`);
}

export async function readTotals(reader: Reader): Promise<Totals> {
  return one<Totals>(reader, sql`
    select cast(coalesce(sum(briefs), 0) as bigint) as briefs, cast(coalesce(sum(families), 0) as bigint) as families,
      cast(coalesce(sum(pending), 0) as bigint) as pending, cast(coalesce(sum(running), 0) as bigint) as running,
      cast(coalesce(sum(completed), 0) as bigint) as completed, cast(coalesce(sum(failed), 0) as bigint) as failed,
      cast(coalesce(sum(cancelled), 0) as bigint) as cancelled
    from totals limit 1`);
}

function shardOf(familyId: string): number {
  let sum = 0;
  for (const character of familyId) sum = (sum * 31 + character.charCodeAt(0)) % SHARDS;
  return sum;
}
