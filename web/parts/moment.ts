import { html, type Fragment } from '#web/html.ts';
import { duration } from './number.ts';

/**
 * How long ago something was, e.g. `4 s ago`, with the exact moment on hover. `moment.js` keeps it true without
 * requests and shows the moment in the viewer's zone; the text must stay the same as the one made there.
 *
 * @param at epoch milliseconds; null shows a dash
 * @param now the server's clock in epoch milliseconds
 */
export function ago(at: number | null, now: number): Fragment {
  return at === null ? html`<span class="none">–</span>` : html`<time datetime="${new Date(at).toISOString()}" title="${exactly(at)}" data-tick="ago">${agoText(now - at)}</time>`;
}

/** How long something has been going on, e.g. `12 s`; kept true like {@link ago}. */
export function elapsed(since: number, now: number): Fragment {
  return html`<time datetime="${new Date(since).toISOString()}" title="since ${exactly(since)}" data-tick="elapsed">${elapsedText(now - since)}</time>`;
}

/** How long something took, or has been taking: a dash before it began. */
export function took(from: number | null, until: number | null, now: number): Fragment {
  if (from === null) return html`<span class="none">–</span>`;
  return until === null ? elapsed(from, now) : html`${duration(until - from)}`;
}

/** A moment itself, e.g. when something is expected to end; `moment.js` puts it into the viewer's zone. */
export function moment(at: number): Fragment {
  return html`<time datetime="${new Date(at).toISOString()}" title="${exactly(at)}" data-tick="at">${exactly(at)}</time>`;
}

/** A moment as text, for titles and places without room for two forms. */
export function exactly(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
}

function agoText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return seconds < 1 ? 'just now' : `${elapsedText(milliseconds)} ago`;
}

function elapsedText(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}
