import type { Account } from '#core/ledger.ts';
import { empty, first, join, one, sql, type Reader, type Tx } from './seam.ts';

/** Why an administrator gave credits, and whose administrator that was. It stands beside its entry and is no part of it. */
export type EntryNote = { entryId: string; note: string; accountId: string; createdAt: number };

/** A person's account, with when it was added. */
export type Person = Account & { kind: 'person'; createdAt: number };

type PersonRow = { id: string; name: string; balance_microcredits: number; created_at: number };

/** Opens an account for a person with nothing in it; false when another person has this name. */
export async function insertPerson(tx: Tx, person: Pick<Account, 'id' | 'name'>, now: number): Promise<boolean> {
  const inserted = await tx.run(sql`
    insert into accounts (id, kind, name, created_at) values (${person.id}, 'person', ${person.name}, ${now}) on conflict do nothing`);
  return inserted === 1;
}

/** A person's account; null for an id that is none, be it another kind's. */
export async function findPerson(reader: Reader, id: string): Promise<Person | null> {
  const row = await first<PersonRow>(reader, sql`
    select id, name, balance_microcredits, created_at from accounts where id = ${id} and kind = 'person' limit 1`);
  return row === null ? null : toPerson(row);
}

/** People by name. `after` is the name of the last one of the page before. */
export async function listPeople(reader: Reader, page: { limit: number; after: string | null }): Promise<Person[]> {
  const rows = await reader.rows<PersonRow>(sql`
    select id, name, balance_microcredits, created_at from accounts where kind = 'person' ${page.after === null ? empty : sql`and name > ${page.after}`}
    order by name, id limit ${page.limit}`);
  return rows.map(toPerson);
}

/** How many accounts there are of something, and what they have together. */
export type Sum = { many: number; microcredits: number };

/** What people have together. */
export async function sumPeople(reader: Reader): Promise<Sum> {
  return one<Sum>(reader, sql`
    select count(*) as many, cast(coalesce(sum(balance_microcredits), 0) as bigint) as microcredits from accounts where kind = 'person' limit 1`);
}

/** What the briefs that are under way hold together. */
export async function sumHeld(reader: Reader): Promise<Sum> {
  return one<Sum>(reader, sql`
    select count(*) as many, cast(coalesce(sum(families.held_microcredits), 0) as bigint) as microcredits
    from briefs join families on families.brief_id = briefs.id where briefs.state in ('running', 'paused', 'exhausted') limit 1`);
}

/** Keeps why an entry was made. */
export async function insertNote(tx: Tx, note: EntryNote): Promise<void> {
  await tx.run(sql`
    insert into entry_notes (entry_id, note, account_id, created_at) values (${note.entryId}, ${note.note}, ${note.accountId}, ${note.createdAt})`);
}

/** Why entries were made, by the entry; most have no note. */
export async function findNotes(reader: Reader, entryIds: readonly string[]): Promise<ReadonlyMap<string, EntryNote>> {
  if (entryIds.length === 0) return new Map();
  const rows = await reader.rows<{ entry_id: string; note: string; account_id: string; created_at: number }>(sql`
    select entry_id, note, account_id, created_at from entry_notes where entry_id in (${join(entryIds)}) order by entry_id limit ${entryIds.length}`);
  return new Map(rows.map((row) => [row.entry_id, { entryId: row.entry_id, note: row.note, accountId: row.account_id, createdAt: row.created_at }]));
}

/** The entry that was made for a cause, or null. */
export async function findEntryOfCause(reader: Reader, cause: string): Promise<{ id: string; creditAccount: string; amountMicrocredits: number } | null> {
  const row = await first<{ id: string; credit_account: string; amount_microcredits: number }>(reader, sql`
    select id, credit_account, amount_microcredits from entries where cause = ${cause} limit 1`);
  return row === null ? null : { id: row.id, creditAccount: row.credit_account, amountMicrocredits: row.amount_microcredits };
}

function toPerson(row: PersonRow): Person {
  return { id: row.id, kind: 'person', name: row.name, balanceMicrocredits: row.balance_microcredits, createdAt: row.created_at };
}
