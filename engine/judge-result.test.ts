import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Metrics } from '#core/result.ts';
import { DEFAULT_VERIFICATION } from '#core/verify.ts';
import { findAttempt } from '#store/attempt.ts';
import { findWorker } from '#store/worker.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, firstOf, leaseOf, worldOn } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { finishTask } from './finish-task.ts';
import { recordMetrics } from './record-metrics.ts';

onBothDatabases('judging a result', (database) => {
  const world = worldOn(database);
  const { engine } = world;
  beforeEach(() => world.emptyQueue());

  /** Claims a task, lets some time pass and reports; returns what became of it. */
  async function run(workerId: string, metrics: Metrics, seconds: number, curve: number[] = []) {
    const claimed = firstOf(await world.claim(workerId));
    const points = curve.map((value, index) => ({ step: index + 1, name: 'val_bpb', value, atSeconds: index }));
    if (points.length > 0) accepted(await recordMetrics(engine, leaseOf(claimed), points));
    world.clock.now += seconds * 1000;
    const finished = accepted(await finishTask(engine, leaseOf(claimed), { outcome: 'completed', metrics, error: null }));
    const attempt = await findAttempt(database.store.reader, claimed.task.id, claimed.task.attempt);
    return { ...finished, error: attempt?.error ?? null };
  }

  test('a result that its own curve contradicts is a failed attempt of its worker, and the task waits again', async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 1 });
    const first = await run(workerId, { val_bpb: 0.3 }, 1, [3, 2.9, 2.8]);
    assert.deepEqual([first.accepted, first.state, first.error?.kind], [false, 'pending', 'implausible_result']);
    assert.match(first.error?.message ?? '', /its own curve ended at 2\.8/);
    assert.equal((await findWorker(database.store.reader, workerId))?.failed, 1);
    assert.deepEqual((await run(workerId, { val_bpb: 2.7 }, 1, [3, 2.9, 2.8])).accepted, true);
    await assertInvariants(database.store.reader);
  });

  test('what a worker says of its time is held against it only where strangers take part', async () => {
    const workerId = await world.register();
    const metrics = { val_bpb: 2.7, wall_time_seconds: 9 };
    await world.submit({ numTasks: 1, timeBudgetSeconds: 10 });
    assert.equal((await run(workerId, metrics, 0)).accepted, true);
    await world.submit({ numTasks: 1, timeBudgetSeconds: 10, verification: DEFAULT_VERIFICATION });
    assert.match((await run(workerId, metrics, 0)).error?.message ?? '', /trained for 9 s, but only 0 s passed/);
    assert.equal((await run(workerId, metrics, 10)).accepted, true);
  });

  test('a worker that is suddenly far faster than it ever was is not believed', async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 4, timeBudgetSeconds: 20, verification: DEFAULT_VERIFICATION });
    for (const value of [2.9, 2.8, 2.7]) assert.equal((await run(workerId, { val_bpb: value }, 19)).accepted, true);
    assert.match((await run(workerId, { val_bpb: 2.6 }, 1)).error?.message ?? '', /came after 1 s; no earlier run of this worker took less than 19 s/);
  });
});
