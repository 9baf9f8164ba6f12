import { stripVTControlCharacters } from 'node:util';
import { lastLogChunks } from '#store/log.ts';
import type { Reader } from '#store/seam.ts';
import { html, type Fragment } from '#web/html.ts';
import { paths } from '#web/paths.ts';
import { count, countOf } from './number.ts';

const MOST_LINES = 200;
const MOST_LINE_CHARACTERS = 2000;
/** How many pieces are read at a time until there are lines enough; a piece is as long as the worker chose. */
const CHUNKS_PER_LOOK = [2, 8, 32, 128];

/** The last lines of an attempt's log, and the way to the whole. Escape sequences of terminals are left out. */
export async function logTail(reader: Reader, taskId: string, attempt: number): Promise<Fragment> {
  const { lines, whole } = await lastLines(reader, taskId, attempt);
  if (lines.length === 0) return html`<p class="none">Nothing has been written yet: what the script writes to its error output appears here.</p>`;
  const shown = lines.map((line) => (line.length > MOST_LINE_CHARACTERS ? `${line.slice(0, MOST_LINE_CHARACTERS)} …` : line)).join('\n');
  return html`<div class="log" tabindex="0" role="region" aria-label="End of the log"><pre>${shown}</pre></div>
<p class="fine">${whole ? (lines.length === 1 ? 'The only line' : `All ${countOf(lines.length, 'line')}`) : `The last ${count(lines.length)} lines`} of attempt ${attempt} · <a href="${paths.taskLog(taskId, { attempt })}">whole log as text</a></p>`;
}

async function lastLines(reader: Reader, taskId: string, attempt: number): Promise<{ lines: string[]; whole: boolean }> {
  let lines: string[] = [];
  let whole = false;
  for (const limit of CHUNKS_PER_LOOK) {
    const chunks = await lastLogChunks(reader, taskId, attempt, limit);
    lines = stripVTControlCharacters(chunks.map((chunk) => chunk.content).join('')).replace(/\r?\n$/, '').split(/\r?\n|\r/);
    whole = chunks.length < limit && lines.length <= MOST_LINES;
    if (chunks.length === 0) return { lines: [], whole: true };
    if (chunks.length < limit || lines.length > MOST_LINES) break;
  }
  return { lines: lines.slice(-MOST_LINES), whole };
}
