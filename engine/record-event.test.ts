import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { listEvents } from '#store/event.ts';
import { touchWorker } from '#store/worker.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, completed, CRASHED, firstOf, LEASE_MS, leaseOf, worldOn } from '#test/conformance/engine-world.ts';
import { dumpRows } from '#test/conformance/whole-database.ts';
import { finishTask } from './finish-task.ts';
import { forgetOldEvents, noticeTrouble } from './notice-trouble.ts';
import { sweep } from './sweep.ts';

const MINUTE_MS = 60_000;

onBothDatabases('events', (database) => {
  const world = worldOn(database);
  const { engine, clock } = world;
  let mark = '';
  const told = async () => {
    const events = await listEvents(database.store.reader, { limit: 100, before: null, after: mark, kind: null });
    return events.toReversed().map(({ kind, detail }) => `${kind}: ${detail}`);
  };
  beforeEach(async () => {
    await world.emptyQueue();
    clock.now += 10 * MINUTE_MS;
    mark = (await listEvents(database.store.reader, { limit: 1, before: null, after: null, kind: null }))[0]?.id ?? '';
  });
  const finish = async (workerId: string, value: number) => {
    const claimed = firstOf(await world.claim(workerId));
    clock.now += 1000;
    return accepted(await finishTask(engine, leaseOf(claimed), completed(value)));
  };

  test('the end of a brief is told once, with what came of it, and a repeated result tells nothing more', async () => {
    const workerId = await world.register();
    const { briefId } = await world.submit({ numTasks: 2 });
    await finish(workerId, 3);
    assert.deepEqual(await told(), []);
    const last = firstOf(await world.claim(workerId));
    accepted(await finishTask(engine, leaseOf(last), completed(2.5)));
    const before = await dumpRows(database.store.reader);
    accepted(await finishTask(engine, leaseOf(last), completed(2.5)));
    assert.deepEqual(await dumpRows(database.store.reader), before);
    const [event] = await listEvents(database.store.reader, { limit: 1, before: null, after: mark, kind: null });
    assert.equal(event?.briefId, briefId);
    assert.deepEqual(await told(), ['brief_finished: 2 of 2 tasks completed, best val_bpb 2.5.']);
  });

  test('a brief of which everything failed says so', async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 1 });
    for (let attempt = 1; attempt <= 4; attempt += 1) accepted(await finishTask(engine, leaseOf(firstOf(await world.claim(workerId))), CRASHED));
    assert.deepEqual(await told(), ['brief_finished: No task of it gave a value.']);
  });

  test('a new best without replicates is told after ten values, as one of unknown noise, and not again for minutes', async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 30 });
    for (let value = 20; value > 10; value -= 1) await finish(workerId, value);
    assert.deepEqual(await told(), []);
    for (const value of [9, 8, 10]) await finish(workerId, value);
    assert.deepEqual(await told(), ['new_best: val_bpb 9 by task #11, before it 11 (n = 11; noise unknown, since no configuration has been repeated).']);
    clock.now += 5 * MINUTE_MS;
    await finish(workerId, 7);
    assert.equal((await told()).length, 2);
  });

  test('with replicates a best within twice their deviation is none', async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 12, replicates: 2 });
    // The first replicate of each of six configurations comes first, then the second ones: the pooled deviation becomes 0.7071.
    for (const value of [10, 11, 12, 13, 14, 15]) await finish(workerId, value);
    for (const value of [11, 12, 13, 14]) await finish(workerId, value);
    await finish(workerId, 9);
    assert.deepEqual(await told(), []);
    await finish(workerId, 5);
    assert.deepEqual((await told()).map((line) => line.split(':')[0]), ['brief_finished']);
  });

  test('a budget that does not pay for what is left is told once, and again when nothing goes on', async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 3, timeBudgetSeconds: 60, budgetMicrocredits: 3_000_000 });
    await finish(workerId, 1);
    assert.deepEqual(await told(), [], 'a brief whose budget is its price is not short of anything');
    const crash = async () => {
      const claimed = firstOf(await world.claim(workerId));
      clock.now += MINUTE_MS;
      accepted(await finishTask(engine, leaseOf(claimed), CRASHED));
    };
    await crash();
    const short = 'budget_nearly_spent: 2 of 3 credits are spent, and what is left pays for 1 of the 2 tasks left. Failed attempts have taken the rest; 1 credit more would pay for all.';
    assert.deepEqual(await told(), [short]);
    await crash();
    assert.deepEqual(new Set(await told()), new Set([short, 'budget_nearly_spent: It is exhausted: 2 tasks wait and nothing is left to pay the next one. Failed attempts have taken the rest; 2 credits more would pay for all.']));
  });

  test('a hold that its budget and its owner can still fill is not short of anything', async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 3, timeBudgetSeconds: 60, budgetMicrocredits: 100_000_000 });
    const claimed = firstOf(await world.claim(workerId));
    clock.now += MINUTE_MS;
    accepted(await finishTask(engine, leaseOf(claimed), CRASHED));
    assert.deepEqual(await told(), []);
  });

  test('a brief that nobody can run is stuck after five minutes, told once for each standstill', async () => {
    const startedAt = clock.now - 60 * MINUTE_MS;
    await world.submit({ numTasks: 2, requires: { gpuVramGb: 8 } });
    clock.now += 4 * MINUTE_MS;
    await noticeTrouble(engine, startedAt);
    assert.deepEqual((await told()).filter((line) => line.startsWith('brief_stuck')), []);
    const small = await world.register({ name: 'small' });
    clock.now += 2 * MINUTE_MS;
    await database.store.write((tx) => touchWorker(tx, small, { cpuPercent: null, ramUsedGb: null, gpuPercent: null }, clock.now));
    await Promise.all([noticeTrouble(engine, startedAt), noticeTrouble(engine, startedAt)]);
    await noticeTrouble(engine, startedAt);
    assert.deepEqual((await told()).filter((line) => line.startsWith('brief_stuck')), ['brief_stuck: 2 tasks wait and none runs: the only online worker, small, needs a GPU with 8 GB, has none.']);
  });

  test('a worker with tasks is gone after three heartbeats, an idle one after minutes, each told once for its silence', async () => {
    const startedAt = clock.now - 60 * MINUTE_MS;
    const busy = await world.register({ name: 'busy' });
    await world.submit({ numTasks: 1 });
    firstOf(await world.claim(busy));
    const goneOf = async (workerId: string) => (await listEvents(database.store.reader, { limit: 99, before: null, after: mark, kind: 'worker_gone' })).filter((event) => event.workerId === workerId);
    clock.now += 29_000;
    await noticeTrouble(engine, startedAt);
    assert.deepEqual(await goneOf(busy), []);
    clock.now += 2000;
    assert.equal(await noticeTrouble(engine, clock.now - 1000), 0, 'a server that has only begun to listen waits');
    await noticeTrouble(engine, startedAt);
    clock.now += LEASE_MS;
    assert.equal(await sweep(engine), 1);
    await noticeTrouble(engine, startedAt);
    const gone = await goneOf(busy);
    assert.equal(gone.length, 1);
    assert.match(gone[0]?.detail ?? '', /^Not heard from since 20\d\d-.* UTC\. It had 1 task, which go/);
  });

  test('what is older than 30 days is forgotten', async () => {
    clock.now += 31 * 24 * 3600 * 1000;
    await forgetOldEvents(engine);
    assert.deepEqual(await listEvents(database.store.reader, { limit: 9, before: null, after: null, kind: null }), []);
  });
});
