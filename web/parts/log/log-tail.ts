import type { Reader } from '#store/seam.ts';
import { html, type Fragment } from '#web/html.ts';
import { count, countOf } from '#web/parts/number.ts';
import { paths } from '#web/paths.ts';
import { logLines } from './log-lines.ts';
import { countLines, readLines, type LogName } from './read-lines.ts';

const MOST_LINES = 100;

/** The last lines of an attempt's log, and the way to the whole. */
export async function logTail(reader: Reader, log: LogName): Promise<Fragment> {
  const total = await countLines(reader, log);
  if (total === 0) return html`<p class="none">Nothing has been written yet: what the script writes to its error output appears here.</p>`;
  const lines = await readLines(reader, log, Math.max(1, total - MOST_LINES + 1), MOST_LINES);
  const said = lines.length < total ? `The last ${count(lines.length)} of ${countOf(total, 'line')}` : total === 1 ? 'The only line' : `All ${countOf(total, 'line')}`;
  return html`<div class="log" tabindex="0" role="region" aria-label="End of the log">${logLines(log, lines)}</div>
<p class="fine">${said} of attempt ${log.attempt} · <a href="${paths.taskLog(log.taskId, { attempt: log.attempt })}">search and read all of it</a> · <a href="${paths.taskLogText(log.taskId, { attempt: log.attempt })}">as text</a></p>`;
}
