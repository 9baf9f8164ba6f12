import { stripVTControlCharacters } from 'node:util';
import type { TaskError } from '#core/result.ts';
import { html, type Fragment } from '#web/html.ts';

/** Why an attempt failed, whole: what happened, and below it what the script last wrote, line by line. */
export function failureInFull(error: TaskError | null): Fragment {
  const { headline, written } = split(error);
  return html`<p>${headline}</p>${written === '' ? null : html`<pre tabindex="0" aria-label="What the script last wrote">${written}</pre>`}`;
}

/** Why an attempt failed, for a row of a table: what happened and the last line that the script wrote, the rest on hover. */
export function failureInShort(error: TaskError): Fragment {
  const { headline, written } = split(error);
  const last = written.split('\n').at(-1) ?? '';
  return html`<code>${error.kind}</code> <span title="${failureText(error)}">${headline}</span>${last === '' ? null : html`<small class="last-words">${last}</small>`}`;
}

/** The message of a failure as plain text, without the escape sequences of terminals. */
export function failureText(error: TaskError | null): string {
  return stripVTControlCharacters(error?.message ?? 'No reason was given.').trim();
}

function split(error: TaskError | null): { headline: string; written: string } {
  const [headline = '', ...lines] = failureText(error).split(/\r?\n|\r/);
  return { headline, written: lines.join('\n').trim() };
}
