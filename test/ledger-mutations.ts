import { entryAt, resignHistory, settleBalances, type LedgerCopy } from './ledger-copy.ts';

/** Changes a copied ledger in one way and says what it did; null where chance led to no change. Whoever calls it takes the change back. */
export type Mutation = (copy: LedgerCopy, chance: Chance) => string | null;

/** A generator of numbers in [0, 1), and what tests draw from it. */
export type Chance = { below: (bound: number) => number; of: <T>(things: readonly T[]) => T };

export function chanceFrom(random: () => number): Chance {
  const below = (bound: number): number => Math.floor(random() * bound);
  return {
    below,
    of<T>(things: readonly T[]): T {
      const [first] = things.slice(below(things.length));
      if (first === undefined) throw new Error('there is nothing to choose from');
      return first;
    },
  };
}

const ENTRY_COLUMNS = ['id', 'at', 'kind', 'debit_account', 'credit_account', 'amount_microcredits', 'brief_id', 'task_id', 'cause', 'position'];
const CHECKPOINT_COLUMNS = ['size', 'root', 'at', 'previous', 'key_id', 'signature'];
const INSERT = `insert into entries (id, at, kind, debit_account, credit_account, amount_microcredits, brief_id, task_id, cause, position) values (?, ?, 'grant', 'treasury', ?, ?, null, null, ?, ?)`;

/** What is done to what everybody can recompute; a forger without the key may also mend the balances. */
export const MUTATIONS: Record<string, Mutation> = {
  'flip a bit of an entry': (copy, chance) => {
    const { id } = entryAt(copy, chance.below(copy.size));
    const column = chance.of(ENTRY_COLUMNS);
    const changed = flipColumn(copy, 'entries', column, `id = '${id}'`, chance);
    if (changed && chance.below(2) === 0) settleBalances(copy);
    return changed ? `${column} of ${id}` : null;
  },
  'drop an entry': (copy, chance) => {
    const position = chance.below(copy.size);
    copy.database.prepare('delete from entries where position = ?').run(position);
    if (chance.below(2) === 0) copy.database.prepare('update entries set position = position - 1 where position > ?').run(position);
    if (chance.below(2) === 0) settleBalances(copy);
    return `the entry at ${position}`;
  },
  'change the order of entries': (copy, chance) => {
    const [one, other] = [chance.below(copy.size), chance.below(copy.size)];
    if (one === other) return null;
    if (chance.below(2) === 0) copy.database.prepare('update entries set position = case position when ? then ? else ? end where position in (?, ?)').run(one, other, one, one, other);
    else copy.database.prepare('update entries set position = case when position = ? then ? else position - 1 end where position between ? and ?').run(Math.min(one, other), Math.max(one, other), Math.min(one, other), Math.max(one, other));
    return `${one} and ${other}`;
  },
  'insert an entry': (copy, chance) => {
    const position = chance.below(copy.size + 1);
    const { at } = entryAt(copy, Math.min(position, copy.older.size - 1));
    const isWaiting = chance.below(4) === 0;
    const isDouble = chance.below(4) === 0;
    if (!isWaiting && !isDouble) copy.database.prepare('update entries set position = position + 1 where position >= ?').run(position);
    // One that waits like a new entry, but bears a moment of long ago, would change the past.
    copy.database.prepare(INSERT).run('d-inserted', at, chance.of(['w1', 'local']), 1 + chance.below(1_000_000), 'grant:inserted', isWaiting ? null : position);
    settleBalances(copy);
    return `at ${isWaiting ? 'no position' : position}`;
  },
  'post an entry twice': (copy, chance) => {
    const entry = entryAt(copy, chance.below(copy.size));
    copy.database.prepare(INSERT).run(chance.of([entry.id, `${entry.id}x`]), entry.at, 'w1', entry.amount, entry.cause, null);
    settleBalances(copy);
    return entry.id;
  },
  'cut off the end': (copy, chance) => {
    const size = chance.below(copy.older.size);
    copy.database.prepare('delete from entries where position >= ? or position is null').run(size);
    copy.database.prepare('delete from checkpoints where size > ?').run(size);
    copy.database.prepare('delete from ledger_nodes where (position + 1) * (1 << level) > ?').run(size);
    if (chance.below(2) === 0) resignHistory(copy);
    settleBalances(copy);
    return `at ${size}`;
  },
  'change a balance': (copy, chance) => {
    const [from, to] = [chance.of(['w1', 'w2', 'w3']), chance.of(['w4', 'local', 'treasury'])];
    const amount = (1 + chance.below(999_999)) * (chance.below(2) === 0 ? 1 : -1);
    const move = copy.database.prepare('update accounts set balance_microcredits = balance_microcredits + ? where id = ?');
    move.run(amount, from);
    if (chance.below(2) === 0) move.run(-amount, to);
    return `${amount} into ${from}`;
  },
  'drop an account': (copy, chance) => {
    const id = chance.of(['w1', 'w2', 'w3', 'w4', 'local', 'treasury']);
    copy.database.prepare('delete from accounts where id = ?').run(id);
    return id;
  },
  'flip a bit of a checkpoint': (copy, chance) => {
    const size = sizeOf(copy, chance);
    const column = chance.of(CHECKPOINT_COLUMNS);
    return flipColumn(copy, 'checkpoints', column, `size = ${size}`, chance) ? `${column} of ${size}` : null;
  },
  'drop a checkpoint': (copy, chance) => {
    const size = sizeOf(copy, chance);
    copy.database.prepare('delete from checkpoints where size = ?').run(size);
    if (chance.below(2) === 0) copy.database.prepare('update checkpoints set previous = (select coalesce(max(size), 0) from checkpoints other where other.size < checkpoints.size)').run();
    return `of ${size}`;
  },
  'insert a checkpoint': (copy, chance) => {
    const [size, like] = [chance.below(copy.size + 50), sizeOf(copy, chance)];
    copy.database.prepare('insert into checkpoints (size, root, at, previous, key_id, signature) select ?, root, at, previous, key_id, signature from checkpoints where size = ?').run(size, like);
    return `of ${size} like that of ${like}`;
  },
  'change a key, the name or a root of a subtree': (copy, chance) => {
    const [table, column] = chance.of([['ledger_keys', 'id'], ['ledger_keys', 'public_key'], ['ledger_tree', 'name'], ['ledger_nodes', 'hash'], ['ledger_nodes', 'level'], ['ledger_nodes', 'position']] as const);
    if (chance.below(4) > 0) return flipColumn(copy, table, column, '1 = 1', chance) ? `${column} of ${table}` : null;
    copy.database.exec(`delete from ${table}`);
    return `all of ${table}`;
  },
};

/** History written anew and signed with the server's own key: nothing in the copy itself gives it away. */
export const FORKS: Record<string, Mutation> = {
  'fork: another entry, signed again': (copy, chance) => {
    const position = chance.below(copy.older.size);
    const change = chance.of([['amount_microcredits', `amount_microcredits + ${1 + chance.below(1000)}`], ['at', 'at + 1'], ['cause', `cause || 'x'`], ['kind', `kind || 'x'`], ['task_id', `coalesce(task_id, '') || 'x'`]] as const);
    copy.database.prepare(`update entries set ${change[0]} = ${change[1]} where position = ? and not (debit_account = 'local' and ${change[0] === 'amount_microcredits' ? 1 : 0} = 1)`).run(position);
    if (copy.database.prepare('select changes() as changed').get()?.['changed'] === 0) return null;
    return signedAgain(copy, `${change[0]} at ${position}`);
  },
  'fork: an entry less, signed again': (copy, chance) => {
    const position = chance.below(copy.older.size);
    // Without what was granted, somebody would have paid more than they had: that would show.
    if (entryAt(copy, position).kind === 'grant') return null;
    copy.database.prepare('delete from entries where position = ?').run(position);
    return signedAgain(copy, `at ${position}`);
  },
  'fork: an entry more, signed again': (copy, chance) => {
    const position = chance.below(copy.older.size);
    copy.database.prepare('update entries set position = position + 1 where position >= ?').run(position);
    copy.database.prepare(INSERT).run('e-inserted', entryAt(copy, position + 1).at, 'w1', 1 + chance.below(1_000_000), 'grant:inserted', position);
    return signedAgain(copy, `at ${position}`);
  },
  'fork: another order, signed again': (copy, chance) => {
    const [one, other] = [chance.below(copy.older.size), chance.below(copy.size)];
    if (one === other) return null;
    copy.database.prepare('update entries set position = case position when ? then ? else ? end where position in (?, ?)').run(one, other, one, one, other);
    return signedAgain(copy, `${one} and ${other}`);
  },
};

function signedAgain(copy: LedgerCopy, what: string): string {
  resignHistory(copy);
  settleBalances(copy);
  return what;
}

function sizeOf({ database }: LedgerCopy, chance: Chance): number {
  return chance.of((database.prepare('select size from checkpoints order by size').all() as { size: number }[]).map(({ size }) => size));
}

/** Flips one bit of one value: of a whole number below 2^53, or of a character; where there is nothing, something is written. */
function flipColumn({ database }: LedgerCopy, table: string, column: string, where: string, chance: Chance): boolean {
  const row = database.prepare(`select ${column} as value from ${table} where ${where} limit 1`).get();
  if (row === undefined) return false;
  const { value } = row;
  const flipped = typeof value === 'number' ? BigInt(value) ^ (1n << BigInt(chance.below(53))) : typeof value === 'string' ? flipCharacter(value, chance) : 'something';
  // A value that others refer to by may be there already: then the row would be another, and that is a change too.
  database.prepare(`update ${table} set ${column} = ? where ${where}`).run(flipped);
  return true;
}

function flipCharacter(text: string, chance: Chance): string | null {
  if (text === '' || chance.below(20) === 0) return null;
  const at = chance.below(text.length);
  return `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) ^ (1 << chance.below(7)))}${text.slice(at + 1)}`;
}
