import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { EVENT_KINDS, type Event, type EventKind } from '#core/event.ts';
import { refuse } from '#core/errors.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { TOPICS } from '#engine/engine.ts';
import { markEventsRead } from '#engine/mark-read.ts';
import { eventKind } from '#protocol/event.ts';
import { id } from '#protocol/scalar.ts';
import { listEvents, readMark } from '#store/event.ts';
import { html, nothing, type Fragment } from '#web/html.ts';
import { refusalPage, registerPage, type Page, type Site } from '#web/page.ts';
import { eventPath, titleOf } from '#web/parts/bell.ts';
import { ago } from '#web/parts/moment.ts';
import { emptyState, pager } from '#web/parts/table.ts';
import { paths } from '#web/paths.ts';
import { readQuery } from '#web/query.ts';

const EVENTS_PER_PAGE = 50;
const MOST_RECENT = 5;

const querySchema = z.object({ kind: eventKind.optional(), before: id.optional() });
const readSchema = z.object({ up_to: id });
const recentSchema = z.object({ after: id.or(z.literal('')).default('') });

/** What happened that people want to hear of, the newest first, with what is unread. */
export function registerNotificationList(app: FastifyInstance, site: Site): void {
  registerPage(app, site, paths.notifications(), async (request) => {
    const query = readQuery(querySchema, request);
    return query.ok ? notificationPage(site, query.value.kind ?? null, query.value.before ?? null) : query.refusal;
  });
  app.get(paths.notificationsRead(), async (_request, reply) => reply.redirect(paths.notifications(), 303));
  app.post(paths.notificationsRead(), async (request, reply) => {
    const read = readSchema.safeParse(request.body ?? {});
    if (!read.success) return refusalPage(site, request, reply, refuse('invalid', 'It is not said up to which notification.').refusal);
    await markEventsRead(site.engine, LOCAL_ID, read.data.up_to);
    return reply.redirect(paths.notifications(), 303);
  });
  // For the one hidden tab that shows them by the browser: its stream is closed.
  app.get(paths.notificationsRecent(), async (request, reply) => {
    const query = readQuery(recentSchema, request);
    const events = query.ok ? await listEvents(site.reader, { limit: MOST_RECENT, before: null, after: query.value.after, kind: null }) : [];
    return reply.header('cache-control', 'no-store').send({ items: events.map((event) => ({ id: event.id, title: titleOf(event), detail: event.detail, href: eventPath(event) })) });
  });
}

function notificationPage(site: Site, kind: EventKind | null, before: string | null): Page {
  const tab = (one: EventKind | null, text: string) => html`<a href="${paths.notifications({ kind: one })}"${one === kind ? html` aria-current="true"` : null}>${text}</a>`;
  const kinds = Object.entries(EVENT_KINDS).map(([name, text]) => tab(name as EventKind, text));
  return {
    title: 'Notifications',
    section: null,
    address: paths.notifications({ kind, before }),
    regions: [{ id: 'events', topics: [TOPICS.events], render: () => eventList(site, kind, before) }],
    content: (region) => html`<section class="head"><div><h1>Notifications</h1><p class="lead">Briefs that finished, are stuck or nearly out of budget, new bests beyond the noise, results that were refuted, and workers that are gone or in quarantine.</p></div>
<div class="actions"><button type="button" id="notify-switch" class="secondary" hidden></button><a role="button" class="secondary" href="${paths.webhooks()}">Webhooks</a></div></section>
<section><article><nav class="tabs kinds" aria-label="Kinds">${tab(null, 'All')}${kinds}</nav>${region('events')}</article></section>`,
  };
}

async function eventList(site: Site, kind: EventKind | null, before: string | null): Promise<Fragment> {
  const mark = await readMark(site.reader, LOCAL_ID);
  const read = await listEvents(site.reader, { limit: EVENTS_PER_PAGE + 1, before, after: null, kind });
  const events = read.slice(0, EVENTS_PER_PAGE);
  const [newest] = events;
  if (newest === undefined) return emptyState(before === null ? 'Nothing has happened yet' : 'Nothing older', 'Notifications appear here by themselves while campaigns run.', html`<a role="button" href="${paths.briefNew()}">Write a brief</a>`);
  const now = site.engine.now();
  const next = read.length > EVENTS_PER_PAGE ? paths.notifications({ kind, before: events.at(-1)?.id }) : null;
  // Only what this page begins with is marked: what arrived since it was loaded stays unread.
  const mayMark = before === null && kind === null && newest.id > mark;
  return html`${mayMark ? html`<form method="post" action="${paths.notificationsRead()}" class="action"><input type="hidden" name="up_to" value="${newest.id}"><button type="submit" class="secondary">Mark all as read</button></form>` : nothing}
<ul class="events">${events.map((event) => eventItem(event, event.id > mark, now))}</ul>${pager(before === null ? null : paths.notifications({ kind }), next)}`;
}

function eventItem(event: Event, unread: boolean, now: number): Fragment {
  return html`<li id="event-${event.id}"><div><span class="badge ${event.kind}">${EVENT_KINDS[event.kind]}</span></div><div><p${unread ? html` class="unread"` : null}><a href="${eventPath(event)}">${event.subject}</a>${unread ? html` <small>new</small>` : null}</p><p>${event.detail}</p></div><small>${ago(event.at, now)}</small></li>
`;
}
