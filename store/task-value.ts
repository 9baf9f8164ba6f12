import type { TaskState } from '#core/task.ts';
import { join, sql, type Reader } from './seam.ts';

/** What pictures need of a task; its configuration stays unread. */
export type TaskValue = { id: string; number: number; state: TaskState; value: number | null };

type ValueRow = { id: string; number: number; state: string; value: number | null };

/** The tasks of a family by number, without what makes them heavy. */
export async function listTaskValues(reader: Reader, familyId: string, page: { limit: number; after: number | null }): Promise<TaskValue[]> {
  const rows = await reader.rows<ValueRow>(sql`
    select id, number, state, value from tasks where family_id = ${familyId} and number > ${page.after ?? 0}
    order by number limit ${page.limit}`);
  return rows.map(toValue);
}

/** The tasks of a family with these numbers, as far as they exist: a sample of a family too large to be read. */
export async function sampleTaskValues(reader: Reader, familyId: string, numbers: readonly number[]): Promise<TaskValue[]> {
  if (numbers.length === 0) return [];
  const rows = await reader.rows<ValueRow>(sql`
    select id, number, state, value from tasks where family_id = ${familyId} and number in (${join(numbers)})
    order by number limit ${numbers.length}`);
  return rows.map(toValue);
}

function toValue(row: ValueRow): TaskValue {
  return { id: row.id, number: row.number, state: row.state as TaskState, value: row.value };
}
