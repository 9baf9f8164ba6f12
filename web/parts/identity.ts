import type { Task } from '#core/task.ts';
import type { Configuration } from '#core/space.ts';
import { between, html, type Content, type Fragment } from '#web/html.ts';
import { paths } from '#web/paths.ts';

/** Characters of an id that only say when it was made; the others tell things apart. */
const TIME_CHARACTERS = 9;

/** An id in its short form: without the part that says when it was made. */
export function shortId(id: string): string {
  return id.length > TIME_CHARACTERS + 4 ? id.slice(TIME_CHARACTERS) : id;
}

/** An id as a link, short, whole on hover. */
export function idLink(href: string, id: string): Fragment {
  return html`<a class="mono" href="${href}" title="${id}">${shortId(id)}</a>`;
}

/** A task as a link. */
export function taskLink(task: Pick<Task, 'id'>): Fragment {
  return idLink(paths.task(task.id), task.id);
}

/** A noun by its name, as a link that is cut rather than wrapped, whole on hover; a mark may follow it. */
export function named(href: string, name: string, mark: Content = null): Fragment {
  return html`<span class="named"><a href="${href}" title="${name}">${name}</a>${mark}</span>`;
}

/** Where a page stands: the lists and nouns above it. */
export function crumbs(...above: (readonly [href: string, name: string])[]): Fragment {
  return html`<nav class="crumbs" aria-label="Above this page">${between(above.map(([href, name]) => html`<a href="${href}">${name}</a>`), ' / ')}</nav>`;
}

/** A configuration as a table of names and exact values; a note may stand beside each. */
export function configurationTable(config: Configuration, notes: Record<string, Content> = {}): Fragment {
  return html`<div class="scroll" tabindex="0" role="group" aria-label="Configuration"><table class="config"><tbody>${Object.entries(config).map(
    ([name, value]) => html`<tr><th scope="row">${name}</th><td>${String(value)}</td>${Object.keys(notes).length === 0 ? null : html`<td class="note">${Object.hasOwn(notes, name) ? notes[name] : null}</td>`}</tr>`,
  )}</tbody></table></div>`;
}

/** A configuration in one line, for tables and titles. */
export function configurationText(config: Configuration): string {
  return Object.entries(config).map(([name, value]) => `${name}=${String(value)}`).join(' ');
}

/** Text to paste elsewhere, with a button that copies it where scripts run. */
export function copyable(id: string, text: string, label: string): Fragment {
  return html`<div class="copyable"><pre id="${id}" tabindex="0" aria-label="${label}">${text}</pre><button type="button" class="copy" data-copy="${id}">Copy</button></div>`;
}
