import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { findAttempt } from '#store/attempt.ts';
import { findBrief } from '#store/brief.ts';
import { findAnswer, insertAnswer } from '#store/idempotency.ts';
import { findTask } from '#store/task.ts';
import { findWorker } from '#store/worker.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, completed, DEADLINE_SLACK_MS, firstOf, LEASE_MS, leaseOf, refused, worldOn } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { dumpRows } from '#test/conformance/whole-database.ts';
import { changeBrief } from './change-brief.ts';
import { TOPICS } from './engine.ts';
import { finishTask } from './finish-task.ts';
import { heartbeat } from './heartbeat.ts';
import { forgetOldAnswers, startSweeping, sweep, welcomeBack } from './sweep.ts';

const LOAD = { cpuPercent: 50, ramUsedGb: 2.5, gpuPercent: null };
/** Startup, budget and grace of the sample experiment, and the server's patience. */
const DEADLINE_MS = 1000 * (20 + 60 + 15) + DEADLINE_SLACK_MS;

onBothDatabases('leases', (database) => {
  const world = worldOn(database);
  const { engine, clock } = world;
  beforeEach(() => world.emptyQueue());
  afterEach(() => assertInvariants(database.store.reader));

  test('a heartbeat renews what the worker holds, notes its load, and tells what it has lost', async () => {
    const [workerId, other] = [await world.register(), await world.register()];
    await world.submit();
    const [held, theirs] = [firstOf(await world.claim(workerId)), firstOf(await world.claim(other))];
    clock.now += 10_000;
    const lost = [{ taskId: theirs.task.id, attempt: 1 }, { taskId: held.task.id, attempt: 2 }, { taskId: 'missing', attempt: 1 }];
    const answer = accepted(await heartbeat(engine, workerId, LOAD, [{ taskId: held.task.id, attempt: 1 }, ...lost]));
    assert.deepEqual(answer, { now: clock.now, lost, drain: false });
    assert.equal((await findAttempt(database.store.reader, held.task.id, 1))?.leaseExpiresAt, clock.now + LEASE_MS);
    assert.equal((await findAttempt(database.store.reader, theirs.task.id, 1))?.leaseExpiresAt, clock.now - 10_000 + LEASE_MS);
    const worker = await findWorker(database.store.reader, workerId);
    assert.deepEqual([worker?.lastSeenAt, worker?.load], [clock.now, LOAD]);
    assert.equal(refused(await heartbeat(engine, 'missing', LOAD, [])).code, 'worker_not_found');
  });

  test('a silent worker loses its task after the lease and not before; its late result changes nothing', async () => {
    const [silent, other] = [await world.register(), await world.register()];
    await world.submit({ numTasks: 1 });
    const lost = firstOf(await world.claim(silent));
    clock.now += LEASE_MS;
    assert.equal(await sweep(engine), 0);
    clock.now += 1;
    const topics: string[] = [];
    const stop = database.store.watch((touched) => topics.push(...touched));
    assert.equal(await sweep(engine), 1);
    stop();
    assert.ok(topics.includes(TOPICS.work));
    const attempt = await findAttempt(database.store.reader, lost.task.id, 1);
    assert.deepEqual([attempt?.state, attempt?.error?.kind, attempt?.finishedAt], ['lost', 'lease_lost', clock.now]);
    const again = firstOf(await world.claim(other));
    assert.deepEqual([again.task.id, again.task.attempt], [lost.task.id, 2]);
    const before = await dumpRows(database.store.reader);
    assert.equal(await sweep(engine), 0);
    assert.equal(refused(await finishTask(engine, leaseOf(lost), completed(1))).code, 'stale_lease');
    assert.deepEqual(await dumpRows(database.store.reader), before);
    assert.deepEqual(accepted(await heartbeat(engine, silent, LOAD, [{ taskId: lost.task.id, attempt: 1 }])).lost.length, 1);
    accepted(await finishTask(engine, leaseOf(again), completed(1)));
  });

  test('a lease that has run out but was not swept yet is still held', async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 2 });
    const [late, renewed] = await world.claim(workerId, 2);
    assert.ok(late !== undefined && renewed !== undefined);
    clock.now += LEASE_MS + 1;
    accepted(await finishTask(engine, leaseOf(late), completed(1)));
    assert.deepEqual(accepted(await heartbeat(engine, workerId, LOAD, [{ taskId: renewed.task.id, attempt: 1 }])).lost, []);
    assert.equal(await sweep(engine), 0);
  });

  test('heartbeats do not hold a task beyond its deadline', async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 1 });
    const held = firstOf(await world.claim(workerId));
    const startedAt = clock.now;
    while (clock.now < startedAt + DEADLINE_MS) {
      clock.now = Math.min(clock.now + 50_000, startedAt + DEADLINE_MS);
      accepted(await heartbeat(engine, workerId, LOAD, [{ taskId: held.task.id, attempt: 1 }]));
      assert.equal(await sweep(engine), 0);
    }
    clock.now += 1;
    assert.equal(await sweep(engine), 1);
    const attempt = await findAttempt(database.store.reader, held.task.id, 1);
    assert.deepEqual([attempt?.state, attempt?.error?.kind], ['lost', 'overdue']);
  });

  test('a task that is lost four times has failed, and so has its brief', async () => {
    const workerId = await world.register();
    const { briefId, familyId } = await world.submit({ numTasks: 1 });
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      firstOf(await world.claim(workerId));
      clock.now += LEASE_MS + 1;
      assert.equal(await sweep(engine), 1);
    }
    const task = await findTask(database.store.reader, `${familyId}-1`);
    assert.deepEqual([task?.state, task?.attempt, task?.error?.kind], ['failed', 4, 'lease_lost']);
    assert.equal((await findBrief(database.store.reader, briefId))?.state, 'failed');
  });

  test('a lost task of a paused brief waits for its resumption', async () => {
    const workerId = await world.register();
    const { briefId } = await world.submit({ numTasks: 1 });
    firstOf(await world.claim(workerId));
    accepted(await changeBrief(engine, briefId, 'pause'));
    clock.now += LEASE_MS + 1;
    assert.equal(await sweep(engine), 1);
    assert.deepEqual(await world.claim(workerId), []);
    accepted(await changeBrief(engine, briefId, 'resume'));
    assert.equal(firstOf(await world.claim(workerId)).task.attempt, 2);
  });

  test('several sweeps at one moment take each task back once, more tasks than one sweep looks at', async () => {
    const workerId = await world.register();
    // One sweep looks at 500; a server that takes as long for each as PostgreSQL does need not prove it again.
    const count = database.dialect === 'sqlite' ? 510 : 30;
    await world.submit({ numTasks: count + 10 });
    assert.equal((await world.claim(workerId, count)).length, count);
    clock.now += LEASE_MS + 1;
    const together = await Promise.all([sweep(engine), sweep(engine), sweep(engine)]);
    const rest = await sweep(engine);
    assert.equal(together.reduce((sum, some) => sum + some, rest), count);
    assert.equal(await sweep(engine), 0);
  });

  test('after an absence of the server every running attempt has a whole lease again', async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 1 });
    const held = firstOf(await world.claim(workerId));
    clock.now += 10 * DEADLINE_MS;
    await welcomeBack(engine);
    const attempt = await findAttempt(database.store.reader, held.task.id, 1);
    assert.deepEqual([attempt?.leaseExpiresAt, attempt?.deadlineAt], [clock.now + LEASE_MS, clock.now + LEASE_MS]);
    assert.equal(await sweep(engine), 0);
    await welcomeBack(engine);
    clock.now += LEASE_MS + 1;
    assert.equal(await sweep(engine), 1);
  });

  test('the sweeper sweeps until it is stopped, and forgets answers after a day', async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 1 });
    firstOf(await world.claim(workerId));
    const answer = { ownerId: 'local', scope: 's', requestSha256: '', answer: '{}' };
    const day = 24 * 3600 * 1000;
    await database.store.write(async (tx) => {
      await insertAnswer(tx, { ...answer, key: 'old', createdAt: clock.now });
      await insertAnswer(tx, { ...answer, key: 'new', createdAt: clock.now + 1 });
    });
    clock.now += day + 1;
    const { promise: swept, resolve } = Promise.withResolvers<void>();
    const unwatch = database.store.watch((topics) => {
      if (topics.has(TOPICS.workers) && topics.has(TOPICS.stats) && !topics.has(TOPICS.tasks)) resolve();
    });
    const stop = startSweeping(engine, 5);
    await swept;
    await stop();
    unwatch();
    assert.equal((await findWorker(database.store.reader, workerId))?.running, 0);
    assert.equal(await findAnswer(database.store.reader, 'local', 's', 'old'), null);
    assert.notEqual(await findAnswer(database.store.reader, 'local', 's', 'new'), null);
    await forgetOldAnswers(engine);
    await stop();
    assert.ok(!world.logged.some((line) => line.level === 'error'));
  });
});
