import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as attemptModule from '#store/attempt.ts';
import * as logModule from '#store/log.ts';
import * as pointModule from '#store/point.ts';
import type { PointPage } from '#store/point.ts';
import { covered } from '#test/conformance/covered.ts';
import type { TestDatabase } from '#test/conformance/databases.ts';
import { HOSTILE_TEXTS } from '#test/conformance/hostile-texts.ts';
import { sampleAttempt, sampleBrief, sampleWorker, storeBrief, storeExperiment, storeWorker } from '#test/conformance/samples.ts';

const logs = covered('log', logModule);
const points = covered('point', pointModule);

export function pointSuite(database: TestDatabase): void {
  const insert = (taskId: string, all: Parameters<typeof points.insertPoints>[3]) => database.store.write((tx) => points.insertPoints(tx, taskId, 1, all));
  const list = (taskId: string, page: Partial<PointPage> = {}) => points.listPoints(database.store.reader, taskId, 1, { name: null, limit: 5000, after: null, ...page });

  test('points are kept once, more of them than one statement holds', async () => {
    const all = Array.from({ length: 1000 }, (_, step) => ({ step, name: 'loss', value: 1 / (step + 3), atSeconds: step / 7 }));
    assert.equal(await insert('t1', all), 1000);
    assert.equal(await insert('t1', [...all.slice(990), { step: 1000, name: 'loss', value: -1, atSeconds: 1 }]), 1);
    assert.equal(await insert('t1', [{ step: 3, name: 'loss', value: 99, atSeconds: 1 }]), 0);
    assert.equal(await insert('t1', []), 0);
    assert.deepEqual((await list('t1')).slice(0, 1000), all);
    assert.deepEqual((await points.latestPoints(database.store.reader, 't1', 1, 'loss', 2)).map((point) => point.step), [1000, 999]);
  });

  test('a curve is sampled at or after the steps that are asked for, each point once', async () => {
    const sample = (steps: number[]) => points.samplePoints(database.store.reader, 't1', 1, 'loss', steps);
    assert.deepEqual((await sample([0, 1, 1, 500, 999, 5000])).map((point) => point.step), [0, 1, 500, 999]);
    assert.deepEqual(await sample([7]), [{ step: 7, name: 'loss', value: 0.1, atSeconds: 1 }]);
    assert.deepEqual(await sample([]), []);
    assert.equal((await sample(Array.from({ length: 200 }, (_, index) => index * 5))).length, 200);
  });

  test('one message may repeat a point', async () => {
    const point = { step: Number.MAX_SAFE_INTEGER, name: 'a', value: 0.1 + 0.2, atSeconds: 0 };
    assert.equal(await insert('t2', [point, point]), 1);
    assert.deepEqual(await list('t2'), [point]);
  });

  test('points page by name and step, whatever their names', async () => {
    const names = ['a', 'B', 'a-b', 'ab', 'ä', '😀', 'Z'];
    await insert('t3', names.flatMap((name) => [1, 2, 3].map((step) => ({ step, name, value: step, atSeconds: 0 }))));
    const whole = await list('t3');
    assert.equal(whole.length, 21);
    const paged: typeof whole = [];
    for (let page = await list('t3', { limit: 4 }); page.length > 0; page = await list('t3', { limit: 4, after: page.at(-1) ?? null })) paged.push(...page);
    assert.deepEqual(paged, whole);
    assert.deepEqual((await list('t3', { name: 'a-b' })).map((point) => point.step), [1, 2, 3]);
    assert.deepEqual((await list('t3', { name: 'a-b', after: { name: 'a-b', step: 2 } })).map((point) => point.step), [3]);
  });

  test('a point without a number is refused', async () => {
    for (const value of [Number.NaN, Infinity, -Infinity]) {
      await assert.rejects(insert('t9', [{ step: 1, name: 'x', value, atSeconds: 0 }]), /constraint/i, String(value));
    }
  });
}

export function logSuite(database: TestDatabase): void {
  before(async () => {
    await storeExperiment(database.store);
    await storeWorker(database.store, sampleWorker('w1'));
    const { tasks } = await storeBrief(database.store, sampleBrief('l00'), 1);
    for (const task of tasks) for (const attempt of [1, 2]) await database.store.write((tx) => attemptModule.insertAttempt(tx, { ...sampleAttempt(task, 'w1'), attempt }));
  });
  const taskId = 'family-of-l00-1';

  test('a log is read as it was written, from the front and from the end', async () => {
    for (const content of HOSTILE_TEXTS) {
      await database.store.write(async (tx) => logs.appendLog(tx, taskId, 1, await logs.lockLog(tx, taskId, 1), content));
    }
    const chunks = await logs.listLogChunks(database.store.reader, taskId, 1, { after: 0, limit: 500 });
    assert.deepEqual(chunks.map((chunk) => [chunk.number, chunk.content]), HOSTILE_TEXTS.map((text, index) => [index + 1, text]));
    assert.deepEqual((await logs.listLogChunks(database.store.reader, taskId, 1, { after: 2, limit: 2 })).map((chunk) => chunk.number), [3, 4]);
    const whole = HOSTILE_TEXTS.join('');
    const extent = { characters: whole.length, chunks: HOSTILE_TEXTS.length, lineFeeds: whole.split('\n').length - 1 };
    assert.deepEqual(await database.store.write((tx) => logs.lockLog(tx, taskId, 1)), extent);
    assert.deepEqual(await logs.findLogExtent(database.store.reader, taskId, 1), extent);
    assert.deepEqual(await database.store.write((tx) => logs.lockLog(tx, 'missing', 1)), { characters: 0, chunks: 0, lineFeeds: 0 });
  });

  test('the piece in which a line begins is found by its number', async () => {
    const { reader } = database.store;
    const text = ['one\ntwo\n', 'thr', 'ee', '\nfour\n\n', 'six'];
    for (const content of text) await database.store.write(async (tx) => logs.appendLog(tx, taskId, 2, await logs.lockLog(tx, taskId, 2), content));
    const found = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((line) => logs.findChunkOfLine(reader, taskId, 2, line)));
    assert.deepEqual(found, [1, 1, 1, 4, 4, 4, 5]);
    assert.equal(await logs.findChunkOfLine(reader, 'missing', 1, 1), 0);
    assert.deepEqual((await logs.listLogChunks(reader, taskId, 2, { after: 0, limit: 9 })).map((chunk) => chunk.lineFeedsBefore), [0, 2, 2, 2, 5]);
  });
}
