import { BRIEF_STATES, type BriefState, type Counts } from '#core/brief.ts';
import { join, one, raw, sql, type Reader, type Tx } from './seam.ts';
import { shardOf } from './shard.ts';

type CommonCounts = Counts & { briefs: number; families: number };

/** Counts of everything on the server. A family has its brief's state, so that `briefStates` counts families too. */
export type Totals = CommonCounts & { briefStates: Record<BriefState, number> };

/** Adds to the totals; changes may be negative. The shard follows from the family, so that its writers meet anyway. */
export async function shiftTotals(tx: Tx, familyId: string, change: Partial<CommonCounts>): Promise<void> {
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

/** Moves a brief from one state to another in the totals; null is before it was written, or after it was deleted. */
export async function shiftBriefState(tx: Tx, familyId: string, from: BriefState | null, to: BriefState | null): Promise<void> {
  const changes = [...(from === null ? [] : [{ column: columnOf(from), by: -1 }]), ...(to === null ? [] : [{ column: columnOf(to), by: 1 }])];
  if (from === to || changes.length === 0) return;
  await tx.run(sql`
    insert into totals (shard, ${join(changes.map(({ column }) => raw(column)))}) values (${shardOf(familyId)}, ${join(changes.map(({ by }) => by))})
    on conflict (shard) do update set ${join(changes.map(({ column }) => sql`${raw(column)} = totals.${raw(column)} + excluded.${raw(column)}`))}`);
}

export async function readTotals(reader: Reader): Promise<Totals> {
  const columns = ['briefs', 'families', 'pending', 'running', 'completed', 'failed', 'cancelled', ...BRIEF_STATES.map(columnOf)];
  const row = await one<Record<string, number>>(reader, sql`
    select ${join(columns.map((column) => sql`cast(coalesce(sum(${raw(column)}), 0) as bigint) as ${raw(column)}`))} from totals limit 1`);
  const count = (column: string): number => row[column] ?? 0;
  return {
    briefs: count('briefs'),
    families: count('families'),
    pending: count('pending'),
    running: count('running'),
    completed: count('completed'),
    failed: count('failed'),
    cancelled: count('cancelled'),
    briefStates: Object.fromEntries(BRIEF_STATES.map((state) => [state, count(columnOf(state))])) as Record<BriefState, number>,
  };
}

function columnOf(state: BriefState): string {
  return `briefs_${state}`;
}
