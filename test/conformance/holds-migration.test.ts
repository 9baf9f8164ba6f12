import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { listFamilies } from '#store/family.ts';
import { listAccounts, listEntries } from '#store/ledger.ts';
import { listMigrations, MIGRATION_TABLE } from '#store/migrate.ts';
import { openPostgres } from '#store/postgres.ts';
import type { Store } from '#store/seam.ts';
import { openSqlite } from '#store/sqlite.ts';
import { onServer, postgresForSuite, START_MS } from './databases.ts';

/** A database as it was before there were holds: two briefs under way, one that has ended, and results that the treasury paid. */
const BEFORE = `
  ${MIGRATION_TABLE};
  ${listMigrations().filter(({ number }) => number < 10).map(({ number, name, statements }) => `${statements}; insert into migrations (number, name, applied_at) values (${number}, '${name}', ${START_MS});`).join('\n')}
  insert into packages (sha256, experiment, manifest, script, archive_base64, created_at) values ('p', 'sample', '{}', '', '', 1);
  ${[['r', 'running', 3, 1, 2], ['s', 'paused', 5, 0, 0], ['d', 'completed', 0, 0, 4], ['t', 'draft', 0, 0, 0]].map(([id, state, pending, running, completed]) => `
    insert into briefs (id, owner_id, family_id, title, goal, experiment, strategy, space, num_tasks, replicates, time_budget_seconds, budget_microcredits, spent_microcredits, hardware_profile, requires, priority, state, created_at)
    values ('${id}', 'local', 'f${id}', '', '', 'sample', '{}', '{}', 9, 1, 10.0, 9000000, ${Number(completed) * 166_666}, 'any', '{}', 0, '${state}', 7);
    insert into families (id, brief_id, owner_id, name, experiment, package_sha256, metric, needs, requires, state, pending, running, completed, n, created_at)
    values ('f${id}', '${id}', 'local', '', 'sample', 'p', '{}', '{}', '{}', '${state}', ${pending}, ${running}, ${completed}, ${completed}, 7);`).join('')}
  insert into accounts (id, kind, name, balance_microcredits, created_at) values ('w', 'worker', 'w', ${6 * 166_666}, 7);
  update accounts set balance_microcredits = ${-6 * 166_666} where id = 'treasury';
  ${[1, 2, 3, 4, 5, 6].map((number) => `insert into entries (id, at, kind, debit_account, credit_account, amount_microcredits, brief_id, task_id, cause) values ('e${number}', 8, 'result', 'treasury', 'w', 166666, '${number < 3 ? 'r' : 'd'}', 't${number}', 'result:t${number}');`).join('\n')}
`;

async function assertHolds({ reader }: Store): Promise<void> {
  const families = await listFamilies(reader, { limit: 9, before: null });
  const price = 166_666;
  assert.deepEqual(families.map(({ briefId, state, heldMicrocredits, holdMoves, runCostMicrocredits }) => [briefId, state, heldMicrocredits, holdMoves, runCostMicrocredits]), [
    ['t', 'draft', 0, 0, price], ['s', 'paused', 5 * price, 1, price], ['r', 'running', 4 * price, 1, price], ['d', 'completed', 0, 0, price],
  ]);
  const accounts = await listAccounts(reader, { limit: 9, after: null });
  const starter = 1_000_000_000_000;
  assert.deepEqual(accounts.map(({ id, balanceMicrocredits }) => [id, balanceMicrocredits]), [
    ['hold-r', 4 * price], ['hold-s', 5 * price], ['local', starter], ['treasury', -starter - 15 * price], ['verification', 0], ['w', 6 * price],
  ]);
  const entries = await listEntries(reader, { limit: 99, before: null });
  const sums = new Map<string, number>();
  for (const { debitAccount, creditAccount, amountMicrocredits } of entries) {
    sums.set(debitAccount, (sums.get(debitAccount) ?? 0) - amountMicrocredits);
    sums.set(creditAccount, (sums.get(creditAccount) ?? 0) + amountMicrocredits);
  }
  for (const { id, balanceMicrocredits } of accounts) assert.equal(sums.get(id) ?? 0, balanceMicrocredits, `${id}: balance and replay`);
  const of = async (account: string) => (await listEntries(reader, { limit: 99, before: null, filter: { account, kind: null, brief: null } })).length;
  assert.deepEqual([await of('treasury'), await of('local'), await of('hold-r'), await of('w')], [8, 4, 1, 6], 'results of before are found on both sides');
}

describe('a database of before there were holds', () => {
  const postgres = postgresForSuite();

  test('gets them for its briefs under way, on SQLite', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'xeenet-test-'));
    try {
      const file = join(folder, 'xeenet.db');
      const old = new DatabaseSync(file);
      old.exec(BEFORE);
      old.close();
      const store = openSqlite(file, () => START_MS);
      await assertHolds(store);
      await store.close();
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test('gets them for its briefs under way, on PostgreSQL', async () => {
    const url = postgres.place;
    const schema = new URL(url).searchParams.get('options')?.split('=')[1] ?? '';
    await onServer(url, `drop schema ${schema} cascade; create schema ${schema}`);
    await onServer(url, BEFORE.replaceAll(' without rowid', ''));
    const store = await openPostgres(url, () => START_MS, () => undefined);
    await assertHolds(store);
    await store.close();
  });
});
