import type { MetricPoint } from '#core/task.ts';
import { empty, join, raw, sql, type Reader, type Tx } from './seam.ts';

type PointRow = { name: string; step: number; value: number; at_seconds: number };

const ROWS_PER_INSERT = 150;

/** Writes points of an attempt; a point that is there already (same name and step) stays as it is. Returns how many were new. */
export async function insertPoints(tx: Tx, taskId: string, attempt: number, points: readonly MetricPoint[]): Promise<number> {
  let inserted = 0;
  for (let from = 0; from < points.length; from += ROWS_PER_INSERT) {
    const rows = points
      .slice(from, from + ROWS_PER_INSERT)
      .map((point) => sql`(${taskId}, ${attempt}, ${point.name}, ${point.step}, ${point.value}, ${point.atSeconds})`);
    inserted += await tx.run(sql`
      insert into points (task_id, attempt, name, step, value, at_seconds) values ${join(rows)}
      on conflict (task_id, attempt, name, step) do nothing`);
  }
  return inserted;
}

export type PointPage = { name: string | null; limit: number; after: { name: string; step: number } | null };

/** The points of an attempt, by name and step. */
export async function listPoints(reader: Reader, taskId: string, attempt: number, page: PointPage): Promise<MetricPoint[]> {
  const rows = await reader.rows<PointRow>(sql`
    select name, step, value, at_seconds from points where task_id = ${taskId} and attempt = ${attempt}
    ${page.name === null ? empty : sql`and name = ${page.name}`}
    ${page.after === null ? empty : sql`and (name, step) > (${page.after.name}, ${page.after.step})`}
    order by name, step limit ${page.limit}`);
  return rows.map((row) => ({ name: row.name, step: row.step, value: row.value, atSeconds: row.at_seconds }));
}

/** The last points of one name, the newest first: what a running task shows. */
export async function latestPoints(reader: Reader, taskId: string, attempt: number, name: string, limit: number): Promise<MetricPoint[]> {
  const rows = await reader.rows<PointRow>(sql`
    select name, step, value, at_seconds from points where task_id = ${taskId} and attempt = ${attempt} and name = ${name}
    order by step desc limit ${raw(String(limit))}`);
  return rows.map((row) => ({ name: row.name, step: row.step, value: row.value, atSeconds: row.at_seconds }));
}

/** Points of one name at or after each of some steps, each once: a long curve in a bounded number of reads of the key. */
export async function samplePoints(reader: Reader, taskId: string, attempt: number, name: string, steps: readonly number[]): Promise<MetricPoint[]> {
  if (steps.length === 0) return [];
  const places = steps.map((step, index) => sql`
    select * from (select name, step, value, at_seconds from points
      where task_id = ${taskId} and attempt = ${attempt} and name = ${name} and step >= ${step} order by step limit 1) as place_${raw(String(index))}`);
  const rows = await reader.rows<PointRow>(sql`${join(places, ' union ')} order by step limit ${steps.length}`);
  return rows.map((row) => ({ name: row.name, step: row.step, value: row.value, atSeconds: row.at_seconds }));
}
