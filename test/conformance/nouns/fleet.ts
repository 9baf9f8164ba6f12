import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as activityModule from '#store/activity.ts';
import { endAttempt, insertAttempt } from '#store/attempt.ts';
import * as workSpanModule from '#store/work-span.ts';
import * as workerMinuteModule from '#store/worker-minute.ts';
import { insertWorker } from '#store/worker.ts';
import { covered } from '#test/conformance/covered.ts';
import { START_MS, type TestDatabase } from '#test/conformance/databases.ts';
import { sampleAttempt, sampleBrief, sampleWorker, storeBrief, storeExperiment } from '#test/conformance/samples.ts';

const activity = covered('activity', activityModule);
const minutes = covered('worker-minute', workerMinuteModule);
const spans = covered('work-span', workSpanModule);

export function fleetSuite(database: TestDatabase): void {
  const MINUTE_MS = 60_000;
  const start = START_MS - (START_MS % MINUTE_MS);

  test('what ends is counted in its minute, whatever the shard, and forgotten in steps', async () => {
    const { store } = database;
    const add = (family: string, at: number, completed: number, failed: number) => store.write((tx) => activity.addActivity(tx, family, at, { completed, failed, earnedMicrocredits: 10 * completed }));
    for (let index = 0; index < 20; index += 1) await add(`family-${index}`, start + index, 1, index % 2);
    await add('family-1', start + 2 * MINUTE_MS, 2, 0);
    await add('family-1', start + 2 * MINUTE_MS + 59_999, 1, 1);
    const both = [{ at: start, completed: 20, failed: 10, earnedMicrocredits: 200 }, { at: start + 2 * MINUTE_MS, completed: 3, failed: 1, earnedMicrocredits: 30 }];
    assert.deepEqual(await activity.listActivity(store.reader, start + 30_000, 9), both);
    assert.deepEqual(await activity.listActivity(store.reader, start, 1), both.slice(0, 1));
    assert.deepEqual(await activity.listActivity(store.reader, start + MINUTE_MS, 9), both.slice(1));
    const before_ = start + 2 * MINUTE_MS;
    assert.equal(await store.write((tx) => activity.deleteActivityBefore(tx, before_, 3)), 3);
    while ((await store.write((tx) => activity.deleteActivityBefore(tx, before_, 3))) > 0);
    assert.deepEqual(await activity.listActivity(store.reader, 0, 9), both.slice(1));
  });

  test("a worker's heartbeats become the means of their minute, and are forgotten in steps", async () => {
    const { store } = database;
    for (const id of ['m1', 'm2']) await store.write((tx) => insertWorker(tx, sampleWorker(id)));
    const beat = (id: string, at: number, cpuPercent: number | null, gpuPercent: number | null, running: number) => store.write((tx) => minutes.addBeat(tx, id, at, { cpuPercent, ramUsedGb: 4, gpuPercent }, running));
    await beat('m1', start, 10, null, 0);
    await beat('m1', start + 5000, 40, null, 1);
    await beat('m1', start + 9000, null, 30, 2);
    await beat('m1', start + MINUTE_MS, 50, 0, 1);
    await beat('m2', start, 99, 1, 1);
    assert.deepEqual(await minutes.listWorkerMinutes(store.reader, 'm1', start, 9), [
      { at: start, busy: 1, cpuPercent: 25, ramUsedGb: 4, gpuPercent: 30 },
      { at: start + MINUTE_MS, busy: 1, cpuPercent: 50, ramUsedGb: 4, gpuPercent: 0 },
    ]);
    assert.equal((await minutes.listWorkerMinutes(store.reader, 'm1', start + MINUTE_MS, 9)).length, 1);
    assert.deepEqual(await minutes.listBusiestWorkers(store.reader, start, 9), ['m1', 'm2']);
    assert.deepEqual(await minutes.listBusiestWorkers(store.reader, start + MINUTE_MS, 1), ['m1']);
    assert.equal(await store.write((tx) => minutes.deleteWorkerMinutesBefore(tx, start + MINUTE_MS, 1)), 1);
    assert.equal(await store.write((tx) => minutes.deleteWorkerMinutesBefore(tx, start + MINUTE_MS, 9)), 1);
    assert.deepEqual([(await minutes.listWorkerMinutes(store.reader, 'm1', 0, 9)).length, await minutes.listWorkerMinutes(store.reader, 'm2', 0, 9)], [1, []]);
    await assert.rejects(beat('missing', start, 1, 1, 1), /constraint/i);
  });

  test('what a worker had last comes back, the latest start first', async () => {
    await storeExperiment(database.store);
    const { tasks } = await storeBrief(database.store, sampleBrief('s00'), 4);
    for (const [index, task] of tasks.entries()) {
      await database.store.write((tx) => insertAttempt(tx, sampleAttempt(task, index === 3 ? 'm2' : 'm1', { startedAt: START_MS + 10 * Math.min(index, 1) })));
    }
    const [first, ...rest] = tasks.map((task) => task.id);
    const list = async (limit: number) => (await spans.listWorkSpans(database.store.reader, 'm1', limit)).map((span) => span.taskId);
    assert.deepEqual([await list(9), await list(1)], [[rest[1], rest[0], first], [rest[1]]]);
    assert.deepEqual((await spans.listWorkSpans(database.store.reader, 'm2', 9)).map(({ taskId: _task, ...span }) => span), [{ attempt: 1, state: 'running', startedAt: START_MS + 10, finishedAt: null }]);
    assert.deepEqual(await spans.listWorkSpans(database.store.reader, 'missing', 9), []);
    await database.store.write((tx) => endAttempt(tx, { taskId: first ?? '', attempt: 1, state: 'failed', result: null, metrics: null, error: null, finishedAt: START_MS + 5 }));
    const { listRunningTasks, countLastAttempts } = spans;
    assert.deepEqual(await listRunningTasks(database.store.reader, ['m1', 'm2', 'missing'], 9), new Map([['m1', rest.slice(0, 2)], ['m2', rest.slice(2)]]));
    assert.deepEqual(await listRunningTasks(database.store.reader, [], 9), new Map());
    const last = async (most: number) => (await countLastAttempts(database.store.reader, 'm1', most)).map((one) => [one.experiment, one.state, one.many]);
    assert.deepEqual([await last(9), await last(2)], [[['sample', 'failed', 1], ['sample', 'running', 2]], [['sample', 'running', 2]]]);
  });
}
