import { findChunkOfLine, listLogChunks } from '#store/log.ts';
import type { Reader } from '#store/seam.ts';
import type { LogName } from './read-lines.ts';

const CHUNKS_PER_READ = 16;

/** A whole log in pieces, read as fast as it is taken. */
export async function* logText(reader: Reader, log: LogName): AsyncGenerator<string> {
  for await (const chunk of chunksFrom(reader, log, 1)) yield chunk.content;
}

/** One line of a log in pieces, whatever its length, without its line feed. */
export async function* lineText(reader: Reader, log: LogName, line: number): AsyncGenerator<string> {
  let feedsLeft: number | null = null;
  for await (const { content, lineFeedsBefore } of chunksFrom(reader, log, await findChunkOfLine(reader, log.taskId, log.attempt, line))) {
    let at = 0;
    for (feedsLeft ??= line - 1 - lineFeedsBefore; feedsLeft > 0; feedsLeft -= 1) {
      at = content.indexOf('\n', at) + 1;
      if (at === 0) return;
    }
    const end = content.indexOf('\n', at);
    yield content.slice(at, end < 0 ? undefined : end);
    if (end >= 0) return;
  }
}

async function* chunksFrom(reader: Reader, log: LogName, first: number): AsyncGenerator<{ content: string; lineFeedsBefore: number }> {
  if (first === 0) return;
  let after = first - 1;
  for (;;) {
    const chunks = await listLogChunks(reader, log.taskId, log.attempt, { after, limit: CHUNKS_PER_READ });
    yield* chunks;
    after = chunks.at(-1)?.number ?? after;
    if (chunks.length < CHUNKS_PER_READ) return;
  }
}
