import assert from 'node:assert/strict';
import { holdOf, TREASURY_ID, VERIFICATION_ID, type AccountKind, type EntryKind } from '#core/ledger.ts';
import { idFrom } from '#engine/id.ts';
import { join, sql, type Reader } from '#store/seam.ts';

type EntryRow = { id: string; kind: EntryKind; debit_account: string; credit_account: string; amount_microcredits: number; brief_id: string | null; task_id: string | null; cause: string };
type AccountRow = { id: string; kind: AccountKind; balance_microcredits: number };
type BriefRow = {
  id: string; owner_id: string; family_id: string; state: string; num_tasks: number; budget_microcredits: number; spent_microcredits: number;
  launched_at: number | null; run_price_microcredits: number; run_fee_microcredits: number; family_state: string; held_microcredits: number; run_cost_microcredits: number;
  pending: number; running: number; completed: number; failed: number; cancelled: number;
};
type TaskRow = { id: string; family_id: string; state: string; attempt: number; value: number | null };
type AttemptRow = { task_id: string; attempt: number; state: string; purpose: string };

/** What the entries of a brief come to, by kind, and by task what its results cost in the end. */
type BriefBooks = { byKind: Map<EntryKind, number>; byTask: Map<string, number>; failuresByAttempt: Map<string, number> };

/** Follows a ledger from outside: replays every new entry, and compares with what the database says. */
export type LedgerReplay = {
  /**
   * Checks all balances, and everything about the briefs that were touched, after each operation.
   *
   * @param since no entry that was not seen yet is older
   */
  check(reader: Reader, touchedBriefs: readonly string[], since: number): Promise<void>;
  /** How many entries of each kind were seen. */
  readonly seen: ReadonlyMap<EntryKind, number>;
};

const OVER = ['completed', 'failed', 'cancelled'];
const EVERYTHING = 1_000_000;

/** A replay of a ledger that has nothing in it yet. */
export function createLedgerReplay(): LedgerReplay {
  const balances = new Map<string, number>();
  const books = new Map<string, BriefBooks>();
  const seen = new Map<EntryKind, number>();
  const known = new Set<string>();

  const enterEntry = (entry: EntryRow, kinds: ReadonlyMap<string, AccountKind>): void => {
    if (known.has(entry.id)) return;
    known.add(entry.id);
    seen.set(entry.kind, (seen.get(entry.kind) ?? 0) + 1);
    assertEnds(entry, kinds);
    balances.set(entry.debit_account, (balances.get(entry.debit_account) ?? 0) - entry.amount_microcredits);
    balances.set(entry.credit_account, (balances.get(entry.credit_account) ?? 0) + entry.amount_microcredits);
    if (entry.brief_id !== null) enter(booksOf(books, entry.brief_id), entry);
  };

  return {
    seen,
    async check(reader, touchedBriefs, since) {
      const entries = await reader.rows<EntryRow>(sql`
        select id, kind, debit_account, credit_account, amount_microcredits, brief_id, task_id, cause from entries
        where id >= ${known.size === 0 ? '' : idFrom(since)} order by id limit ${EVERYTHING}`);
      const accounts = await reader.rows<AccountRow>(sql`select id, kind, balance_microcredits from accounts order by id limit ${EVERYTHING}`);
      const kinds = new Map(accounts.map((account) => [account.id, account.kind]));
      for (const entry of entries) enterEntry(entry, kinds);
      for (const account of accounts) {
        assert.equal(account.balance_microcredits, balances.get(account.id) ?? 0, `the balance of ${account.id} is what its entries come to`);
        assert.ok(account.id === TREASURY_ID || account.balance_microcredits >= 0, `the balance of ${account.id} is ${account.balance_microcredits}`);
      }
      assert.equal(accounts.reduce((sum, account) => sum + account.balance_microcredits, 0), 0, 'debits equal credits');
      if (touchedBriefs.length > 0) await checkBriefs(reader, touchedBriefs, books, balances);
    },
  };
}

/** Each kind of entry goes from one kind of account to another, and nowhere else. */
function assertEnds(entry: EntryRow, kinds: ReadonlyMap<string, AccountKind>): void {
  const [from, to] = [entry.debit_account, entry.credit_account].map((id) => (id === TREASURY_ID || id === VERIFICATION_ID ? id : (kinds.get(id) ?? 'none')));
  const ways: Record<EntryKind, string[]> = {
    starter: ['treasury>person'],
    grant: ['treasury>person'],
    hold: ['person>hold'],
    release: ['hold>person'],
    result: ['hold>worker'],
    failure: ['hold>worker'],
    fee: ['hold>verification'],
    audit: ['verification>worker'],
    subsidy: ['treasury>verification'],
    reversal: ['worker>hold', 'worker>verification'],
    remedy: ['verification>hold'],
  };
  assert.ok(ways[entry.kind]?.includes(`${from}>${to}`), `an entry of the kind ${entry.kind} goes from ${from} to ${to}`);
  assert.ok(Number.isSafeInteger(entry.amount_microcredits) && entry.amount_microcredits > 0, 'an amount is a whole number of micro-credits');
  if (from === 'hold') assert.equal(entry.debit_account, holdOf(entry.brief_id ?? ''), 'a hold pays for its own brief');
  if (to === 'hold') assert.equal(entry.credit_account, holdOf(entry.brief_id ?? ''), 'what a hold gets is for its own brief');
}

function booksOf(books: Map<string, BriefBooks>, briefId: string): BriefBooks {
  const found = books.get(briefId) ?? { byKind: new Map(), byTask: new Map(), failuresByAttempt: new Map() };
  books.set(briefId, found);
  return found;
}

function enter(book: BriefBooks, entry: EntryRow): void {
  const amount = entry.amount_microcredits;
  book.byKind.set(entry.kind, (book.byKind.get(entry.kind) ?? 0) + amount);
  const hold = holdOf(entry.brief_id ?? '');
  const cost = entry.kind === 'result' || entry.kind === 'fee' ? amount : (entry.kind === 'reversal' || entry.kind === 'remedy') && entry.credit_account === hold ? -amount : 0;
  if (entry.task_id !== null) book.byTask.set(entry.task_id, (book.byTask.get(entry.task_id) ?? 0) + cost);
  if (entry.kind === 'failure') book.failuresByAttempt.set(entry.cause, amount);
}

async function checkBriefs(reader: Reader, ids: readonly string[], books: Map<string, BriefBooks>, balances: ReadonlyMap<string, number>): Promise<void> {
  const briefs = await reader.rows<BriefRow>(sql`
    select briefs.id, briefs.owner_id, briefs.family_id, briefs.state, briefs.num_tasks, briefs.budget_microcredits, briefs.spent_microcredits,
      briefs.launched_at, briefs.run_price_microcredits, briefs.run_fee_microcredits, families.state as family_state, families.held_microcredits, families.run_cost_microcredits,
      families.pending, families.running, families.completed, families.failed, families.cancelled
    from briefs join families on families.id = briefs.family_id where briefs.deleted_at is null and briefs.id in (${join(ids)}) order by briefs.id limit ${ids.length}`);
  const found = new Set(briefs.map((brief) => brief.id));
  for (const id of ids) if (!found.has(id)) assert.equal(balances.get(holdOf(id)) ?? 0, 0, `nothing is held for brief ${id}, which is gone`);
  if (briefs.length === 0) return;
  const families = join(briefs.map((brief) => brief.family_id));
  const tasks = await reader.rows<TaskRow>(sql`select id, family_id, state, attempt, value from tasks where family_id in (${families}) order by id limit ${EVERYTHING}`);
  const attempts = await reader.rows<AttemptRow>(sql`
    select attempts.task_id, attempts.attempt, attempts.state, attempts.purpose from attempts join tasks on tasks.id = attempts.task_id
    where tasks.family_id in (${families}) order by attempts.task_id, attempts.attempt limit ${EVERYTHING}`);
  const tasksOf = Map.groupBy(tasks, (task) => task.family_id);
  const attemptsOf = Map.groupBy(attempts, (attempt) => attempt.task_id);
  for (const brief of briefs) {
    const own = tasksOf.get(brief.family_id) ?? [];
    const book = booksOf(books, brief.id);
    checkHold(brief, book, balances.get(holdOf(brief.id)) ?? 0);
    checkTasks(brief, own);
    for (const task of own) checkTask(brief, task, book, attemptsOf.get(task.id) ?? []);
  }
}

function checkHold(brief: BriefRow, book: BriefBooks, held: number): void {
  const where = `of brief ${brief.id} (${brief.state})`;
  const sum = (...kinds: EntryKind[]): number => kinds.reduce((total, kind) => total + (book.byKind.get(kind) ?? 0), 0);
  const paid = [...book.byTask.values()].reduce((total, amount) => total + amount, sum('failure'));
  assert.equal(brief.family_state, brief.state, `the state ${where} and its family`);
  assert.equal(held, brief.held_microcredits, `the hold ${where} is what its family says`);
  assert.equal(brief.spent_microcredits, paid, `the spending ${where} is what was paid for it`);
  assert.equal(held, sum('hold') - sum('release') - paid, `the hold ${where} is what came into it and was not paid or released`);
  assert.ok(paid + held <= brief.budget_microcredits, `the budget ${where} is a wall: ${paid} paid, ${held} held, ${brief.budget_microcredits} allowed`);
  assert.ok(held >= brief.running * brief.run_cost_microcredits, `what runs is held for ${where}`);
  if (brief.state === 'draft' || OVER.includes(brief.state)) assert.equal(held, 0, `nothing is held ${where}`);
  if (brief.state === 'exhausted') assert.ok(brief.running === 0 && brief.pending > 0 && held < brief.run_cost_microcredits, `the end of credits ${where}`);
  if (brief.state === 'running' && brief.running === 0) assert.ok(held >= brief.run_cost_microcredits, `the next task ${where} can be paid`);
}

function checkTasks(brief: BriefRow, tasks: TaskRow[]): void {
  const count = (state: string): number => tasks.filter((task) => task.state === state).length;
  assert.deepEqual(
    [brief.pending, brief.running, brief.completed, brief.failed, brief.cancelled],
    ['pending', 'running', 'completed', 'failed', 'cancelled'].map(count), `the counts of brief ${brief.id}`);
  // A draft has no tasks yet, and one that was cancelled never got any.
  const isUnlaunched = brief.state === 'draft' || (brief.state === 'cancelled' && brief.launched_at === null);
  assert.equal(tasks.length, isUnlaunched ? 0 : brief.num_tasks, `brief ${brief.id} (${brief.state}) has as many tasks as were asked for`);
}

function checkTask(brief: BriefRow, task: TaskRow, book: BriefBooks, attempts: AttemptRow[]): void {
  const cost = brief.run_price_microcredits + brief.run_fee_microcredits;
  assert.equal(brief.run_cost_microcredits, cost, `the cost of a run of brief ${brief.id}`);
  assert.equal(book.byTask.get(task.id) ?? 0, task.state === 'completed' ? cost : 0, `task ${task.id} (${task.state}) is paid for exactly once when it has a result that counts`);
  assert.equal(attempts.filter((attempt) => attempt.state === 'running' && attempt.purpose === 'run').length, task.state === 'running' ? 1 : 0, `task ${task.id} (${task.state}) runs once at a time`);
  for (const attempt of attempts) {
    const pay = book.failuresByAttempt.get(`failure:${task.id}:${attempt.attempt}`);
    if (pay !== undefined) assert.ok(attempt.state === 'failed' && pay <= brief.run_price_microcredits, `the pay of the failed attempt ${task.id} ${attempt.attempt}`);
  }
}
