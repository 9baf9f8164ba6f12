import type { Event, EventKind } from '#core/event.ts';
import { empty, first, sql, type Reader, type Tx } from './seam.ts';

type EventRow = { id: string; at: number; kind: string; brief_id: string | null; task_id: string | null; worker_id: string | null; subject: string; detail: string };

/** Keeps an event; false, and nothing changed, when its cause has been told before. */
export async function insertEvent(tx: Tx, event: Event, cause: string): Promise<boolean> {
  const inserted = await tx.run(sql`
    insert into events (id, at, kind, brief_id, task_id, worker_id, subject, detail, cause)
    values (${event.id}, ${event.at}, ${event.kind}, ${event.briefId}, ${event.taskId}, ${event.workerId}, ${event.subject}, ${event.detail}, ${cause})
    on conflict (cause) do nothing`);
  return inserted === 1;
}

/** Events from the newest on. `before` is the id of the last one of the page before; `after` leaves out what is known. */
export async function listEvents(reader: Reader, page: { limit: number; before: string | null; after: string | null; kind: EventKind | null }): Promise<Event[]> {
  const rows = await reader.rows<EventRow>(sql`
    select id, at, kind, brief_id, task_id, worker_id, subject, detail from events where 1 = 1
    ${page.kind === null ? empty : sql`and kind = ${page.kind}`}
    ${page.before === null ? empty : sql`and id < ${page.before}`}
    ${page.after === null ? empty : sql`and id > ${page.after}`}
    order by id desc limit ${page.limit}`);
  return rows.map(toEvent);
}

/** When a brief last had an event of a kind, in epoch milliseconds; null when it never had. */
export async function lastEventAt(reader: Reader, briefId: string, kind: EventKind): Promise<number | null> {
  const row = await first<{ at: number }>(reader, sql`
    select at from events where brief_id = ${briefId} and kind = ${kind} order by id desc limit 1`);
  return row?.at ?? null;
}

/** The id of the event up to which an account has read; empty when it has read none. */
export async function readMark(reader: Reader, accountId: string): Promise<string> {
  const row = await first<{ read_up_to: string }>(reader, sql`select read_up_to from event_marks where account_id = ${accountId} limit 1`);
  return row?.read_up_to ?? '';
}

/** Notes that an account has read up to an event; a mark never goes back. */
export async function markRead(tx: Tx, accountId: string, upTo: string): Promise<void> {
  await tx.run(sql`
    insert into event_marks (account_id, read_up_to) values (${accountId}, ${upTo})
    on conflict (account_id) do update set read_up_to = excluded.read_up_to where event_marks.read_up_to < excluded.read_up_to`);
}

/** Forgets events with ids before one, and all but the newest `most`. */
export async function deleteOldEvents(tx: Tx, beforeId: string, most: number): Promise<void> {
  const row = await first<{ id: string }>(tx, sql`select id from events order by id desc limit 1 offset ${most}`);
  await tx.run(sql`delete from events where id < ${beforeId} or id <= ${row?.id ?? ''}`);
}

function toEvent(row: EventRow): Event {
  return {
    id: row.id,
    at: row.at,
    kind: row.kind as EventKind,
    briefId: row.brief_id,
    taskId: row.task_id,
    workerId: row.worker_id,
    subject: row.subject,
    detail: row.detail,
  };
}
