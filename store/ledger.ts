import { briefOfHold, TREASURY_ID, VERIFICATION_ID, type Account, type AccountKind, type Entry, type EntryKind } from '#core/ledger.ts';
import { empty, first, join, one, sql, type Reader, type Sql, type Tx } from './seam.ts';

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

/** Opens an account with nothing in it; one that is there stays as it is. */
export async function insertAccount(tx: Tx, account: Pick<Account, 'id' | 'kind' | 'name'>, now: number): Promise<void> {
  await tx.run(sql`insert into accounts (id, kind, name, created_at) values (${account.id}, ${account.kind}, ${account.name}, ${now}) on conflict (id) do nothing`);
}

/** Both balances after a transfer. */
export type Posted = { debitMicrocredits: number; creditMicrocredits: number };

/**
 * Posts a transfer and moves both balances, which it returns. `cause` names what it is for, and a cause is paid once: a
 * repeated one changes nothing and returns null. The schema refuses a transfer that the debited account does not hold.
 */
export async function postEntry(tx: Tx, entry: Entry, cause: string): Promise<Posted | null> {
  const posted = await tx.run(sql`
    insert into entries (id, at, kind, debit_account, credit_account, amount_microcredits, brief_id, task_id, cause)
    values (${entry.id}, ${entry.at}, ${entry.kind}, ${entry.debitAccount}, ${entry.creditAccount}, ${entry.amountMicrocredits},
      ${entry.briefId}, ${entry.taskId}, ${cause})
    on conflict (cause) do nothing`);
  if (posted === 0) return null;
  // Everybody locks accounts in one order, so that nobody waits in a circle: holds, workers and people, the fund, the treasury.
  if (lockRank(entry.debitAccount) < lockRank(entry.creditAccount)) {
    const debitMicrocredits = await shiftBalance(tx, entry.debitAccount, -entry.amountMicrocredits);
    return { debitMicrocredits, creditMicrocredits: await shiftBalance(tx, entry.creditAccount, entry.amountMicrocredits) };
  }
  const creditMicrocredits = await shiftBalance(tx, entry.creditAccount, entry.amountMicrocredits);
  return { debitMicrocredits: await shiftBalance(tx, entry.debitAccount, -entry.amountMicrocredits), creditMicrocredits };
}

function lockRank(id: string): number {
  if (briefOfHold(id) !== null) return 0;
  return id === TREASURY_ID ? 3 : id === VERIFICATION_ID ? 2 : 1;
}

async function shiftBalance(tx: Tx, id: string, byMicrocredits: number): Promise<number> {
  const row = await one<{ balance_microcredits: number }>(tx, sql`
    update accounts set balance_microcredits = balance_microcredits + ${byMicrocredits} where id = ${id} returning balance_microcredits`);
  return row.balance_microcredits;
}

/**
 * The balance of an account, locked until the transaction ends where the database locks rows. Whoever only names the
 * account in a row of their own is not kept waiting: two who both did would wait for each other.
 */
export async function lockBalance(tx: Tx, id: string): Promise<number> {
  const row = await one<{ balance_microcredits: number }>(tx, sql`select balance_microcredits from accounts where id = ${id} limit 1 ${tx.dialect === 'postgres' ? sql`for no key update` : empty}`);
  return row.balance_microcredits;
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
export type EntryFilter = { account: string | null; kind: string | null; brief: string | null; span?: EntrySpan | undefined };

/** A stretch of time by the ids that entries have from its beginning on and from its end on. */
export type EntrySpan = { from: string | null; until: string | null };

/** Entries from the newest on. */
export async function listEntries(reader: Reader, page: { limit: number; before: string | null; filter?: EntryFilter }): Promise<Entry[]> {
  const { account, kind, brief, span } = page.filter ?? { account: null, kind: null, brief: null };
  const { from = null, until = null } = span ?? {};
  const common = sql`${kind === null ? empty : kind === RESULT ? sql`and kind = 'result'` : sql`and kind = ${kind} and kind <> 'result'`}
    ${brief === null ? empty : sql`and brief_id = ${brief}`} ${page.before === null ? empty : sql`and id < ${page.before}`}
    ${from === null ? empty : sql`and id >= ${from}`} ${until === null ? empty : sql`and id < ${until}`}`;
  const select = (where: Sql): Sql => sql`
    select id, at, kind, debit_account, credit_account, amount_microcredits, brief_id, task_id from entries
    where ${where} ${common} order by id desc limit ${page.limit}`;
  // What is paid from a hold is found by its brief. For any other account each side has an index of its own, and so have
  // the results that the treasury paid before there were holds; the newest of all are merged.
  const ofHold = account === null ? null : briefOfHold(account);
  const either = account === null ? sql`1 = 1` : sql`(debit_account = ${account} or credit_account = ${account})`;
  if (account === null || brief !== null || ofHold !== null) {
    return (await reader.rows<EntryRow>(select(ofHold === null ? either : sql`brief_id = ${ofHold} and ${either}`))).map(toEntry);
  }
  const rows = await reader.rows<EntryRow>(sql`
    select * from (select * from (${select(sql`debit_account = ${account} and kind not in ('result', 'fee')`)}) debits
      union all select * from (${select(sql`credit_account = ${account}`)}) credits
      ${account === TREASURY_ID ? sql`union all select * from (${select(sql`debit_account = 'treasury' and kind = 'result'`)}) issued` : empty}) both_sides
    order by id desc limit ${page.limit}`);
  return rows.map(toEntry);
}

/** An entry with what it is for: a cause is paid once. */
export async function findEntry(reader: Reader, id: string): Promise<(Entry & { cause: string }) | null> {
  const row = await first<EntryRow & { cause: string }>(reader, sql`
    select id, at, kind, debit_account, credit_account, amount_microcredits, brief_id, task_id, cause from entries where id = ${id} limit 1`);
  return row === null ? null : { ...toEntry(row), cause: row.cause };
}

/** What a brief has spent, in the order of time: what was paid for it, and below 0 what was taken back or made up for. */
export async function listPayments(reader: Reader, briefId: string, limit: number): Promise<{ at: number; amountMicrocredits: number }[]> {
  const rows = await reader.rows<{ at: number; amount_microcredits: number }>(sql`
    select at, case when kind in ('reversal', 'remedy') then -amount_microcredits else amount_microcredits end as amount_microcredits
    from entries where brief_id = ${briefId} and (kind in ('result', 'failure', 'fee') or (kind in ('reversal', 'remedy') and credit_account = 'hold-' || brief_id))
    order by id limit ${limit}`);
  return rows.map((row) => ({ at: row.at, amountMicrocredits: row.amount_microcredits }));
}

function toEntry(row: EntryRow): Entry {
  return {
    id: row.id,
    at: row.at,
    kind: row.kind as EntryKind,
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
