import { html, type Fragment } from '#web/html.ts';
import { paths } from '#web/paths.ts';
import { parseAnsi, type Span } from './ansi.ts';
import type { LogLine, LogName } from './read-lines.ts';

/** A stretch of a line, which may be what was searched. */
export type ShownSpan = Span & { isMatch: boolean };

/** What a page knows of the lines that it shows: the text that is searched, and the line that its address names. */
export type Shown = { search: string | null; target: number | null };

/** Lines of a log as a numbered list. Everything a program wrote is text; its colours are classes. */
export function logLines(log: LogName, lines: readonly LogLine[], shown: Shown = { search: null, target: null }): Fragment {
  return html`<ol class="lines">${lines.map((line) => lineItem(log, line, shown))}</ol>`;
}

/** A line's stretches; those that hold the searched text are parted from the others. */
export function spansOf(line: Pick<LogLine, 'text'>, search: string | null): ShownSpan[] {
  const spans = parseAnsi(line.text);
  const matches = search === null || search === '' ? [] : placesOf(spans.map((span) => span.text).join(''), search);
  if (matches.length === 0) return spans.map((span) => ({ ...span, isMatch: false }));
  const edges = matches.flatMap((at) => [at, at + (search?.length ?? 0)]);
  let from = 0;
  return spans.flatMap(({ text, style }) => {
    const until = from + text.length;
    const cuts = [from, ...edges.filter((edge) => edge > from && edge < until), until];
    from = until;
    return cuts.slice(1).map((end, index) => {
      const begin = cuts[index] ?? 0;
      const start = until - text.length;
      return { text: text.slice(begin - start, end - start), style, isMatch: matches.some((at) => at <= begin && end <= at + (search?.length ?? 0)) };
    });
  });
}

function lineItem(log: LogName, line: LogLine, { search, target }: Shown): Fragment {
  const { taskId, attempt } = log;
  const href = paths.taskLog(taskId, { attempt, q: search, line: line.number });
  const whole = line.cut ? html` <a class="whole" href="${paths.taskLogText(taskId, { attempt, line: line.number })}">… whole line</a>` : null;
  return html`<li id="L${line.number}"${line.number === target ? html` class="current"` : null}><a href="${href}">${line.number}</a><span>${spansOf(line, search).map(spanText)}${whole}</span></li>
`;
}

function spanText({ text, style, isMatch }: ShownSpan): Fragment {
  const styled = style === '' ? html`${text}` : html`<span class="${style}">${text}</span>`;
  return isMatch ? html`<mark>${styled}</mark>` : styled;
}

function placesOf(text: string, search: string): number[] {
  // Lower case of a few letters is longer than they are; the place of a match would then be another one.
  const lower = text.toLowerCase();
  const [where, what] = lower.length === text.length ? [lower, search.toLowerCase()] : [text, search];
  const places: number[] = [];
  for (let at = where.indexOf(what); at >= 0; at = where.indexOf(what, at + what.length)) places.push(at);
  return places;
}
