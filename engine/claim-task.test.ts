import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { Experiment } from '#core/experiment.ts';
import { findAttempt } from '#store/attempt.ts';
import { findWorker } from '#store/worker.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, CRASHED, DEADLINE_SLACK_MS, firstOf, LEASE_MS, leaseOf, refused, SAMPLE_INTRODUCTION, worldOn } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { SAMPLE_EXPERIMENT } from '#test/conformance/samples.ts';
import { dumpRows } from '#test/conformance/whole-database.ts';
import { changeBrief } from './change-brief.ts';
import { changeWorker } from './change-worker.ts';
import { claimTasks, hasWork } from './claim-task.ts';
import { finishTask } from './finish-task.ts';

const TORCH: Experiment = { ...SAMPLE_EXPERIMENT, name: 'torch', needs: { torch: true }, requires: { cpuCores: 1, ramGb: 1, gpuVramGb: 8 } };

onBothDatabases('claiming tasks', (database) => {
  const world = worldOn(database, [SAMPLE_EXPERIMENT, TORCH]);
  const { engine } = world;

  beforeEach(() => world.emptyQueue());
  afterEach(() => assertInvariants(database.store.reader));

  test('gives a task with everything needed to run it, leased', async () => {
    const { familyId } = await world.submit({ numTasks: 1, timeBudgetSeconds: 10 });
    const workerId = await world.register();
    assert.equal(await hasWork(engine, workerId), true);
    const claimed = firstOf(await world.claim(workerId));
    assert.deepEqual([claimed.task.id, claimed.task.state, claimed.task.attempt, claimed.task.workerId, claimed.task.startedAt], [`${familyId}-1`, 'running', 1, workerId, world.clock.now]);
    assert.deepEqual([claimed.experiment, claimed.leaseExpiresAt], [SAMPLE_EXPERIMENT, world.clock.now + LEASE_MS]);
    assert.match(claimed.leaseToken, /^xn_lease_[\w-]{43}$/);
    const attempt = await findAttempt(database.store.reader, claimed.task.id, 1);
    assert.equal(attempt?.deadlineAt, world.clock.now + 1000 * (20 + 10 + 15) + DEADLINE_SLACK_MS);
    assert.equal((await findWorker(database.store.reader, workerId))?.running, 1);
    assert.deepEqual([await world.claim(workerId), await hasWork(engine, workerId)], [[], false]);
  });

  test('shares the workers between briefs, whatever their sizes', async () => {
    const workerId = await world.register({ slots: 64 });
    const [large, small, late] = [await world.submit({ numTasks: 40 }), await world.submit({ numTasks: 4 }), await world.submit({ numTasks: 40 })];
    const families = (await world.claim(workerId, 15)).map(({ task }) => task.familyId);
    const count = (familyId: string) => families.filter((id) => id === familyId).length;
    assert.equal(count(small.familyId), 4);
    assert.deepEqual([count(large.familyId), count(late.familyId)].toSorted(), [5, 6]);
  });

  test('serves in turn those with equally many running tasks', async () => {
    const workerId = await world.register();
    for (let brief = 0; brief < 3; brief += 1) await world.submit({ numTasks: 6 });
    const order: string[] = [];
    for (let round = 0; round < 9; round += 1) {
      world.clock.now += 1;
      const claimed = firstOf(await world.claim(workerId));
      order.push(claimed.task.familyId);
      accepted(await finishTask(engine, leaseOf(claimed), CRASHED));
    }
    for (let round = 0; round < 9; round += 3) assert.equal(new Set(order.slice(round, round + 3)).size, 3, order.join(' '));
  });

  test('gives the tasks of a brief in order, retries included', async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 3 });
    const first = firstOf(await world.claim(workerId));
    assert.equal(first.task.number, 1);
    accepted(await finishTask(engine, leaseOf(first), CRASHED));
    const again = await world.claim(workerId, 9);
    assert.deepEqual(again.map(({ task }) => [task.number, task.attempt]), [[1, 2], [2, 1], [3, 1]]);
    assert.notEqual(again[0]?.leaseToken, first.leaseToken);
  });

  test('gives only what fits the machine, and finds it behind much that does not', async () => {
    const [weak, strong] = [
      await world.register(),
      await world.register({ hardware: { ...SAMPLE_INTRODUCTION.hardware, gpus: [{ model: 'G', vramGb: 8 }] }, runtimes: { node: '26.10.0', torch: '2.11' } }),
    ];
    for (let index = 0; index < 70; index += 1) await world.submit({ experiment: 'torch', numTasks: 1 });
    assert.deepEqual(await world.claim(weak), []);
    const { familyId } = await world.submit({ numTasks: 1 });
    await world.submit({ numTasks: 1, requires: { cpuCores: 9 } });
    assert.deepEqual((await world.claim(weak, 5)).map(({ task }) => task.familyId), [familyId]);
    const taken = await world.claim(strong, 80);
    assert.equal(taken.length, 70);
    assert.ok(taken.every(({ experiment }) => experiment.name === 'torch'));
  });

  test('gives nothing of briefs that are drafts, paused or cancelled', async () => {
    const workerId = await world.register();
    const [draft, paused, cancelled] = [await world.submit({ draft: true }), await world.submit(), await world.submit()];
    accepted(await changeBrief(engine, paused.briefId, 'pause'));
    accepted(await changeBrief(engine, cancelled.briefId, 'cancel'));
    assert.deepEqual([await world.claim(workerId, 99), await hasWork(engine, workerId)], [[], false]);
    accepted(await changeBrief(engine, paused.briefId, 'resume'));
    accepted(await changeBrief(engine, draft.briefId, 'launch'));
    assert.equal((await world.claim(workerId, 99)).length, 8);
  });

  test('gives nothing to workers that are draining, removed or unknown', async () => {
    await world.submit();
    const [draining, removed] = [await world.register(), await world.register()];
    accepted(await changeWorker(engine, draining, 'draining'));
    accepted(await changeWorker(engine, removed, 'removed'));
    const before = await dumpRows(database.store.reader);
    assert.deepEqual([await world.claim(draining), await hasWork(engine, draining)], [[], false]);
    assert.equal(refused(await claimTasks(engine, removed, 1)).code, 'worker_removed');
    assert.equal(refused(await claimTasks(engine, 'missing', 1)).code, 'worker_not_found');
    assert.deepEqual([await hasWork(engine, removed), await hasWork(engine, 'missing')], [false, false]);
    assert.deepEqual(await dumpRows(database.store.reader), before);
    accepted(await changeWorker(engine, draining, 'active'));
    assert.equal((await world.claim(draining)).length, 1);
  });

  test('gives each task exactly once to 64 workers that claim at the same moment', async () => {
    const workers = await Promise.all(Array.from({ length: 64 }, () => world.register()));
    await world.submit({ numTasks: 60 });
    await world.submit({ numTasks: 41 });
    const claimed = (await Promise.all(workers.map((workerId, index) => world.claim(workerId, 1 + (index % 3))))).flat();
    const ids = claimed.map(({ task }) => task.id);
    assert.deepEqual([ids.length, new Set(ids).size], [101, 101]);
    assert.equal(new Set(claimed.map(({ leaseToken }) => leaseToken)).size, 101);
    assert.ok(claimed.every(({ task }) => task.attempt === 1));
    await assertInvariants(database.store.reader);
  });
});
