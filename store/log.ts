import { empty, first, sql, type Reader, type Tx } from './seam.ts';

/** How much of an attempt's log is kept: characters, pieces, and line feeds. */
export type LogExtent = { characters: number; chunks: number; lineFeeds: number };

/** A piece of a log, with the number of line feeds in all pieces before it. */
export type LogChunk = { number: number; content: string; lineFeedsBefore: number };

type ExtentRow = { log_characters: number; log_chunks: number; log_line_feeds: number };
type ChunkRow = { number: number; content: string; line_feeds_before: number };

/** The extent of a log, locked until the transaction ends. */
export async function lockLog(tx: Tx, taskId: string, attempt: number): Promise<LogExtent> {
  return toExtent(
    await first<ExtentRow>(tx, sql`
      select log_characters, log_chunks, log_line_feeds from attempts where task_id = ${taskId} and attempt = ${attempt}
      limit 1 ${tx.dialect === 'postgres' ? sql`for update` : empty}`),
  );
}

/** The extent of a log as it is now; nothing for an attempt that there is not. */
export async function findLogExtent(reader: Reader, taskId: string, attempt: number): Promise<LogExtent> {
  return toExtent(await first<ExtentRow>(reader, sql`
    select log_characters, log_chunks, log_line_feeds from attempts where task_id = ${taskId} and attempt = ${attempt} limit 1`));
}

/** Appends to an attempt's log, whose extent was locked before. */
export async function appendLog(tx: Tx, taskId: string, attempt: number, extent: LogExtent, content: string): Promise<void> {
  await tx.run(sql`
    insert into log_chunks (task_id, attempt, number, content, line_feeds_before)
    values (${taskId}, ${attempt}, ${extent.chunks + 1}, ${content}, ${extent.lineFeeds})`);
  await tx.run(sql`
    update attempts set log_characters = ${extent.characters + content.length}, log_chunks = ${extent.chunks + 1},
      log_line_feeds = ${extent.lineFeeds + countLineFeeds(content)}
    where task_id = ${taskId} and attempt = ${attempt}`);
}

/** Pieces of a log in order, after piece number `after`. */
export async function listLogChunks(reader: Reader, taskId: string, attempt: number, page: { after: number; limit: number }): Promise<LogChunk[]> {
  const rows = await reader.rows<ChunkRow>(sql`
    select number, content, line_feeds_before from log_chunks where task_id = ${taskId} and attempt = ${attempt} and number > ${page.after}
    order by number limit ${page.limit}`);
  return rows.map(toChunk);
}

/** The number of the piece in which a line begins, 1 being the first of both; 0 where nothing is kept. */
export async function findChunkOfLine(reader: Reader, taskId: string, attempt: number, line: number): Promise<number> {
  // A line begins after the line feed of the one before, which stands in the last piece with fewer line feeds before it.
  const row = await first<{ number: number }>(reader, sql`
    select number from log_chunks where task_id = ${taskId} and attempt = ${attempt}
    ${line <= 1 ? sql`and number = 1` : sql`and line_feeds_before < ${line - 1}`}
    order by line_feeds_before desc, number desc limit 1`);
  return row?.number ?? 0;
}

function toExtent(row: ExtentRow | null): LogExtent {
  return { characters: row?.log_characters ?? 0, chunks: row?.log_chunks ?? 0, lineFeeds: row?.log_line_feeds ?? 0 };
}

function toChunk(row: ChunkRow): LogChunk {
  return { number: row.number, content: row.content, lineFeedsBefore: row.line_feeds_before };
}

function countLineFeeds(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}
