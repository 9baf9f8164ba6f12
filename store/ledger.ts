import type { Account, AccountKind, Entry } from '#core/ledger.ts';
import { empty, first, join, sql, type Reader, type Tx } from './seam.ts';

type AccountRow = { id: string; kind: string; name: string; balance_microcredits: number };
type EntryRow = {
  id: string;
  at: number;
  kind: string;
  debit_account: string;
  credit_account: string;
  amount_microcredits: number;
  brief_id: string | null;
  task_id: string | null;
};

/** Opens an account with nothing in it. */
export async function insertAccount(tx: Tx, account: Pick<Account, 'id' | 'kind' | 'name'>, now: number): Promise<void> {
  await tx.run(sql`insert into accounts (id, kind, name, created_at) values (${account.id}, ${account.kind}, ${account.name}, ${now})`);
}

/**
 * Posts a transfer and moves both balances. `cause` names what it is for, and a cause is paid once: a repeated one
 * changes nothing and returns false.
 */
export async function postEntry(tx: Tx, entry: Entry, cause: string): Promise<boolean> {
  const posted = await tx.run(sql`
    insert into entries (id, at, kind, debit_account, credit_account, amount_microcredits, brief_id, task_id, cause)
    values (${entry.id}, ${entry.at}, ${entry.kind}, ${entry.debitAccount}, ${entry.creditAccount}, ${entry.amountMicrocredits},
      ${entry.briefId}, ${entry.taskId}, ${cause})
    on conflict (cause) do nothing`);
  if (posted === 0) return false;
  await tx.run(sql`update accounts set balance_microcredits = balance_microcredits + ${entry.amountMicrocredits} where id = ${entry.creditAccount}`);
  await tx.run(sql`update accounts set balance_microcredits = balance_microcredits - ${entry.amountMicrocredits} where id = ${entry.debitAccount}`);
  return true;
}

export async function findAccount(reader: Reader, id: string): Promise<Account | null> {
  const row = await first<AccountRow>(reader, sql`select id, kind, name, balance_microcredits from accounts where id = ${id} limit 1`);
  return row === null ? null : toAccount(row);
}

/** The balances of some accounts by id; one that is not there is left out. */
export async function findBalances(reader: Reader, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  if (ids.length === 0) return new Map();
  const rows = await reader.rows<{ id: string; balance_microcredits: number }>(sql`
    select id, balance_microcredits from accounts where id in (${join(ids)}) order by id limit ${ids.length}`);
  return new Map(rows.map((row) => [row.id, row.balance_microcredits]));
}

/** Accounts by id. */
export async function listAccounts(reader: Reader, page: { limit: number; after: string | null }): Promise<Account[]> {
  const rows = await reader.rows<AccountRow>(sql`
    select id, kind, name, balance_microcredits from accounts ${page.after === null ? empty : sql`where id > ${page.after}`}
    order by id limit ${page.limit}`);
  return rows.map(toAccount);
}

/** Entries from the newest on. */
export async function listEntries(reader: Reader, page: { limit: number; before: string | null }): Promise<Entry[]> {
  const rows = await reader.rows<EntryRow>(sql`
    select id, at, kind, debit_account, credit_account, amount_microcredits, brief_id, task_id from entries
    ${page.before === null ? empty : sql`where id < ${page.before}`} order by id desc limit ${page.limit}`);
  return rows.map((row) => ({
    id: row.id,
    at: row.at,
    kind: row.kind,
    debitAccount: row.debit_account,
    creditAccount: row.credit_account,
    amountMicrocredits: row.amount_microcredits,
    briefId: row.brief_id,
    taskId: row.task_id,
  }));
}

function toAccount(row: AccountRow): Account {
  return { id: row.id, kind: row.kind as AccountKind, name: row.name, balanceMicrocredits: row.balance_microcredits };
}
