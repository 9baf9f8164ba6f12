import { findChunkOfLine, findLogExtent, listLogChunks, type LogChunk } from '#store/log.ts';
import type { Reader } from '#store/seam.ts';

/** Which log: that of one attempt of a task. */
export type LogName = { taskId: string; attempt: number };

/** A line of a log; of a very long one only the beginning, and `cut` says so. */
export type LogLine = { number: number; text: string; cut: boolean };

/** Longer lines are cut where they are shown. */
const LONGEST_LINE = 4000;
/** A window is read until it is full or this much has been looked at, so that the server never holds more than that. */
const MOST_CHARACTERS_READ = 8 * 1024 * 1024;
/** Pieces may be a few words or a quarter of a million characters: one is read first, then ever more of them. */
const MOST_CHUNKS_PER_READ = 16;

/** How many lines a log has by now, one that is still being written included. */
export async function countLines(reader: Reader, log: LogName): Promise<number> {
  const { chunks, lineFeeds } = await findLogExtent(reader, log.taskId, log.attempt);
  const [last] = chunks === 0 ? [] : await listLogChunks(reader, log.taskId, log.attempt, { after: chunks - 1, limit: 1 });
  return last === undefined || last.content.endsWith('\n') ? lineFeeds : lineFeeds + 1;
}

/**
 * Up to `most` lines of a log from line `from` on, 1 being the first. What a carriage return overwrites is left out, as
 * a terminal does with the bar of a progress. Reads pieces around these lines alone; where lines are so long that this
 * would be too much, there are fewer of them, but at least one.
 */
export async function readLines(reader: Reader, log: LogName, from: number, most: number): Promise<LogLine[]> {
  const reading = new Reading(from, most);
  let next = await findChunkOfLine(reader, log.taskId, log.attempt, from);
  let left = MOST_CHARACTERS_READ;
  let limit = 1;
  while (next > 0 && left > 0) {
    const chunks = await listLogChunks(reader, log.taskId, log.attempt, { after: next - 1, limit });
    limit = Math.min(MOST_CHUNKS_PER_READ, limit * 4);
    if (chunks.length === 0) break;
    let jumpsTo = 0;
    for (const chunk of chunks) {
      left -= chunk.content.length;
      reading.add(chunk);
      if (reading.isFull) return reading.lines;
      if (left <= 0) break;
      // The middle of a very long line is not looked at: its end is found by the number of the line after it.
      jumpsTo = reading.isOverlong ? await findChunkOfLine(reader, log.taskId, log.attempt, reading.number + 1) : 0;
      if (jumpsTo > chunk.number) break;
      jumpsTo = 0;
    }
    next = jumpsTo > 0 ? jumpsTo : (chunks.at(-1)?.number ?? 0) + 1;
    if (jumpsTo > 0) limit = 1;
  }
  reading.end(left <= 0);
  return reading.lines;
}

/** The state between two pieces: the line that is being put together. */
class Reading {
  readonly lines: LogLine[] = [];
  number: number;
  readonly #from: number;
  readonly #most: number;
  #text = '';
  #cut = false;
  #begun = false;
  #returned = false;
  #any = false;

  constructor(from: number, most: number) {
    this.number = this.#from = from;
    this.#most = most;
  }

  get isFull(): boolean {
    return this.lines.length >= this.#most;
  }

  get isOverlong(): boolean {
    return this.#cut;
  }

  add(chunk: LogChunk): void {
    let at = this.#begun ? 0 : placeAfter(chunk.content, this.#from - 1 - chunk.lineFeedsBefore);
    if (at < 0) return;
    this.#begun = true;
    while (at < chunk.content.length && !this.isFull) {
      const end = chunk.content.indexOf('\n', at);
      this.#write(chunk.content.slice(at, end < 0 ? undefined : end));
      if (end < 0) return;
      this.#push();
      at = end + 1;
    }
  }

  /** The last line of a log may have no end yet; one that was left off for its length counts only if it is the only one. */
  end(leftOff: boolean): void {
    if (!this.#any || this.isFull || (leftOff && this.lines.length > 0)) return;
    this.#cut ||= leftOff;
    this.#push();
  }

  #write(piece: string): void {
    if (piece === '') return;
    let last = piece.length;
    while (last > 0 && piece[last - 1] === '\r') last -= 1;
    this.#any = true;
    const back = piece.lastIndexOf('\r', last - 1);
    if (last > 0 && (this.#returned || back >= 0)) this.#clear();
    this.#returned ||= last < piece.length;
    if (last === 0) return;
    const text = piece.slice(back < last ? back + 1 : 0, last);
    const room = LONGEST_LINE - this.#text.length;
    this.#text += text.slice(0, room);
    this.#cut ||= text.length > room;
  }

  #push(): void {
    this.lines.push({ number: this.number, text: this.#text.toWellFormed(), cut: this.#cut });
    this.number += 1;
    this.#clear();
    this.#any = false;
  }

  #clear(): void {
    this.#text = '';
    this.#cut = false;
    this.#returned = false;
  }
}

/** The place after the given number of line feeds; below 0 where there are not so many. */
function placeAfter(text: string, lineFeeds: number): number {
  let at = 0;
  for (let count = 0; count < lineFeeds; count += 1) {
    at = text.indexOf('\n', at) + 1;
    if (at === 0) return -1;
  }
  return at;
}
