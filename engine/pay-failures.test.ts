import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { BriefRequest } from '#core/brief.ts';
import { DEFAULT_VERIFICATION } from '#core/verify.ts';
import { findAccount, insertAccount, listEntries } from '#store/ledger.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, completed, firstOf, leaseOf, LEASE_MS, SAMPLE_INTRODUCTION, worldOn } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { finishTask } from './finish-task.ts';
import { registerWorker } from './register-worker.ts';
import { sweep } from './sweep.ts';

onBothDatabases('paying for failed attempts', (database) => {
  const world = worldOn(database);
  const { engine, clock } = world;
  beforeEach(() => world.emptyQueue());
  const earnedBy = async (workerId: string) => (await findAccount(database.store.reader, workerId))?.balanceMicrocredits;
  const fail = async (workerId: string, afterSeconds: number, kind: string) => {
    const claimed = firstOf(await world.claim(workerId));
    clock.now += afterSeconds * 1000;
    return accepted(await finishTask(engine, leaseOf(claimed), { outcome: 'failed', metrics: { wall_time_seconds: 1e9 }, error: { kind, message: 'x' } }));
  };
  const submit = (changes: Partial<BriefRequest> = {}) => world.submit({ numTasks: 2, timeBudgetSeconds: 60, ...changes });

  test('pays the time that a script used, by the clock of the server and at most its budget', async () => {
    const workerId = await world.register();
    const { briefId } = await submit();
    await fail(workerId, 30, 'exit_code');
    assert.equal(await earnedBy(workerId), 500_000);
    await fail(workerId, 75, 'timeout');
    assert.equal(await earnedBy(workerId), 1_500_000);
    await fail(workerId, 0, 'signal');
    assert.equal(await earnedBy(workerId), 1_500_000, 'no time, no pay');
    const claimed = firstOf(await world.claim(workerId));
    clock.now += 6000;
    accepted(await finishTask(engine, leaseOf(claimed), completed(-1)));
    assert.equal(await earnedBy(workerId), 1_600_000, 'a value that cannot be is an error of the script');
    const paid = await listEntries(database.store.reader, { limit: 9, before: null, filter: { account: workerId, kind: 'failure', brief: briefId } });
    assert.deepEqual(paid.map((entry) => entry.amountMicrocredits).toSorted((left, right) => left - right), [100_000, 500_000, 1_000_000]);
    await assertInvariants(database.store.reader);
  });

  test('pays nothing for what is the fault of a worker, or of nobody that is known', async () => {
    const workerId = await world.register();
    await submit({ numTasks: 3 });
    for (const kind of ['spawn', 'worker_stopped', 'worker_error', 'package', 'whatever']) await fail(workerId, 60, kind);
    await world.claim(workerId);
    clock.now += LEASE_MS + 1;
    await sweep(engine);
    assert.equal(await earnedBy(workerId), 0);
    await assertInvariants(database.store.reader);
  });

  test('believes strangers that a script crashes once two owners say so and the task fails for good', async () => {
    await database.store.write((tx) => insertAccount(tx, { id: 'ada', kind: 'person', name: 'Ada' }, clock.now));
    const [mine, also] = [await world.register(), await world.register()];
    const hers = accepted(await registerWorker(engine, 'ada', SAMPLE_INTRODUCTION, null)).workerId;
    await submit({ numTasks: 1, verification: DEFAULT_VERIFICATION });
    for (const workerId of [mine, also, mine, also]) await fail(workerId, 30, 'exit_code');
    assert.deepEqual(await Promise.all([mine, also].map(earnedBy)), [0, 0], 'one owner could earn by saying it');

    const { briefId } = await submit({ numTasks: 1, verification: DEFAULT_VERIFICATION });
    await fail(mine, 30, 'exit_code');
    await fail(hers, 15, 'signal');
    await fail(mine, 30, 'spawn');
    assert.deepEqual(await Promise.all([mine, hers].map(earnedBy)), [0, 0]);
    await fail(also, 6, 'exit_code');
    assert.deepEqual(await Promise.all([mine, hers, also].map(earnedBy)), [500_000, 250_000, 100_000]);
    assert.equal((await listEntries(database.store.reader, { limit: 9, before: null, filter: { account: null, kind: 'fee', brief: briefId } })).length, 0);
    await assertInvariants(database.store.reader);
  });
});
