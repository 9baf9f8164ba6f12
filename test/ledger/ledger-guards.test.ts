import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOCAL_ID, TREASURY_ID } from '#core/ledger.ts';
import { newId } from '#engine/id.ts';
import { findFamily, serveFamily } from '#store/family.ts';
import { findAccount, postEntry } from '#store/ledger.ts';
import { sql } from '#store/seam.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { worldOn } from '#test/conformance/engine-world.ts';

// Each of these fails when the guard is taken away that it is about: see test/guards.
onBothDatabases('the guards of the ledger', (database) => {
  const world = worldOn(database);
  const run = (query: Parameters<typeof database.store.reader.rows>[0]) => database.store.write((tx) => tx.run(query));

  test('a task is not given out that the hold does not pay', async () => {
    const { familyId } = await world.submit({ numTasks: 2 });
    const workerId = await world.register();
    await run(sql`update families set held_microcredits = 2 * run_cost_microcredits - 1 where id = ${familyId}`);
    assert.equal((await world.claim(workerId, 2)).length, 1, 'the second task lacks one micro-credit');
    assert.deepEqual(await world.claim(workerId, 1), []);
    assert.equal(await database.store.write((tx) => serveFamily(tx, familyId, 1, 0)), false, 'nor to whoever looked before the last credits went');
    await run(sql`update families set held_microcredits = held_microcredits + 1 where id = ${familyId}`);
    assert.equal((await world.claim(workerId, 1)).length, 1);
    await run(sql`update families set state = 'cancelled' where id = ${familyId}`);
  });

  test('the schema refuses a hold that what runs overspends', async () => {
    const { familyId } = await world.submit({ numTasks: 2 });
    await world.claim(await world.register(), 1);
    const before = await findFamily(database.store.reader, familyId);
    assert.equal(before?.counts.running, 1);
    await assert.rejects(run(sql`update families set held_microcredits = run_cost_microcredits - 1 where id = ${familyId}`), /constraint/i);
    assert.deepEqual(await findFamily(database.store.reader, familyId), before);
  });

  test('the schema refuses a balance below 0', async () => {
    const account = await findAccount(database.store.reader, LOCAL_ID);
    await assert.rejects(run(sql`update accounts set balance_microcredits = -1 where id = ${LOCAL_ID}`), /constraint/i);
    await assert.rejects(run(sql`update accounts set balance_microcredits = -1 where id = 'verification'`), /constraint/i, 'nor may the fund owe');
    assert.deepEqual(await findAccount(database.store.reader, LOCAL_ID), account);
  });

  test('a cause moves credits once, however often it comes', async () => {
    const before = await findAccount(database.store.reader, LOCAL_ID);
    const post = () => database.store.write((tx) =>
      postEntry(tx, { id: newId(world.engine), at: 0, kind: 'grant', debitAccount: TREASURY_ID, creditAccount: LOCAL_ID, amountMicrocredits: 5, briefId: null, taskId: null }, 'grant:the same'));
    const posted = await Promise.all([post(), post(), post()]);
    assert.equal(posted.filter((one) => one !== null).length, 1);
    assert.equal((await findAccount(database.store.reader, LOCAL_ID))?.balanceMicrocredits, (before?.balanceMicrocredits ?? 0) + 5);
  });
});
