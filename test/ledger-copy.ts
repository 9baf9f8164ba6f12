import { rm, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { checkpointBody, keyIdOf, type SignedCheckpoint } from '#core/checkpoint.ts';
import { assert } from '#core/errors.ts';
import { LOCAL_ID, TREASURY_ID } from '#core/ledger.ts';
import { emptyFrontier, growFrontier, hashLeaf, rootOfFrontier } from '#core/merkle.ts';
import { leafBytes, type LeafEntry } from '#core/receipt.ts';
import type { Engine } from '#engine/engine.ts';
import { LEDGER_CRYPTO, newLedgerSigner, type LedgerSigner } from '#engine/ledger-crypto.ts';
import { latestCheckpoint, sealWaiting } from '#engine/seal-ledger.ts';
import { insertAccount, postEntry } from '#store/ledger.ts';
import type { Reader, Store } from '#store/seam.ts';
import { readerOn } from '#store/sqlite-statements.ts';
import { openSqlite } from '#store/sqlite.ts';

/** A copy of a real ledger in memory, without the constraints that the original has: anything can be done to it. */
export type LedgerCopy = {
  database: DatabaseSync;
  reader: Reader;
  /** A checkpoint from the middle of the ledger's life, as somebody may have kept it. */
  older: SignedCheckpoint;
  /** How many entries are sealed. */
  size: number;
  signer: LedgerSigner;
};

const START_MS = 1_800_000_000_000;
const MINUTE_MS = 60_000;
/** Entries of each minute: more than 256 in all, so that a root of a subtree is kept. */
const ENTRIES_PER_MINUTE = [1, 40, 3, 64, 120, 55, 9, 2, 31];
const WAITING = 3;
const OLDER_AT = 5;
const TABLES = ['accounts', 'entries', 'ledger_tree', 'ledger_nodes', 'ledger_keys', 'checkpoints'];
const BLOCK_LEVEL = 8;

/** Makes a ledger with the engine, seals it minute by minute, and copies it. */
export async function copyOfLedger(): Promise<LedgerCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'xeenet-ledger-'));
  const file = join(folder, 'xeenet.db');
  const store = openSqlite(file, () => START_MS);
  const signer = newLedgerSigner();
  let older: SignedCheckpoint | null;
  let newest: SignedCheckpoint | null;
  try {
    ({ older, newest } = await fillLedger(store, signer));
  } finally {
    await store.close();
  }
  const database = new DatabaseSync(':memory:');
  database.exec(`attach '${file}' as original; ${TABLES.map((table) => `create table ${table} as select * from original.${table};`).join(' ')} detach original; create index places on entries (position)`);
  await rm(folder, { recursive: true, force: true });
  assert(older !== null && newest !== null, 'the ledger was sealed');
  return { database, reader: readerOn(database), older, size: newest.size, signer };
}

/** The entry at a place. */
export function entryAt({ database }: Pick<LedgerCopy, 'database'>, position: number): LeafEntry {
  const row = database.prepare('select amount_microcredits as amount, at, brief_id, cause, credit_account as credit, debit_account as debit, id, kind, task_id from entries where position = ?').get(position);
  assert(row !== undefined, `there is an entry at ${position}`);
  return row as LeafEntry;
}

/** Makes every balance what the entries add up to: what a forger does not forget. */
export function settleBalances({ database }: Pick<LedgerCopy, 'database'>): void {
  database.exec(`update accounts set balance_microcredits = coalesce((select sum(amount_microcredits) from entries where credit_account = accounts.id), 0)
    - coalesce((select sum(amount_microcredits) from entries where debit_account = accounts.id), 0)`);
}

/** Makes the history as it is now a whole one: places without gaps, roots, and checkpoints that the server's own key signs. */
export function resignHistory({ database, signer }: Pick<LedgerCopy, 'database' | 'signer'>): void {
  const checkpoints = database.prepare('select size, at from checkpoints order by size').all() as { size: number; at: number }[];
  const { name } = database.prepare('select name from ledger_tree').get() as { name: string };
  database.exec('update entries set position = ranked.place - 1 from (select id, row_number() over (order by position, id) as place from entries where position is not null) ranked where entries.id = ranked.id');
  database.exec('delete from ledger_nodes; delete from checkpoints');
  const { sealed } = database.prepare('select count(*) as sealed from entries where position is not null').get() as { sealed: number };
  const moments = new Map(checkpoints.map(({ size, at }, index) => [index === checkpoints.length - 1 ? sealed : size, at]));
  const frontier = emptyFrontier();
  let previous = 0;
  while (frontier.size < sealed) {
    growFrontier(LEDGER_CRYPTO.sha256, frontier, hashLeaf(LEDGER_CRYPTO.sha256, leafBytes(entryAt({ database }, frontier.size))), ({ level, position }, root) => {
      if (level >= BLOCK_LEVEL) database.prepare('insert into ledger_nodes (level, position, hash) values (?, ?, ?)').run(level, position, root.toBase64());
    });
    const { size } = frontier;
    const at = moments.get(size);
    if (at === undefined) continue;
    const checkpoint = { ledger: name, size, root: rootOfFrontier(LEDGER_CRYPTO.sha256, frontier).toBase64(), at, previous };
    database.prepare('insert into checkpoints (size, root, at, previous, key_id, signature) values (?, ?, ?, ?, ?, ?)')
      .run(size, checkpoint.root, at, previous, keyIdOf(LEDGER_CRYPTO.sha256, name, signer.publicKey), signer.sign(new TextEncoder().encode(checkpointBody(checkpoint))).toBase64());
    previous = size;
  }
}

async function fillLedger(store: Store, ledgerSigner: LedgerSigner): Promise<{ older: SignedCheckpoint | null; newest: SignedCheckpoint | null }> {
  const clock = { now: START_MS };
  const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const settings = { heartbeatMs: 1000, leaseMs: 1000, deadlineSlackMs: 1000 };
  const engine: Engine = { store, now: () => clock.now, randomBytes: (count) => new Uint8Array(count), settings, log: silent, ledgerSigner, refreshExperiments: async () => undefined };
  const workers = ['w1', 'w2', 'w3', 'w4'];
  await store.write(async (tx) => {
    for (const id of workers) await insertAccount(tx, { id, kind: 'worker', name: `Worker ${id}` }, START_MS);
  });
  let [made, older]: [number, SignedCheckpoint | null] = [0, null];
  const post = async (count: number): Promise<void> => {
    await store.write(async (tx) => {
      for (const end = made + count; made < end; made += 1) {
        const worker = workers[made % workers.length] ?? LOCAL_ID;
        const about = { id: `e${String(made).padStart(15, '0')}`, at: clock.now, briefId: made % 5 === 0 ? null : `brief-${made % 3}`, taskId: made % 5 === 0 ? null : `task-${made}` };
        const moved = made % 5 === 0 ? { kind: 'grant' as const, debitAccount: TREASURY_ID, creditAccount: LOCAL_ID, amountMicrocredits: 5_000_000 + made } : { kind: 'result' as const, debitAccount: LOCAL_ID, creditAccount: worker, amountMicrocredits: 1_000_000 + made };
        await postEntry(tx, { ...about, ...moved }, `${moved.kind}:${made}`);
      }
    });
  };
  for (const [minute, count] of ENTRIES_PER_MINUTE.entries()) {
    clock.now = START_MS + minute * 20 * MINUTE_MS;
    await post(count);
    await sealWaiting(engine);
    if (minute === OLDER_AT) older = await latestCheckpoint(store.reader);
  }
  clock.now += MINUTE_MS;
  await post(WAITING);
  return { older, newest: await latestCheckpoint(store.reader) };
}
