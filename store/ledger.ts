import { TREASURY_ID, type Account, type AccountKind, type Entry } from '#core/ledger.ts';
import { empty, first, join, sql, type Reader, type Sql, type Tx } from './seam.ts';

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

/** The kind of nearly every entry; only others are indexed by kind. */
const RESULT = 'result';

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

/** What a list of entries is narrowed to. */
export type EntryFilter = { account: string | null; kind: string | null; brief: string | null };

/** Entries from the newest on. */
export async function listEntries(reader: Reader, page: { limit: number; before: string | null; filter?: EntryFilter }): Promise<Entry[]> {
  const { account, kind, brief } = page.filter ?? { account: null, kind: null, brief: null };
  const common = sql`${kind === null ? empty : kind === RESULT ? sql`and kind = 'result'` : sql`and kind = ${kind} and kind <> 'result'`}
    ${brief === null ? empty : sql`and brief_id = ${brief}`} ${page.before === null ? empty : sql`and id < ${page.before}`}`;
  const select = (where: Sql): Sql => sql`
    select id, at, kind, debit_account, credit_account, amount_microcredits, brief_id, task_id from entries
    where ${where} ${common} order by id desc limit ${page.limit}`;
  // The treasury is in nearly every entry and a brief has few: a walk in their order finds a page soon. For any other
  // account each side has an index of its own, and the newest of both are merged.
  const isNamed = account !== null && account !== TREASURY_ID && brief === null;
  const either = account === null ? sql`1 = 1` : sql`(debit_account = ${account} or credit_account = ${account})`;
  const rows = await reader.rows<EntryRow>(
    isNamed
      ? sql`select * from (select * from (${select(sql`debit_account = ${account} and debit_account <> 'treasury'`)}) debits
          union all select * from (${select(sql`credit_account = ${account} and credit_account <> 'treasury'`)}) credits) both_sides
          order by id desc limit ${page.limit}`
      : select(either),
  );
  return rows.map(toEntry);
}

/** An entry with what it is for: a cause is paid once. */
export async function findEntry(reader: Reader, id: string): Promise<(Entry & { cause: string }) | null> {
  const row = await first<EntryRow & { cause: string }>(reader, sql`
    select id, at, kind, debit_account, credit_account, amount_microcredits, brief_id, task_id, cause from entries where id = ${id} limit 1`);
  return row === null ? null : { ...toEntry(row), cause: row.cause };
}

/** What was paid for a brief, in the order of time. */
export async function listPayments(reader: Reader, briefId: string, limit: number): Promise<{ at: number; amountMicrocredits: number }[]> {
  const rows = await reader.rows<{ at: number; amount_microcredits: number }>(sql`
    select at, amount_microcredits from entries where brief_id = ${briefId} and kind = 'result' order by id limit ${limit}`);
  return rows.map((row) => ({ at: row.at, amountMicrocredits: row.amount_microcredits }));
}

function toEntry(row: EntryRow): Entry {
  return {
    id: row.id,
    at: row.at,
    kind: row.kind,
    debitAccount: row.debit_account,
    creditAccount: row.credit_account,
    amountMicrocredits: row.amount_microcredits,
    briefId: row.brief_id,
    taskId: row.task_id,
  };
}

function toAccount(row: AccountRow): Account {
  return { id: row.id, kind: row.kind as AccountKind, name: row.name, balanceMicrocredits: row.balance_microcredits };
}
