import { EVENT_KINDS, type Event } from '#core/event.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { TOPICS } from '#engine/engine.ts';
import { listEvents, readMark } from '#store/event.ts';
import type { Web } from '#web/context.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import type { Region } from '#web/live.ts';
import { paths } from '#web/paths.ts';

const MOST_COUNTED = 100;
/** So many of the newest come along for the toasts; who missed more sees their number. */
const MOST_NEWS = 3;

/** The bell of every page. There is one account, so what is unread is the same for all who look. */
export function bellRegion(web: Web): Region {
  const render = async (): Promise<Fragment> => {
    const mark = await readMark(web.reader, LOCAL_ID);
    const unread = await listEvents(web.reader, { limit: MOST_COUNTED, before: null, after: mark, kind: null });
    return bell(unread.length, unread.slice(0, MOST_NEWS), unread[0]?.id ?? mark);
  };
  return { id: 'bell', topics: [TOPICS.events], render, shared: true };
}

/** The bell with the number of unread events; the newest of them lie hidden beside it, and `notify.js` shows what is new as toasts. */
export function bell(unread: number, news: readonly Event[], newest: string): Fragment {
  const said = unread >= MOST_COUNTED ? `${MOST_COUNTED - 1}+` : String(unread);
  return html`<a class="bell" href="${paths.notifications()}" aria-label="Notifications${unread === 0 ? '' : `, ${said} unread`}"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 1a4.5 4.5 0 0 0-4.5 4.5V9L2 11.5h12L12.5 9V5.5A4.5 4.5 0 0 0 8 1ZM6 13a2 2 0 0 0 4 0Z"/></svg>${unread === 0 ? nothing : html`<b>${said}</b>`}</a>
<ul hidden data-newest="${newest}">${news.map((event) => html`<li id="news-${event.id}"><a href="${eventPath(event)}">${titleOf(event)}</a> <span>${event.detail}</span></li>`)}</ul>`;
}

/** What an event is, in a few words. */
export function titleOf(event: Event): string {
  return `${EVENT_KINDS[event.kind]}: ${event.subject}`;
}

/** The page that an event is about. */
export function eventPath({ taskId, briefId, workerId }: Event): string {
  if (taskId !== null) return paths.task(taskId);
  if (briefId !== null) return paths.brief(briefId);
  return workerId === null ? paths.notifications() : paths.worker(workerId);
}
