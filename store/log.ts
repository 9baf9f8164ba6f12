import { empty, first, sql, type Reader, type Tx } from './seam.ts';

/** How much of an attempt's log is kept: characters and pieces. */
export type LogExtent = { characters: number; chunks: number };

/** The extent of a log, locked until the transaction ends. */
export async function lockLog(tx: Tx, taskId: string, attempt: number): Promise<LogExtent> {
  const row = await first<{ log_characters: number; log_chunks: number }>(tx, sql`
    select log_characters, log_chunks from attempts where task_id = ${taskId} and attempt = ${attempt}
    limit 1 ${tx.dialect === 'postgres' ? sql`for update` : empty}`);
  return { characters: row?.log_characters ?? 0, chunks: row?.log_chunks ?? 0 };
}

/** Appends to an attempt's log, whose extent was locked before. */
export async function appendLog(tx: Tx, taskId: string, attempt: number, extent: LogExtent, content: string): Promise<void> {
  await tx.run(sql`insert into log_chunks (task_id, attempt, number, content) values (${taskId}, ${attempt}, ${extent.chunks + 1}, ${content})`);
  await tx.run(sql`
    update attempts set log_characters = ${extent.characters + content.length}, log_chunks = ${extent.chunks + 1}
    where task_id = ${taskId} and attempt = ${attempt}`);
}

/** Pieces of a log in order, after piece number `after`. */
export async function listLogChunks(reader: Reader, taskId: string, attempt: number, page: { after: number; limit: number }): Promise<{ number: number; content: string }[]> {
  return reader.rows<{ number: number; content: string }>(sql`
    select number, content from log_chunks where task_id = ${taskId} and attempt = ${attempt} and number > ${page.after}
    order by number limit ${page.limit}`);
}

/** The last pieces of a log, in order. */
export async function lastLogChunks(reader: Reader, taskId: string, attempt: number, limit: number): Promise<{ number: number; content: string }[]> {
  const rows = await reader.rows<{ number: number; content: string }>(sql`
    select number, content from log_chunks where task_id = ${taskId} and attempt = ${attempt} order by number desc limit ${limit}`);
  return rows.reverse();
}
