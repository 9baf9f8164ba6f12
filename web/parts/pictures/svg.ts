import { plot, type PlotOptions } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { html, markup, nothing, type Fragment } from '#web/html.ts';

/** Units of the drawing; the page scales it to the width there is. */
export const PICTURE_WIDTH = 560;
export const PICTURE_HEIGHT = 270;

/** The class of marks that are too many to be stops of the tab key. */
export const MANY_MARKS = 'many';

/** One empty document serves every drawing: Plot only creates elements with it. */
const drawing = parseHTML('<!doctype html><html><body></body></html>').document;

const ELEMENT = 1;
const TEXT = 3;
const TAGS = new Set(['svg', 'g', 'path', 'line', 'rect', 'circle', 'text', 'tspan', 'title', 'a']);
const ATTRIBUTES = new Set([
  'class', 'href', 'transform', 'd', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'cx', 'cy', 'r', 'width', 'height', 'dx', 'dy',
  'fill', 'stroke', 'stroke-width', 'stroke-linecap', 'stroke-linejoin', 'stroke-dasharray', 'text-anchor',
]);
const SPECIAL = /[&<>"']/;
const LONG_FRACTION = /-?\d+\.\d{2,}/g;

/**
 * Draws with Observable Plot and returns the picture as HTML under a strict `style-src`: no style element, no style
 * attribute and no colour. This is the one place where a drawing becomes trusted HTML. Only the elements and attributes
 * of the lists above pass, every text and attribute is escaped by the {@link html} tag, and links lead nowhere but to
 * addresses of this site.
 *
 * @param options marks bear class names; `styles/pictures.css` says what they look like
 * @param summary what the picture shows, in a sentence, for those who do not see it
 * @param above drawn above the marks, in the same units
 */
export function drawPicture(options: PlotOptions, summary: string, above: Fragment = nothing): Fragment {
  const figure = plot({ width: PICTURE_WIDTH, height: PICTURE_HEIGHT, ...options, document: drawing });
  // A picture with links is a group: links inside of role="img" would be hidden from those who hear the page.
  const role = figure.querySelector('a') === null && above.length === 0 ? 'img' : 'group';
  const inside = [...figure.childNodes].map(serialise).join('');
  const open = html`<svg viewBox="0 0 ${options.width ?? PICTURE_WIDTH} ${options.height ?? PICTURE_HEIGHT}" role="${role}" aria-label="${summary}" text-anchor="middle">`;
  return markup(`${String(open)}${inside}${String(above)}</svg>`);
}

/** A picture with a caption that says how to read it; a `wide` one scrolls sideways where there is little room. */
export function pictureFrame(id: string, picture: Fragment, caption: string, kind: 'wide' | null = null): Fragment {
  return html`<figure class="picture${kind === null ? null : ` ${kind}`}" id="${id}">${kind === 'wide' ? html`<div class="frame" tabindex="0" role="region" aria-label="${caption}">${picture}</div>` : picture}<figcaption>${caption}</figcaption></figure>`;
}

function serialise(node: Node): string {
  if (node.nodeType === TEXT) return escaped(node.textContent ?? '');
  if (node.nodeType !== ELEMENT) return '';
  const element = node as Element;
  const tag = element.tagName.toLowerCase();
  if (!TAGS.has(tag)) return '';
  const attributes = [...element.attributes].map(({ name, value }) => (passes(name, value) ? ` ${name}="${escaped(name === 'href' ? value : shorten(value))}"` : '')).join('');
  return `<${tag}${attributes}${tag === 'a' ? String(linkAttributes(element)) : ''}>${[...element.childNodes].map(serialise).join('')}</${tag}>`;
}

/** Most texts of a drawing are numbers and need no escaping; looking first halves the time of a large one. */
function escaped(text: string): string {
  return SPECIAL.test(text) ? String(html`${text}`) : text;
}

/**
 * Whether the tab key stops at a link, and what it is called there. It stops at the few marks that matter; the many
 * others are reached by pointer here, where their titles name them, and by key in the table beside the picture.
 */
function linkAttributes(link: Element): Fragment {
  const many = link.parentElement?.getAttribute('class')?.split(' ').includes(MANY_MARKS) === true;
  if (many) return html` tabindex="-1"`;
  // Words in a picture are called what they say.
  return link.querySelector('text') === null ? html` aria-label="${link.querySelector('title')?.textContent}"` : nothing;
}

function passes(name: string, value: string): boolean {
  return ATTRIBUTES.has(name) && value !== 'inherit' && (name !== 'href' || /^\/(?!\/)/.test(value));
}

/** Tenths of a unit are about as fine as a screen; more digits would only make the page heavier. */
function shorten(value: string): string {
  return value.replace(LONG_FRACTION, (number) => String(Number(Number(number).toFixed(1))));
}
