import { html, type SafeHtml } from '@remix-run/html-template';

export { html };

/** HTML that may be sent: made by the {@link html} tag, which escapes every value that is not a fragment itself. */
export type Fragment = SafeHtml;

/** What the {@link html} tag takes as a value; null and undefined render nothing. */
export type Content = Fragment | string | number | null | undefined | Content[];

/** A fragment without content. */
export const nothing: Fragment = html``;

/**
 * Passes markup that a renderer of ours made, such as an SVG picture, through unescaped. The renderer must have escaped
 * every text in it; nothing that came from outside is ever given to this function as it is.
 */
export function markup(text: string): Fragment {
  return html.raw`${text}`;
}

/** Contents one after the other with something between them. */
export function between(contents: readonly Content[], separator: Content): Fragment {
  return html`${contents.map((content, index) => (index === 0 ? html`${content}` : html`${separator}${content}`))}`;
}
