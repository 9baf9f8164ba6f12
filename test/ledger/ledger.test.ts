import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postgresHost, sqliteHost, type DatabaseHost } from './database-host.ts';
import { driveLedger } from './drive-ledger.ts';

/** From the environment, so that a failure can be repeated: `XEENET_TEST_SEED=7 node --test test/ledger/ledger.test.ts`. */
const SEED = Number(process.env['XEENET_TEST_SEED'] ?? Math.floor(Date.now() / 1000));

const HOSTS: { name: string; open: () => Promise<DatabaseHost>; operations: number }[] = [
  { name: 'SQLite', open: sqliteHost, operations: 3000 },
  { name: 'PostgreSQL', open: postgresHost, operations: 400 },
];

for (const { name, open, operations } of HOSTS) {
  test(`after each of many random operations, and of processes that die between two statements, the ledger adds up on ${name} (seed ${SEED})`, async () => {
    const host = await open();
    try {
      const tally = await driveLedger(host, { operations, seed: SEED, worldOperations: 500, recountEvery: 250, crashShare: 0.15 });
      assert.ok(tally.deaths > operations / 200, 'processes die');
      for (const kind of ['hold', 'result', 'release']) assert.ok((tally.entries.get(kind) ?? 0) > 0, `the driver gets to entries of the kind ${kind}`);
    } finally {
      await host.close();
    }
  });
}
