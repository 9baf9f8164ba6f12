import { join, raw, sql, type Reader, type Sql, type Tx } from './seam.ts';

/** Ids of tasks of a family, the first ones by number. */
export async function listTaskIds(reader: Reader, familyId: string, limit: number): Promise<string[]> {
  const rows = await reader.rows<{ id: string }>(sql`select id from tasks where family_id = ${familyId} order by number limit ${limit}`);
  return rows.map((row) => row.id);
}

/**
 * Deletes tasks with all that hangs on them: learning curves and logs first, at most so many rows of each, then, once
 * there are none, attempts and the tasks themselves. Returns how many tasks are gone, which is none or all of them.
 */
export async function deleteTaskRows(tx: Tx, ids: readonly string[], mostRows: number): Promise<number> {
  const these = join([...ids]);
  const points = await deletePart(tx, 'points', 'task_id, attempt, name, step', these, mostRows);
  const chunks = await deletePart(tx, 'log_chunks', 'task_id, attempt, number', these, mostRows);
  if (points === mostRows || chunks === mostRows) return 0;
  await tx.run(sql`delete from audits where task_id in (${these})`);
  await tx.run(sql`delete from attempts where task_id in (${these})`);
  return tx.run(sql`delete from tasks where id in (${these})`);
}

async function deletePart(tx: Tx, table: string, key: string, ids: Sql, most: number): Promise<number> {
  return tx.run(sql`
    delete from ${raw(table)} where (${raw(key)}) in (
      select ${raw(key)} from ${raw(table)} where task_id in (${ids}) order by ${raw(key)} limit ${most})`);
}
