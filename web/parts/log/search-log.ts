import { findChunkOfLine, listLogChunks, type LogChunk } from '#store/log.ts';
import type { Reader } from '#store/seam.ts';
import { plainLine } from './ansi.ts';
import type { LogName } from './read-lines.ts';

/** Lines that hold a text, in order; `next` is the line to go on from, null where all was looked at; `looked` counts characters. */
export type Found = { lines: number[]; next: number | null; looked: number };

/** How much of a log one request looks at: a fraction of a second. */
const MOST_CHARACTERS = 8 * 1024 * 1024;
const CHUNKS_PER_READ = 16;
/** A line that is longer is looked at in pieces, which overlap by the length of what is searched. */
const LONGEST_PIECE = 64 * 1024;
/** A text that is searched can have this many characters. */
export const LONGEST_SEARCH = 200;

/** Lines from `from` on, and before `until` where that is given, that hold a text, whatever its case; at most `most` of them. */
export async function searchForward(reader: Reader, log: LogName, text: string, from: number, options: { most: number; until?: number; characters?: number }): Promise<Found> {
  const search = new Search(text.toLowerCase(), from, options.until ?? Infinity, options.most);
  const most = options.characters ?? MOST_CHARACTERS;
  let after = (await findChunkOfLine(reader, log.taskId, log.attempt, from)) - 1;
  if (after < 0) return search.end();
  for (;;) {
    const chunks = await listLogChunks(reader, log.taskId, log.attempt, { after, limit: CHUNKS_PER_READ });
    for (const chunk of chunks) {
      // Requests that arrived meanwhile come first.
      await new Promise((resolve) => setImmediate(resolve));
      search.add(chunk, most);
      if (search.isOver) return search.found;
    }
    const last = chunks.at(-1);
    if (last === undefined) return search.end();
    after = last.number;
  }
}

/** The last line before `before` that holds a text; where it was not found, `next` says before which line to go on. */
export async function searchBackward(reader: Reader, log: LogName, text: string, before: number): Promise<Found> {
  let left = MOST_CHARACTERS;
  let until = before;
  while (until > 1 && left > 0) {
    const begins = await findChunkOfLine(reader, log.taskId, log.attempt, until - 1);
    const [first] = await listLogChunks(reader, log.taskId, log.attempt, { after: Math.max(0, begins - CHUNKS_PER_READ), limit: 1 });
    if (first === undefined) return { lines: [], next: null, looked: 0 };
    const from = first.lineFeedsBefore + 1;
    const found = await searchForward(reader, log, text, from, { most: Infinity, until, characters: Infinity });
    const last = found.lines.at(-1);
    if (last !== undefined) return { ...found, lines: [last], next: null };
    left -= found.looked;
    until = from;
  }
  return { lines: [], next: until > 1 ? until : null, looked: MOST_CHARACTERS - left };
}

/** The state between two pieces of a log: the line that goes on, and whether it was found already. */
class Search {
  readonly #text: string;
  readonly #from: number;
  readonly #until: number;
  readonly #most: number;
  readonly #lines: number[] = [];
  #number: number;
  #carried = '';
  #begun = false;
  #isFound = false;
  #next: number | null = null;
  #looked = 0;
  isOver = false;

  constructor(text: string, from: number, until: number, most: number) {
    this.#text = text;
    this.#number = this.#from = from;
    this.#until = until;
    this.#most = most;
  }

  get found(): Found {
    return { lines: this.#lines, next: this.#next, looked: this.#looked };
  }

  /** Looks at a piece; once `most` characters were looked at, the search is over with the line that ends. */
  add(chunk: LogChunk, most: number): void {
    let at = 0;
    this.#looked += chunk.content.length;
    if (!this.#begun) {
      this.#begun = true;
      for (let skipped = chunk.lineFeedsBefore + 1; skipped < this.#from; skipped += 1) {
        at = chunk.content.indexOf('\n', at) + 1;
        if (at === 0) return this.#stop(null);
      }
    }
    for (;;) {
      if (this.#number >= this.#until) return this.#stop(null);
      const end = chunk.content.indexOf('\n', at);
      if (end < 0) return this.#carry(chunk.content.slice(at));
      this.#look(this.#carried + chunk.content.slice(at, end));
      this.#endLine();
      at = end + 1;
      if (this.#lines.length >= this.#most || this.#looked >= most) return this.#stop(this.#number);
    }
  }

  /** The end of the log, which ends its last line too. */
  end(): Found {
    if (this.#carried !== '' || this.#isFound) {
      this.#look(this.#carried);
      this.#endLine();
    }
    this.#stop(null);
    return this.found;
  }

  #carry(text: string): void {
    this.#carried += text;
    if (this.#carried.length <= LONGEST_PIECE) return;
    this.#look(this.#carried);
    this.#carried = this.#carried.slice(-this.#text.length);
  }

  #look(line: string): void {
    this.#isFound ||= plainLine(line).toLowerCase().includes(this.#text);
  }

  #endLine(): void {
    if (this.#isFound) this.#lines.push(this.#number);
    this.#number += 1;
    this.#carried = '';
    this.#isFound = false;
  }

  #stop(next: number | null): void {
    this.isOver = true;
    this.#next = next;
  }
}
