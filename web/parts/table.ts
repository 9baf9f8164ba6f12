import { html, nothing, type Content, type Fragment } from '#web/html.ts';

/** A column: its head, and `num` for figures (aligned right), `id` for ids, `pick` for boxes, `wide` for texts that may wrap. */
export type Column = { head: Content; kind?: 'num' | 'id' | 'wide' | 'pick' | undefined; sort?: 'ascending' | 'descending' | undefined };

/** A row; its id is stable, so that a live update morphs the row it belongs to. */
export type Row = { id: string; cells: Content[] };

/**
 * A table that scrolls inside its card. The caption names it for those who cannot see it.
 *
 * @param layout `stacked` makes a block of each row on a phone, where scrolling sideways would hide what matters
 */
export function table(caption: string, columns: readonly Column[], rows: readonly Row[], layout: 'rows' | 'stacked' = 'rows'): Fragment {
  const headOf = (column: Column | undefined) => (layout === 'stacked' && typeof column?.head === 'string' ? html` data-head="${column.head}"` : nothing);
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table${layout === 'stacked' ? html` class="stacked"` : nothing}>
<thead><tr>${columns.map((column) => html`<th scope="col"${kindOf(column)}${column.sort === undefined ? null : html` aria-sort="${column.sort}"`}>${column.head}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr id="${row.id}">${row.cells.map((cell, index) => html`<td${kindOf(columns[index])}${headOf(columns[index])}>${cell}</td>`)}</tr>
`)}</tbody></table></div>`;
}

/** A card with a head and a body: the frame of every table and picture. */
export function card(title: Content, body: Content, beside: Content = nothing): Fragment {
  return html`<article><header><h2>${title}</h2>${beside}</header>${body}</article>`;
}

/** Names and values, one pair per line, e.g. the facts of a task. */
export function facts(pairs: readonly (readonly [name: Content, value: Content])[]): Fragment {
  return html`<dl class="facts">${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}

/** What a list says when it has nothing: why that is, and the next step. */
export function emptyState(title: string, explanation: Content, action: Content = nothing): Fragment {
  return html`<div class="empty"><p><strong>${title}</strong></p><p>${explanation}</p>${action}</div>`;
}

/**
 * Links at the foot of a list that is paged by key: back to its beginning, and on to the next page.
 *
 * @param first the address of the first page; null where this is it
 * @param next the address of the next page; null where this is the last
 * @param words.of what is paged, where a page has several lists
 */
export function pager(first: string | null, next: string | null, words: { first: string; next: string; of?: string } = { first: 'Newest', next: 'Older' }): Fragment {
  if (first === null && next === null) return nothing;
  const link = (href: string | null, text: string, rel: Fragment) => (href === null ? html`<span class="none">${text}</span>` : html`<a href="${href}"${rel}>${text}</a>`);
  return html`<nav class="pager" aria-label="${words.of === undefined ? 'Pages' : `Pages of ${words.of}`}">${link(first, `← ${words.first}`, nothing)} ${link(next, `${words.next} →`, html` rel="next"`)}</nav>`;
}

function kindOf(column: Column | undefined): Fragment {
  return column?.kind === undefined ? nothing : html` class="${column.kind}"`;
}
