import assert from 'node:assert/strict';
import { test } from 'node:test';
import { holdOf } from '#core/ledger.ts';
import { findFamily } from '#store/family.ts';
import { findAccount, listEntries } from '#store/ledger.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { worldOn } from '#test/conformance/engine-world.ts';
import { payAudit, payFailure, reverseIntoFund, reverseResult, settleResult } from './settle-credits.ts';

onBothDatabases('settling from a hold', (database) => {
  const world = worldOn(database);
  const { engine } = world;
  const balance = async (id: string) => (await findAccount(database.store.reader, id))?.balanceMicrocredits;
  const balances = (...ids: string[]) => Promise.all(ids.map(balance));

  test('pays a result, its fee, a failure and an audit once each, and takes back what no longer counts', async () => {
    const { briefId, familyId } = await world.submit({ numTasks: 3, timeBudgetSeconds: 60 });
    const workerId = await world.register();
    const stored = await findFamily(database.store.reader, familyId);
    assert.ok(stored !== null);
    // A tenth of what a run costs is the fee for verification.
    const family = { ...stored, runFeeMicrocredits: 100_000 };
    const run = { taskId: `${familyId}-1`, attempt: 1, workerId };
    const { write } = database.store;
    const hold = holdOf(briefId);

    assert.equal(await write((tx) => settleResult(engine, tx, family, run)), 2_000_000);
    assert.deepEqual(await balances(hold, workerId, 'verification'), [2_000_000, 900_000, 100_000]);
    await assert.rejects(write((tx) => settleResult(engine, tx, { ...family, heldMicrocredits: 2_000_000 }, run)), /one entry of the kind result/);
    await assert.rejects(write((tx) => settleResult(engine, tx, family, { ...run, attempt: 2 })), /the hold of brief .* has 1100000, its family says 2100000/);
    assert.equal(await write((tx) => payFailure(engine, tx, { ...family, heldMicrocredits: 2_000_000 }, { ...run, attempt: 3 }, 50)), 1_999_950);
    assert.deepEqual(await balances(hold, workerId), [1_999_950, 900_050]);

    await write((tx) => payAudit(engine, tx, briefId, { ...run, attempt: 4 }, 900_000));
    assert.deepEqual(await balances('verification', workerId), [0, 1_800_050], 'the treasury pays what the fund lacks');
    await write((tx) => reverseIntoFund(engine, tx, briefId, { ...run, attempt: 4 }, 900_000));
    assert.deepEqual(await balances('verification', workerId), [900_000, 900_050]);

    assert.equal(await write((tx) => reverseResult(engine, tx, { ...family, heldMicrocredits: 1_999_950 }, run, false)), 2_999_950);
    assert.deepEqual(await balances(hold, workerId, 'verification'), [2_999_950, 50, 800_000]);
    assert.equal(await write((tx) => reverseResult(engine, tx, { ...family, heldMicrocredits: 2_999_950 }, { ...run, attempt: 5 }, true)), 3_999_950);
    assert.deepEqual(await balances(hold, workerId, 'verification'), [3_999_950, 50, 0], 'what had vested stays with its worker');
    await assert.rejects(write((tx) => reverseIntoFund(engine, tx, briefId, { ...run, attempt: 7 }, 51)), /constraint|below 0/i);

    const entries = await listEntries(database.store.reader, { limit: 100, before: null });
    assert.equal((await Promise.all(['treasury', 'local', workerId, 'verification', hold].map(balance))).reduce<number>((sum, one) => sum + (one ?? 0), 0), 0);
    assert.deepEqual(new Set(entries.map((entry) => entry.kind)), new Set(['starter', 'hold', 'result', 'fee', 'failure', 'audit', 'subsidy', 'reversal', 'remedy']));
  });
});
