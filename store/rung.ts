import type { PrunerChoice } from '#core/brief.ts';
import type { Metric } from '#core/experiment.ts';
import type { Climb } from '#core/prune/pruner.ts';
import { first, join, sql, type Reader, type Tx } from './seam.ts';

/** Of a task what tells how it is stopped early. */
export type Pruning = { pruner: PrunerChoice; familyId: string; metric: Metric };

/** How the brief of a task stops tasks early; null where it does not. */
export async function findPruning(reader: Reader, taskId: string): Promise<Pruning | null> {
  const row = await first<{ pruner: string; family_id: string; metric: string }>(reader, sql`
    select briefs.pruner, tasks.family_id, families.metric from tasks
    join briefs on briefs.id = tasks.brief_id join families on families.id = tasks.family_id
    where tasks.id = ${taskId} and briefs.pruner is not null limit 1`);
  return row === null ? null : { pruner: JSON.parse(row.pruner) as PrunerChoice, familyId: row.family_id, metric: JSON.parse(row.metric) as Metric };
}

/** A task's value at a rung. */
export type RungValue = { taskId: string; rung: number; attempt: number; familyId: string; number: number; classId: string | null; value: number };

/** Keeps a value, in place of one of an earlier attempt. */
export async function saveRungValue(tx: Tx, one: RungValue): Promise<void> {
  await tx.run(sql`
    insert into rung_values (task_id, rung, attempt, family_id, number, class_id, value)
    values (${one.taskId}, ${one.rung}, ${one.attempt}, ${one.familyId}, ${one.number}, ${one.classId ?? ''}, ${one.value})
    on conflict (task_id, rung) do update set attempt = excluded.attempt, class_id = excluded.class_id, value = excluded.value`);
}

/** The values of an attempt by rung. */
export async function listRungValues(reader: Reader, taskId: string, attempt: number, limit: number): Promise<Map<number, number>> {
  const rows = await reader.rows<{ rung: number; value: number }>(sql`
    select rung, value from rung_values where task_id = ${taskId} and attempt = ${attempt} order by rung limit ${limit}`);
  return new Map(rows.map((row) => [row.rung, row.value]));
}

/**
 * The other tasks of a family and a class that have reached a rung, with their values there, at the rung before and at the
 * end, those of the highest numbers first. Values are as they were reported, and rungs further down are left out as null.
 */
export async function listClimbs(reader: Reader, familyId: string, classId: string | null, rung: number, except: string, limit: number): Promise<Climb[]> {
  const rows = await reader.rows<{ number: number; value: number; value_before: number | null; final: number | null }>(sql`
    select here.number, here.value, below.value as value_before, tasks.value as final from rung_values here
    join tasks on tasks.id = here.task_id
    left join rung_values below on below.task_id = here.task_id and below.rung = ${rung - 1} and below.attempt = here.attempt
    where here.family_id = ${familyId} and here.class_id = ${classId ?? ''} and here.rung = ${rung} and here.task_id <> ${except}
    order by here.number desc limit ${limit}`);
  const unread = Array.from<null>({ length: Math.max(0, rung - 1) }).fill(null);
  return rows.map((row) => ({ number: row.number, losses: rung === 0 ? [row.value] : [...unread, row.value_before, row.value], final: row.final }));
}

/** Deletes the values of tasks that are being deleted. */
export async function deleteRungValues(tx: Tx, taskIds: readonly string[]): Promise<void> {
  await tx.run(sql`delete from rung_values where task_id in (${join([...taskIds])})`);
}
