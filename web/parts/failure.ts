import { stripVTControlCharacters } from 'node:util';
import type { TaskError } from '#core/result.ts';
import { html, type Fragment } from '#web/html.ts';
import { paths } from '#web/paths.ts';

/** The attempt whose log tells more: what the script last wrote becomes a link to its line there. */
type Place = { taskId: string; attempt: number };

const LONGEST_SEARCH = 200;
/** Later than any line: a search from here backwards finds the last one. */
const AFTER_ALL_LINES = 1e9;

/** Why an attempt failed, whole: what happened, and below it what the script last wrote, line by line. */
export function failureInFull(error: TaskError | null, place: Place | null = null): Fragment {
  const { headline, written } = split(error);
  return html`<p>${headline}</p>${written === '' ? null : html`<pre tabindex="0" aria-label="What the script last wrote">${written}</pre>`}${place === null || place.attempt === 0 ? null : html`<p class="fine"><a href="${logLine(place, written)}">${written === '' ? 'The end of its log' : 'The line in its log'}</a></p>`}`;
}

/** Why an attempt failed, for a row of a table: what happened and the last line that the script wrote, the rest on hover. */
export function failureInShort(error: TaskError, place: Place | null = null): Fragment {
  const { headline, written } = split(error);
  const last = written.split('\n').at(-1) ?? '';
  return html`<code>${error.kind}</code> <span class="headline" title="${failureText(error)}">${headline}</span>${last === '' ? null : html`<small class="last-words">${place === null ? last : html`<a href="${logLine(place, written)}">${last}</a>`}</small>`}`;
}

/** The message of a failure as plain text, without the escape sequences of terminals. */
export function failureText(error: TaskError | null): string {
  return stripVTControlCharacters(error?.message ?? 'No reason was given.').trim();
}

function logLine({ taskId, attempt }: Place, written: string): string {
  const last = written.split('\n').at(-1) ?? '';
  return paths.taskLog(taskId, last === '' ? { attempt } : { attempt, q: last.slice(0, LONGEST_SEARCH), before: AFTER_ALL_LINES });
}

function split(error: TaskError | null): { headline: string; written: string } {
  const [headline = '', ...lines] = failureText(error).split(/\r?\n|\r/);
  return { headline, written: lines.join('\n').trim() };
}
