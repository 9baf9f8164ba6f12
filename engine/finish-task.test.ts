import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { holdOf } from '#core/ledger.ts';
import type { Metrics, Result } from '#core/result.ts';
import { standardDeviation } from '#core/rollup.ts';
import { findAttempt } from '#store/attempt.ts';
import { findBrief } from '#store/brief.ts';
import { findFamily } from '#store/family.ts';
import { findAccount, listEntries } from '#store/ledger.ts';
import { findTask } from '#store/task.ts';
import { findWorker } from '#store/worker.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, completed, CRASHED, firstOf, leaseOf, refused, worldOn } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { dumpRows } from '#test/conformance/whole-database.ts';
import { appendToLog } from './append-log.ts';
import { changeBrief } from './change-brief.ts';
import { TOPICS } from './engine.ts';
import { finishTask } from './finish-task.ts';
import type { LeaseClaim } from './lease.ts';
import { recordMetrics } from './record-metrics.ts';

onBothDatabases('finishing a task', (database) => {
  const world = worldOn(database);
  const { engine } = world;
  beforeEach(() => world.emptyQueue());
  const finish = (lease: LeaseClaim, result: Result) => finishTask(engine, lease, result);

  test('keeps the value, summarises it, pays the worker and ends the brief, all at once', async () => {
    const workerId = await world.register();
    const { briefId, familyId } = await world.submit({ numTasks: 2 });
    const values = [2.5, 1.25];
    for (const value of values) {
      const claimed = firstOf(await world.claim(workerId));
      world.clock.now += 1000;
      const topics: string[] = [];
      const stop = database.store.watch((touched) => topics.push(...touched));
      assert.deepEqual(accepted(await finish(leaseOf(claimed), completed(value))), { taskId: claimed.task.id, attempt: 1, state: 'completed', accepted: true });
      stop();
      for (const topic of [TOPICS.task(claimed.task.id), TOPICS.family(familyId), TOPICS.brief(briefId), TOPICS.worker(workerId), TOPICS.ledger, TOPICS.stats]) assert.ok(topics.includes(topic), topic);
      const task = await findTask(database.store.reader, claimed.task.id);
      assert.deepEqual([task?.state, task?.value, task?.metrics, task?.error, task?.finishedAt], ['completed', value, completed(value).metrics, null, world.clock.now]);
    }
    const family = await findFamily(database.store.reader, familyId);
    assert.deepEqual([family?.state, family?.rollup.best, family?.rollup.bestTaskId, family?.rollup.mean, family?.median], ['completed', 1.25, `${familyId}-2`, 1.875, { value: 1.25, number: 2 }]);
    assert.equal(family === null ? null : standardDeviation(family.rollup), Math.sqrt(0.78125));
    const brief = await findBrief(database.store.reader, briefId);
    assert.deepEqual([brief?.state, brief?.finishedAt, brief?.spentMicrocredits], ['completed', world.clock.now, 2_000_000]);
    assert.equal((await findAccount(database.store.reader, workerId))?.balanceMicrocredits, 2_000_000);
    const entries = (await listEntries(database.store.reader, { limit: 2, before: null, filter: { account: workerId, kind: null, brief: briefId } })).map((entry) => [entry.kind, entry.debitAccount, entry.creditAccount, entry.amountMicrocredits, entry.briefId, entry.taskId]);
    assert.deepEqual(entries.toSorted((left, right) => (String(left[5]) < String(right[5]) ? -1 : 1)), [1, 2].map((number) => ['result', holdOf(briefId), workerId, 1_000_000, briefId, `${familyId}-${number}`]));
    assert.deepEqual([(await findWorker(database.store.reader, workerId))?.running, (await findWorker(database.store.reader, workerId))?.completed], [0, 2]);
    await assertInvariants(database.store.reader);
  });

  test('answers the same result again alike, and changes nothing', async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 2 });
    const [good, bad] = await world.claim(workerId, 2);
    assert.ok(good !== undefined && bad !== undefined);
    const first = [accepted(await finish(leaseOf(good), completed(2))), accepted(await finish(leaseOf(bad), CRASHED))];
    assert.deepEqual(first.map((one) => [one.state, one.accepted]), [['completed', true], ['pending', false]]);
    let before = await dumpRows(database.store.reader);
    assert.deepEqual([accepted(await finish(leaseOf(good), completed(2))), accepted(await finish(leaseOf(bad), CRASHED))], first);
    assert.deepEqual(await dumpRows(database.store.reader), before);
    const retry = firstOf(await world.claim(workerId));
    accepted(await finish(leaseOf(retry), completed(3)));
    before = await dumpRows(database.store.reader);
    assert.deepEqual(accepted(await finish(leaseOf(bad), CRASHED)), first[1], 'also after the task has gone on');
    assert.deepEqual(await dumpRows(database.store.reader), before);
  });

  test('sent many times at one moment counts once', async () => {
    const workerId = await world.register();
    const { familyId } = await world.submit({ numTasks: 1 });
    const lease = leaseOf(firstOf(await world.claim(workerId)));
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => finish(lease, completed(2))));
    for (const outcome of outcomes) assert.deepEqual(accepted(outcome), { taskId: lease.taskId, attempt: 1, state: 'completed', accepted: true });
    assert.equal((await findFamily(database.store.reader, familyId))?.rollup.n, 1);
    await assertInvariants(database.store.reader);
  });

  test('refuses another result of the same attempt, and changes nothing', async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 2 });
    const [one, two] = await world.claim(workerId, 2);
    assert.ok(one !== undefined && two !== undefined);
    accepted(await finish(leaseOf(one), completed(2)));
    accepted(await finish(leaseOf(two), CRASHED));
    const before = await dumpRows(database.store.reader);
    assert.equal(refused(await finish(leaseOf(one), completed(1))).code, 'result_differs');
    assert.equal(refused(await finish(leaseOf(one), CRASHED)).code, 'result_differs');
    assert.equal(refused(await finish(leaseOf(two), completed(1))).code, 'result_differs');
    assert.deepEqual(await dumpRows(database.store.reader), before);
  });

  test('is fenced: a stale attempt, a wrong token or another worker changes nothing, whatever it sends', async () => {
    const [workerId, other] = [await world.register(), await world.register()];
    await world.submit({ numTasks: 2 });
    const lost = leaseOf(firstOf(await world.claim(workerId)));
    const others = leaseOf(firstOf(await world.claim(other)));
    accepted(await finish(lost, CRASHED));
    const held = leaseOf(firstOf(await world.claim(workerId)));
    assert.equal(held.taskId, lost.taskId);
    const stale: LeaseClaim[] = [
      { ...held, leaseToken: 'wrong' },
      { ...held, leaseToken: lost.leaseToken },
      { ...held, leaseToken: others.leaseToken },
      { ...held, workerId: other },
      { ...held, attempt: 1 },
      { ...held, attempt: 3 },
      { ...others, workerId },
      { ...lost, attempt: 2 },
    ];
    const before = await dumpRows(database.store.reader);
    for (const lease of stale) {
      for (const result of [completed(1), CRASHED]) assert.equal(refused(await finish(lease, result)).code, 'stale_lease', JSON.stringify(lease));
      assert.equal(refused(await recordMetrics(engine, lease, [{ step: 1, name: 'loss', value: 1, atSeconds: 1 }])).code, 'stale_lease');
      assert.equal(refused(await appendToLog(engine, lease, 'text', null)).code, 'stale_lease');
    }
    assert.equal(refused(await recordMetrics(engine, lost, [])).code, 'stale_lease', 'an attempt that has ended records nothing');
    for (const code of [await finish({ ...held, taskId: 'missing' }, completed(1)), await recordMetrics(engine, { ...held, taskId: 'missing' }, []), await appendToLog(engine, { ...held, taskId: 'missing' }, 'x', null)]) {
      assert.equal(refused<unknown>(code).code, 'task_not_found');
    }
    assert.deepEqual(await dumpRows(database.store.reader), before);
    accepted(await finish(held, completed(1)));
  });

  test('never keeps a crash value', async () => {
    const workerId = await world.register();
    const { briefId, familyId } = await world.submit({ numTasks: 1 });
    const impossible: Metrics[] = [{ val_bpb: Number.NaN }, { val_bpb: -1 }, { val_bpb: 'Infinity' }, {}];
    for (const [index, metrics] of impossible.entries()) {
      const claimed = firstOf(await world.claim(workerId));
      const finished = accepted(await finish(leaseOf(claimed), { outcome: 'completed', metrics, error: null }));
      assert.deepEqual([finished.accepted, finished.state], [false, index < 3 ? 'pending' : 'failed']);
      const attempt = await findAttempt(database.store.reader, claimed.task.id, index + 1);
      assert.deepEqual([attempt?.state, attempt?.error?.kind], ['failed', 'invalid_result']);
      assert.deepEqual([(await findTask(database.store.reader, claimed.task.id))?.value, (await findTask(database.store.reader, claimed.task.id))?.metrics], [null, null]);
    }
    const family = await findFamily(database.store.reader, familyId);
    assert.deepEqual([family?.rollup.n, family?.rollup.best, family?.median, family?.state], [0, null, null, 'failed']);
    assert.deepEqual([(await findBrief(database.store.reader, briefId))?.state, (await findBrief(database.store.reader, briefId))?.spentMicrocredits], ['failed', 0]);
    await assertInvariants(database.store.reader);
  });

  test('after three retries fails for good, with the last reason kept', async () => {
    const workerId = await world.register();
    const { briefId, familyId } = await world.submit({ numTasks: 2 });
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      const claimed = firstOf(await world.claim(workerId));
      assert.deepEqual([claimed.task.number, claimed.task.attempt], [1, attempt]);
      accepted(await finish(leaseOf(claimed), { outcome: 'failed', metrics: { train_loss: 3 }, error: { kind: 'oom', message: `Attempt ${attempt} 😀` } }));
    }
    const task = await findTask(database.store.reader, `${familyId}-1`);
    assert.deepEqual([task?.state, task?.attempt, task?.error, task?.finishedAt], ['failed', 4, { kind: 'oom', message: 'Attempt 4 😀' }, world.clock.now]);
    assert.equal((await findBrief(database.store.reader, briefId))?.state, 'running');
    accepted(await finish(leaseOf(firstOf(await world.claim(workerId))), completed(1)));
    assert.equal((await findBrief(database.store.reader, briefId))?.state, 'completed', 'one value is enough for a brief to have completed');
    assert.equal((await findWorker(database.store.reader, workerId))?.failed, 4);
    await assertInvariants(database.store.reader);
  });

  test('of a paused brief counts, and may end it', async () => {
    const workerId = await world.register();
    const { briefId } = await world.submit({ numTasks: 1 });
    const claimed = firstOf(await world.claim(workerId));
    accepted(await changeBrief(engine, briefId, 'pause'));
    accepted(await finish(leaseOf(claimed), completed(1)));
    assert.equal((await findBrief(database.store.reader, briefId))?.state, 'completed');
    await assertInvariants(database.store.reader);
  });

  test('results of one family that arrive together all count', async () => {
    const workers = await Promise.all(Array.from({ length: 8 }, () => world.register()));
    const { familyId } = await world.submit({ numTasks: 40 });
    const claimed = (await Promise.all(workers.map((workerId) => world.claim(workerId, 5)))).flat();
    await Promise.all(claimed.map((one, index) => finish(leaseOf(one), index % 7 === 6 ? CRASHED : completed(1 + (index * 13) % 17))));
    const family = await findFamily(database.store.reader, familyId);
    assert.deepEqual([family?.counts.completed, family?.counts.pending], [35, 5]);
    await assertInvariants(database.store.reader);
  });

  test("a running attempt's curve and log grow, and repeated messages are kept once", async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 1 });
    const lease = leaseOf(firstOf(await world.claim(workerId)));
    const points = [1, 2, 3].map((step) => ({ step, name: 'loss', value: 1 / step, atSeconds: step }));
    assert.deepEqual([accepted(await recordMetrics(engine, lease, points)), accepted(await recordMetrics(engine, lease, points))], [{ recorded: 3 }, { recorded: 0 }]);
    const append = async (text: string, offset: number | null) => accepted(await appendToLog(engine, lease, text, offset)).characters;
    assert.deepEqual([await append('hello ', 0), await append('hello ', 0), await append('lo world', 3), await append('!', null), await append('', 12)], [6, 6, 11, 12, 12]);
    const { listLogChunks } = await import('#store/log.ts');
    const chunks = await listLogChunks(database.store.reader, lease.taskId, 1, { after: 0, limit: 9 });
    assert.equal(chunks.map((chunk) => chunk.content).join(''), 'hello world!');
  });
});
