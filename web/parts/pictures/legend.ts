import { html, type Content, type Fragment } from '#web/html.ts';

/** Colours of the categorical palette, and dash patterns; neither count divides the other, so 30 series differ. */
const TONES = 6;
const DASHES = 5;

/** The classes of the series with an index: a colour, and a dash pattern that tells it apart in grey. */
export function styleOf(index: number): string {
  return `hue-${(index % TONES) + 1} dash-${(index % DASHES) + 1}`;
}

/** The line that stands for a series, as it is drawn in pictures. */
export function swatch(index: number): Fragment {
  return html`<svg class="line-swatch" viewBox="0 0 30 10" aria-hidden="true"><line class="series ${styleOf(index)}" x1="1" y1="5" x2="29" y2="5"/></svg>`;
}

/** What the lines of a picture stand for, in their order. */
export function legend(entries: readonly { label: string; href: string; note: Content }[]): Fragment {
  return html`<ul class="legend">${entries.map((entry, index) => html`<li>${swatch(index)}<a href="${entry.href}" title="${entry.label}">${entry.label}</a> <small>${entry.note}</small></li>`)}</ul>`;
}
