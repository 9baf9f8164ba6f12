import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BRIEF_STATES } from '#core/brief.ts';
import { TASK_STATES } from '#core/task.ts';
import { openStore } from '#store/open.ts';
import { sql, type Store } from '#store/seam.ts';
import { onBothDatabases, START_MS } from '#test/conformance/databases.ts';
import { dumpRows } from '#test/conformance/whole-database.ts';
import { makeHistory, realDataIn } from './seed-history.ts';
import { planHistory } from './seed-plan.ts';
import { recount } from './seed-verify.ts';

const SIZE = { tasks: 600, families: 14, workers: 7, seed: 5, now: START_MS };
const PROGRAM = join(import.meta.dirname, 'seed.ts');

const seed = (...words: string[]) => spawnSync(process.execPath, [PROGRAM, ...words], { encoding: 'utf8' });
const openIn = (dataDir: string): Promise<Store> => openStore({ databaseUrl: null, dataDir, now: () => START_MS, onTrouble: () => undefined });

const dumps: unknown[] = [];

onBothDatabases('made-up history', (database) => {
  test('is whole: counts, summaries and the ledger agree with the rows', async () => {
    const written: number[] = [];
    await makeHistory(database.store, SIZE, (tasks) => written.push(tasks));
    assert.equal(written.at(-1), SIZE.tasks);
    assert.deepEqual(await recount(database.store.reader), []);
    const { rows } = database.store.reader;
    assert.deepEqual(await rows(sql`select count(*) as n from tasks`).then(([row]) => Number(row?.['n'])), SIZE.tasks);
    assert.equal(Number((await rows(sql`select sum(balance_microcredits) as sum from accounts`))[0]?.['sum']), 0);
    assert.ok(Number((await rows(sql`select count(*) as n from entries`))[0]?.['n']) > 100);
  });

  test('has briefs and tasks in all states, retries, and nothing in the future', async () => {
    const { rows } = database.store.reader;
    const statesOf = async (query: ReturnType<typeof sql>): Promise<unknown[]> => (await rows(query)).map((row) => row['state']);
    assert.deepEqual(new Set(await statesOf(sql`select distinct state from briefs`)), new Set(BRIEF_STATES));
    assert.deepEqual(new Set(await statesOf(sql`select distinct state from tasks`)), new Set(TASK_STATES));
    const [extremes] = await rows<{ attempts: number; last: number }>(sql`select max(attempt) as attempts, max(finished_at) as last from tasks`);
    assert.equal(extremes?.attempts, 4);
    assert.ok((extremes?.last ?? Infinity) < SIZE.now);
  });

  test('has curves and logs for tasks of its last briefs, under way or ended', async () => {
    const { rows } = database.store.reader;
    const states = await rows(sql`select distinct tasks.state from tasks join points on points.task_id = tasks.id`);
    assert.ok(states.some(({ state }) => state === 'completed') && states.some(({ state }) => state === 'running'));
    assert.deepEqual(await rows(sql`
      select attempts.task_id from attempts join log_chunks chunks on chunks.task_id = attempts.task_id and chunks.attempt = attempts.attempt
      where attempts.log_characters <> length(chunks.content) or attempts.log_chunks <> chunks.number`), []);
  });

  test('says everywhere that it is synthetic', async () => {
    const { rows } = database.store.reader;
    assert.deepEqual(await rows(sql`select id from briefs where title not like '[synthetic] %'`), []);
    assert.deepEqual(await rows(sql`select id from workers where name not like 'synthetic-%'`), []);
    assert.deepEqual(await rows(sql`select sha256 from packages where manifest not like '%"synthetic":true%' or script not like '%// Synthetic:%'`), []);
    assert.equal(await realDataIn(database.store.reader), null);
  });

  test('is the same for the same seed, on every database', async () => {
    dumps.push(await dumpRows(database.store.reader));
    assert.deepEqual(dumps.at(-1), dumps[0]);
  });

  test('a recount finds what does not agree', async () => {
    await database.store.write(async (tx) => {
      await tx.run(sql`update families set mean = mean + 0.001 where n > 1`);
      await tx.run(sql`update accounts set balance_microcredits = balance_microcredits + 1 where kind = 'worker'`);
      await tx.run(sql`update totals set pending = pending + 1`);
    });
    const found = (await recount(database.store.reader)).join('\n');
    for (const sentence of [/summary of a family/, /balance of an account/, /balances add up/, /totals differ/]) assert.match(found, sentence);
  });
});

test('the plan keeps the number of tasks whatever the number of families', () => {
  for (const [tasks, families] of [[1, 1], [5, 5], [50, 7], [9999, 40], [30_000, 8]] as const) {
    const plans = planHistory({ ...SIZE, tasks, families });
    assert.equal(plans.length, families);
    assert.equal(plans.reduce((sum, plan) => sum + plan.tasks, 0), tasks);
    assert.ok(plans.every((plan) => plan.tasks <= 10_000));
  }
  assert.throws(() => planHistory({ ...SIZE, tasks: 3, families: 10 }), /too few/);
  assert.throws(() => planHistory({ ...SIZE, tasks: 100_000, families: 7 }), /at least 11/);
});

test('the command fills, checks, and refuses what is in use, real or impossible', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'xeenet-test-'));
  try {
    const filled = seed('--data', dataDir, '--tasks', '40', '--families', '4', '--workers', '2', '--verify');
    assert.equal(filled.status, 0, filled.stderr);
    assert.match(filled.stdout, /40 tasks in 4 families by 2 workers, all synthetic/);
    assert.match(filled.stdout, /Recounted/);

    const wrong = seed('--data', dataDir, '--tasks', 'many');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /--tasks \("many"\) must be a whole number/);

    const held = await openIn(dataDir);
    const busy = seed('--data', dataDir, '--tasks', '40');
    assert.equal(busy.status, 2);
    assert.match(busy.stderr, /Another XeeNet runs on the data folder/);

    await held.write((tx) => tx.run(sql`update workers set name = 'lab-3' where name = 'synthetic-01'`));
    await held.close();
    const real = seed('--data', dataDir, '--tasks', '40');
    assert.equal(real.status, 2);
    assert.match(real.stderr, /holds a real worker, "lab-3"/);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
});
