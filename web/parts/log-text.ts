import { listLogChunks } from '#store/log.ts';
import type { Reader } from '#store/seam.ts';

const CHUNKS_PER_READ = 100;

/** A whole log in pieces, read as fast as it is taken. */
export async function* logText(reader: Reader, taskId: string, attempt: number): AsyncGenerator<string> {
  let after = 0;
  for (;;) {
    const chunks = await listLogChunks(reader, taskId, attempt, { after, limit: CHUNKS_PER_READ });
    for (const chunk of chunks) yield chunk.content;
    after = chunks.at(-1)?.number ?? after;
    if (chunks.length < CHUNKS_PER_READ) return;
  }
}
