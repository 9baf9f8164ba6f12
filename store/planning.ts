import type { TaskError } from '#core/result.ts';
import type { Configuration } from '#core/space.ts';
import type { TaskPurpose, TaskState } from '#core/task.ts';
import { join, one, sql, type Reader, type Tx } from './seam.ts';

/** A task that waits for its configuration. */
export type UnplannedTask = { id: string; number: number; priority: number };

/** Tasks of a family that wait for their configurations: highest priority first, then lowest number. */
export async function listUnplanned(reader: Reader, familyId: string, purpose: TaskPurpose, limit: number): Promise<UnplannedTask[]> {
  return reader.rows<UnplannedTask>(sql`
    select id, number, priority from tasks where family_id = ${familyId} and purpose = ${purpose} and state = 'pending' and chosen_by is null
    order by priority desc, number limit ${limit}`);
}

/** Those with the numbers after one, whatever their priority: the replicates of a configuration stand together. */
export async function listUnplannedAfter(reader: Reader, familyId: string, purpose: TaskPurpose, number: number, limit: number): Promise<UnplannedTask[]> {
  return reader.rows<UnplannedTask>(sql`
    select id, number, priority from tasks where family_id = ${familyId} and number > ${number} and purpose = ${purpose} and state = 'pending' and chosen_by is null
    order by number limit ${limit}`);
}

/** How many tasks of a family wait for their configurations. */
export async function countUnplanned(reader: Reader, familyId: string): Promise<number> {
  const { n } = await one<{ n: number }>(reader, sql`select count(*) as n from tasks where family_id = ${familyId} and state = 'pending' and chosen_by is null limit 1`);
  return n;
}

/** How a task got its configuration. */
export type Choice = { id: string; config: Configuration; chosenBy: string; note: string | null };

/** Gives a task its configuration; false where it does not wait for one any more. */
export async function planTask(tx: Tx, choice: Choice): Promise<boolean> {
  const changed = await tx.run(sql`
    update tasks set config = ${JSON.stringify(choice.config)}, chosen_by = ${choice.chosenBy}, note = ${choice.note}
    where id = ${choice.id} and state = 'pending' and chosen_by is null`);
  return changed === 1;
}

/** Running families with tasks that wait for their configurations. */
export async function listFamiliesToPlan(reader: Reader, page: { limit: number; after: string }): Promise<string[]> {
  const rows = await reader.rows<{ id: string }>(sql`
    select id from families where state = 'running' and unplanned > 0 and deleted_at is null and id > ${page.after} order by id limit ${page.limit}`);
  return rows.map((row) => row.id);
}

/** What a search learns from a task that has its configuration, which never changes and is read apart. */
export type SearchRun = { number: number; state: TaskState; value: number | null; error: TaskError | null };

/** The tasks of a family that have their configurations, by number. */
export async function listSearchRuns(reader: Reader, familyId: string, page: { limit: number; after: number }): Promise<SearchRun[]> {
  const rows = await reader.rows<{ number: number; state: string; value: number | null; error: string | null }>(sql`
    select number, state, value, case when state = 'cancelled' then error end as error from tasks
    where family_id = ${familyId} and number > ${page.after} and chosen_by is not null
    order by number limit ${page.limit}`);
  return rows.map((row) => ({ number: row.number, state: row.state as TaskState, value: row.value, error: row.error === null ? null : (JSON.parse(row.error) as TaskError) }));
}

/** The configurations of tasks of a family with these numbers. */
export async function findConfigurations(reader: Reader, familyId: string, numbers: readonly number[]): Promise<Map<number, Configuration>> {
  if (numbers.length === 0) return new Map();
  const rows = await reader.rows<{ number: number; config: string }>(sql`
    select number, config from tasks where family_id = ${familyId} and number in (${join([...numbers])}) and chosen_by is not null
    order by number limit ${numbers.length}`);
  return new Map(rows.map((row) => [row.number, JSON.parse(row.config) as Configuration]));
}
