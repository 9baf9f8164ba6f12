import type { SignedCheckpoint } from '#core/checkpoint.ts';
import type { LeafEntry } from '#core/receipt.ts';
import { empty, one, raw, sql, type Reader, type Sql } from './seam.ts';

/** An entry that was sealed, as a database has it: whoever checks it trusts none of the constraints that it should have. */
export type CopiedEntry = { entry: LeafEntry; position: number };

type Row = LeafEntry & { position: number };

const leafColumns = sql`amount_microcredits as amount, at, brief_id, cause, credit_account as credit, debit_account as debit, id, kind, task_id`;

/** Sealed entries in the order of their places. */
export async function listCopiedEntries(reader: Reader, page: { limit: number; after: CopiedEntry | null }): Promise<CopiedEntry[]> {
  const { after } = page;
  const rows = await reader.rows<Row>(sql`
    select ${leafColumns}, position from entries
    where position is not null ${after === null ? empty : sql`and position >= ${after.position} and (position > ${after.position} or id > ${after.entry.id})`}
    order by position, id limit ${page.limit}`);
  return rows.map((row) => ({ position: row.position, entry: toLeaf(row) }));
}

/** Entries without a place, in the order in which they get one. */
export async function listWaitingEntries(reader: Reader, page: { limit: number; after: string | null }): Promise<LeafEntry[]> {
  const rows = await reader.rows<LeafEntry>(sql`
    select ${leafColumns} from entries where position is null ${page.after === null ? empty : sql`and id > ${page.after}`} order by id limit ${page.limit}`);
  return rows.map(toLeaf);
}

/** Ids, or causes, that more than one entry has. */
export async function listRepeated(reader: Reader, column: 'id' | 'cause', limit: number): Promise<string[]> {
  const name: Sql = raw(column);
  const rows = await reader.rows<{ value: string }>(sql`select ${name} as value from entries group by ${name} having count(*) > 1 order by ${name} limit ${limit}`);
  return rows.map((row) => row.value);
}

/** Checkpoints from the first on. */
export async function listCopiedCheckpoints(reader: Reader, page: { limit: number; after: number | null }): Promise<Omit<SignedCheckpoint, 'ledger'>[]> {
  const rows = await reader.rows<{ size: number; root: string; at: number; previous: number; key_id: string; signature: string }>(sql`
    select size, root, at, previous, key_id, signature from checkpoints ${page.after === null ? empty : sql`where size > ${page.after}`}
    order by size, signature limit ${page.limit}`);
  return rows.map((row) => ({ size: row.size, root: row.root, at: row.at, previous: row.previous, keyId: row.key_id, signature: row.signature }));
}

/** How many roots of subtrees are kept. */
export async function countLedgerNodes(reader: Reader): Promise<number> {
  const { nodes } = await one<{ nodes: number }>(reader, sql`select count(*) as nodes from ledger_nodes limit 1`);
  return nodes;
}

function toLeaf({ amount, at, brief_id, cause, credit, debit, id, kind, task_id }: LeafEntry): LeafEntry {
  return { amount, at, brief_id, cause, credit, debit, id, kind, task_id };
}
