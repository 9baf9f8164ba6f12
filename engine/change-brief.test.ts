import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { BriefAction } from '#core/brief.ts';
import { findAttempt } from '#store/attempt.ts';
import { findBrief } from '#store/brief.ts';
import { findFamily } from '#store/family.ts';
import { findTask } from '#store/task.ts';
import { findWorker } from '#store/worker.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, completed, CRASHED, firstOf, leaseOf, refused, worldOn } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { dumpRows } from '#test/conformance/whole-database.ts';
import { authenticate, installToken } from './authenticate.ts';
import { changeBrief } from './change-brief.ts';
import { changeWorker } from './change-worker.ts';
import { TOPICS } from './engine.ts';
import { finishTask } from './finish-task.ts';
import { heartbeat } from './heartbeat.ts';
import { registerWorker } from './register-worker.ts';

const IDLE = { cpuPercent: null, ramUsedGb: null, gpuPercent: null };

onBothDatabases('changing a brief', (database) => {
  const world = worldOn(database);
  const { engine } = world;
  beforeEach(() => world.emptyQueue());
  afterEach(() => assertInvariants(database.store.reader));
  const change = (briefId: string, action: BriefAction) => changeBrief(engine, briefId, action);

  test('launching a draft makes the tasks it would have had at once', async () => {
    const [draft, launched] = [await world.submit({ draft: true, numTasks: 6 }), await world.submit({ numTasks: 6 })];
    world.clock.now += 5;
    const topics: string[] = [];
    const stop = database.store.watch((touched) => topics.push(...touched));
    accepted(await change(draft.briefId, 'launch'));
    stop();
    assert.ok(topics.includes(TOPICS.work));
    const tell = async (familyId: string) => (await world.tasks(familyId)).map((task) => [task.number, task.seed, task.config, task.state]);
    assert.deepEqual(await tell(draft.familyId), await tell(launched.familyId));
    const brief = await findBrief(database.store.reader, draft.briefId);
    assert.deepEqual([brief?.state, brief?.launchedAt, brief?.createdAt], ['running', world.clock.now, world.clock.now - 5]);
  });

  test('pausing lets running tasks end and keeps the others back', async () => {
    const workerId = await world.register();
    const { briefId, familyId } = await world.submit({ numTasks: 3 });
    const [one, two] = await world.claim(workerId, 2);
    assert.ok(one !== undefined && two !== undefined);
    accepted(await change(briefId, 'pause'));
    assert.deepEqual(await world.claim(workerId), []);
    accepted(await finishTask(engine, leaseOf(one), completed(1)));
    accepted(await finishTask(engine, leaseOf(two), CRASHED));
    assert.deepEqual((await findFamily(database.store.reader, familyId))?.counts, { pending: 2, running: 0, completed: 1, failed: 0, cancelled: 0 });
    accepted(await change(briefId, 'resume'));
    assert.equal((await world.claim(workerId, 9)).length, 2);
  });

  test('cancelling takes everything back, and a late result changes nothing', async () => {
    const [workerId, other] = [await world.register(), await world.register()];
    const { briefId, familyId } = await world.submit({ numTasks: 5 });
    const [done, late, crashed] = await world.claim(workerId, 3);
    const theirs = firstOf(await world.claim(other));
    assert.ok(done !== undefined && late !== undefined && crashed !== undefined);
    accepted(await finishTask(engine, leaseOf(done), completed(2)));
    world.clock.now += 1;
    accepted(await change(briefId, 'cancel'));
    const family = await findFamily(database.store.reader, familyId);
    assert.deepEqual([family?.state, family?.counts], ['cancelled', { pending: 0, running: 0, completed: 1, failed: 0, cancelled: 4 }]);
    const [task, attempt] = [await findTask(database.store.reader, late.task.id), await findAttempt(database.store.reader, late.task.id, 1)];
    assert.deepEqual([task?.state, task?.finishedAt, attempt?.state, attempt?.error?.kind], ['cancelled', world.clock.now, 'cancelled', 'cancelled']);
    assert.deepEqual([(await findWorker(database.store.reader, workerId))?.running, (await findWorker(database.store.reader, other))?.running], [0, 0]);

    const before = await dumpRows(database.store.reader);
    assert.equal(refused(await finishTask(engine, leaseOf(late), completed(1))).code, 'stale_lease');
    assert.equal(refused(await finishTask(engine, leaseOf(theirs), CRASHED)).code, 'stale_lease');
    assert.equal(accepted(await finishTask(engine, leaseOf(done), completed(2))).state, 'completed', 'what was accepted before stays so');
    assert.deepEqual(await dumpRows(database.store.reader), before);
    const beat = accepted(await heartbeat(engine, workerId, IDLE, [{ taskId: late.task.id, attempt: 1 }]));
    assert.deepEqual(beat.lost, [{ taskId: late.task.id, attempt: 1 }]);
  });

  test('a draft can be cancelled', async () => {
    const { briefId } = await world.submit({ draft: true });
    accepted(await change(briefId, 'cancel'));
  });

  test('what a state does not allow is refused with its name, and changes nothing', async () => {
    const { briefId } = await world.submit();
    const before = await dumpRows(database.store.reader);
    assert.deepEqual([refused(await change(briefId, 'resume')).code, refused(await change(briefId, 'launch')).detail], ['brief_state', 'A brief that is running cannot be launched.']);
    assert.equal(refused(await change('missing', 'cancel')).code, 'brief_not_found');
    assert.deepEqual(await dumpRows(database.store.reader), before);
    accepted(await change(briefId, 'cancel'));
    for (const action of ['launch', 'pause', 'resume', 'cancel'] as const) assert.equal(refused(await change(briefId, action)).code, 'brief_state');
  });

  test('asked twice at one moment happens once', async () => {
    const { briefId } = await world.submit({ draft: true });
    for (const action of ['launch', 'pause', 'resume', 'cancel'] as const) {
      const outcomes = await Promise.all(Array.from({ length: 4 }, () => change(briefId, action)));
      assert.equal(outcomes.filter((outcome) => outcome.ok).length, 1, action);
    }
  });

  test('cancelling while results and claims arrive loses nothing', async () => {
    const workers = await Promise.all(Array.from({ length: 6 }, () => world.register()));
    const { briefId } = await world.submit({ numTasks: 30 });
    const held = (await Promise.all(workers.map((workerId) => world.claim(workerId, 2)))).flat();
    await Promise.all([
      ...held.slice(0, 6).map((one) => finishTask(engine, leaseOf(one), completed(1))),
      change(briefId, 'cancel'),
      ...workers.map((workerId) => world.claim(workerId, 2)),
      ...held.slice(6).map((one) => finishTask(engine, leaseOf(one), CRASHED)),
    ]);
    assert.equal((await findBrief(database.store.reader, briefId))?.state, 'cancelled');
  });
});

onBothDatabases('changing a worker', (database) => {
  const world = worldOn(database);
  const { engine } = world;
  beforeEach(() => world.emptyQueue());
  afterEach(() => assertInvariants(database.store.reader));

  test('a removed worker gives its tasks back at once and is told so; its history stays', async () => {
    const [workerId, other] = [await world.register(), await world.register()];
    await world.submit({ numTasks: 3 });
    await world.submit({ numTasks: 3 });
    const held = await world.claim(workerId, 4);
    accepted(await finishTask(engine, leaseOf(firstOf(held)), completed(1)));
    accepted(await changeWorker(engine, workerId, 'removed'));
    const worker = await findWorker(database.store.reader, workerId);
    assert.deepEqual([worker?.status, worker?.running, worker?.completed, worker?.failed], ['removed', 0, 1, 3]);
    for (const one of held.slice(1)) {
      const attempt = await findAttempt(database.store.reader, one.task.id, 1);
      assert.deepEqual([attempt?.state, attempt?.error?.kind, (await findTask(database.store.reader, one.task.id))?.state], ['lost', 'worker_removed', 'pending']);
      assert.equal(refused(await finishTask(engine, leaseOf(one), completed(1))).code, 'stale_lease');
    }
    assert.equal(refused(await heartbeat(engine, workerId, IDLE, [])).code, 'worker_removed');
    assert.equal((await world.claim(other, 9)).length, 5);
    assert.equal(refused(await changeWorker(engine, workerId, 'active')).code, 'worker_not_found');
    assert.equal(refused(await changeWorker(engine, 'missing', 'removed')).code, 'worker_not_found');
  });

  test('a draining worker keeps what it has and is asked to drain', async () => {
    const workerId = await world.register();
    await world.submit();
    const held = firstOf(await world.claim(workerId));
    accepted(await changeWorker(engine, workerId, 'draining'));
    assert.equal(accepted(await heartbeat(engine, workerId, IDLE, [])).drain, true);
    accepted(await finishTask(engine, leaseOf(held), completed(1)));
    accepted(await changeWorker(engine, workerId, 'active'));
    assert.equal(accepted(await heartbeat(engine, workerId, IDLE, [])).drain, false);
  });

  test('a worker that is removed while its results arrive', async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 12 });
    const held = await world.claim(workerId, 12);
    const finishing = held.map((one) => finishTask(engine, leaseOf(one), completed(1)));
    accepted(await changeWorker(engine, workerId, 'removed'));
    await Promise.all(finishing);
    assert.equal((await findWorker(database.store.reader, workerId))?.running, 0);
  });
});

onBothDatabases('tokens', (database) => {
  const world = worldOn(database);
  const { engine } = world;

  test('open what they are for', async () => {
    await installToken(engine, 'admin', 'first', true);
    await installToken(engine, 'enrolment', 'enrol', false);
    assert.deepEqual(await authenticate(engine, 'first'), { kind: 'admin', accountId: 'local' });
    assert.deepEqual(await authenticate(engine, 'enrol'), { kind: 'enrolment', accountId: 'local' });
    assert.equal(await authenticate(engine, 'guess'), null);
    await installToken(engine, 'admin', 'second', true);
    assert.deepEqual([await authenticate(engine, 'first'), (await authenticate(engine, 'second'))?.kind, (await authenticate(engine, 'enrol'))?.kind], [null, 'admin', 'enrolment']);
  });

  test("a worker's token names the worker, and is kept only as a hash", async () => {
    const { workerId, token } = accepted(await registerWorker(engine, 'local', { name: 'w', hardware: { cpuModel: '', cpuCores: 1, ramGb: 1, gpus: [], platform: '', arch: '' }, runtimes: {}, slots: 1, sandbox: null }, null));
    assert.deepEqual(await authenticate(engine, token), { kind: 'worker', accountId: workerId, workerId });
    assert.ok(!JSON.stringify(await dumpRows(database.store.reader)).includes(token));
  });
});
