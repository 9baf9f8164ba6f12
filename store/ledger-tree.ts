import type { SignedCheckpoint } from '#core/checkpoint.ts';
import type { Subtree } from '#core/merkle.ts';
import type { LeafEntry } from '#core/receipt.ts';
import { empty, first, join, sql, type Reader, type Tx } from './seam.ts';

/** An entry with its place in the tree: null until it is sealed. */
export type PlacedEntry = { entry: LeafEntry; position: number | null };

/** A public key that has signed here: Ed25519, base64. */
export type RegisteredKey = { id: string; publicKey: string; createdAt: number };

/** The root of a complete subtree, base64. */
export type LedgerNode = Subtree & { hash: string };

/** A checkpoint without the name of its ledger, which is the same for all. */
type StoredCheckpoint = Omit<SignedCheckpoint, 'ledger'>;
type CheckpointRow = { size: number; root: string; at: number; previous: number; key_id: string; signature: string };
type PlacedRow = LeafEntry & { position: number | null };

const leafColumns = sql`amount_microcredits as amount, at, brief_id, cause, credit_account as credit, debit_account as debit, id, kind, task_id, position`;

/** What the ledger is called; null before anything was sealed. */
export async function findLedgerName(reader: Reader): Promise<string | null> {
  const row = await first<{ name: string }>(reader, sql`select name from ledger_tree where id = 1 limit 1`);
  return row?.name ?? null;
}

/** Names the ledger, once. */
export async function nameLedger(tx: Tx, name: string): Promise<void> {
  await tx.run(sql`insert into ledger_tree (id, name) values (1, ${name}) on conflict (id) do nothing`);
}

/** The ledger's name, with the right to seal until the transaction ends: everybody else who asks for it waits. */
export async function lockLedger(tx: Tx): Promise<string | null> {
  const row = await first<{ name: string }>(tx, sql`select name from ledger_tree where id = 1 limit 1 ${tx.dialect === 'postgres' ? sql`for update` : empty}`);
  return row?.name ?? null;
}

/** Notes a public key, once. */
export async function insertLedgerKey(tx: Tx, key: RegisteredKey): Promise<void> {
  await tx.run(sql`insert into ledger_keys (id, public_key, created_at) values (${key.id}, ${key.publicKey}, ${key.createdAt}) on conflict (id) do nothing`);
}

/** All keys that have signed here, from the first on. */
export async function listLedgerKeys(reader: Reader, limit: number): Promise<RegisteredKey[]> {
  const rows = await reader.rows<{ id: string; public_key: string; created_at: number }>(sql`select id, public_key, created_at from ledger_keys order by created_at, id limit ${limit}`);
  return rows.map((row) => ({ id: row.id, publicKey: row.public_key, createdAt: row.created_at }));
}

/**
 * Gives the oldest entries without a place the next places, in the order of their ids; returns how many. The caller
 * holds {@link lockLedger}. An entry that is committed late gets a later place than its id would have had.
 */
export async function placeEntries(tx: Tx, from: number, limit: number): Promise<number> {
  return tx.run(sql`
    update entries set position = ${from} + waiting.place - 1
    from (select id, row_number() over (order by id) as place from (select id from entries where position is null order by id limit ${limit}) oldest) waiting
    where entries.id = waiting.id`);
}

/** Entries at these places, in order. */
export async function listPlacedEntries(reader: Reader, start: number, end: number): Promise<LeafEntry[]> {
  const rows = await reader.rows<PlacedRow>(sql`
    select ${leafColumns} from entries where position >= ${start} and position < ${end} order by position limit ${end - start}`);
  return rows.map((row) => toPlaced(row).entry);
}

/** An entry with its place. */
export async function findPlacedEntry(reader: Reader, id: string): Promise<PlacedEntry | null> {
  const row = await first<PlacedRow>(reader, sql`select ${leafColumns} from entries where id = ${id} limit 1`);
  return row === null ? null : toPlaced(row);
}

export async function insertLedgerNodes(tx: Tx, nodes: readonly LedgerNode[]): Promise<void> {
  if (nodes.length === 0) return;
  await tx.run(sql`insert into ledger_nodes (level, position, hash) values ${join(nodes.map((node) => sql`(${node.level}, ${node.position}, ${node.hash})`))}`);
}

/** The root of a subtree, or null where it is not kept. */
export async function findLedgerNode(reader: Reader, { level, position }: Subtree): Promise<string | null> {
  const row = await first<{ hash: string }>(reader, sql`select hash from ledger_nodes where level = ${level} and position = ${position} limit 1`);
  return row?.hash ?? null;
}

export async function insertCheckpoint(tx: Tx, checkpoint: StoredCheckpoint): Promise<void> {
  await tx.run(sql`
    insert into checkpoints (size, root, at, previous, key_id, signature)
    values (${checkpoint.size}, ${checkpoint.root}, ${checkpoint.at}, ${checkpoint.previous}, ${checkpoint.keyId}, ${checkpoint.signature})`);
}

/** Checkpoints from the newest on. `before` is the size of the last one of the page before. */
export async function listCheckpoints(reader: Reader, page: { limit: number; before: number | null }): Promise<StoredCheckpoint[]> {
  const rows = await reader.rows<CheckpointRow>(sql`
    select size, root, at, previous, key_id, signature from checkpoints ${page.before === null ? empty : sql`where size < ${page.before}`}
    order by size desc limit ${page.limit}`);
  return rows.map((row) => ({ size: row.size, root: row.root, at: row.at, previous: row.previous, keyId: row.key_id, signature: row.signature }));
}

function toPlaced({ position, amount, at, brief_id, cause, credit, debit, id, kind, task_id }: PlacedRow): PlacedEntry {
  return { position, entry: { amount, at, brief_id, cause, credit, debit, id, kind, task_id } };
}
