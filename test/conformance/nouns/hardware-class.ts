import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY_ROLLUP } from '#core/rollup.ts';
import * as classModule from '#store/hardware-class.ts';
import { insertWorker } from '#store/worker.ts';
import { covered } from '#test/conformance/covered.ts';
import { START_MS, type TestDatabase } from '#test/conformance/databases.ts';
import { SAMPLE_PACKAGE, sampleBrief, sampleWorker, storeBrief, storeExperiment } from '#test/conformance/samples.ts';

const classes = covered('hardware-class', classModule);

export function hardwareClassSuite(database: TestDatabase): void {
  const packageSha256 = SAMPLE_PACKAGE.sha256;
  const made = (number: number, stepsPerSecond: number | null) => ({ id: `class-${number}`, packageSha256, number, hardware: 'A CPU', stepsPerSecond, createdAt: START_MS });

  test('classes of a package are numbered, and only one of a kind of hardware has no speed', async () => {
    const { store } = database;
    await storeExperiment(store);
    await store.write((tx) => classes.lockClasses(tx, packageSha256));
    for (const one of [made(2, 12.5), made(1, null)]) await store.write((tx) => classes.insertClass(tx, one));
    assert.deepEqual(await classes.listClasses(store.reader, packageSha256, 9), [made(1, null), made(2, 12.5)]);
    assert.deepEqual(await classes.findClasses(store.reader, ['class-2', 'none']), [made(2, 12.5)]);
    assert.deepEqual(await classes.findClasses(store.reader, []), []);
    for (const wrong of [made(2, 3), made(3, null), { ...made(3, 0) }]) await assert.rejects(store.write((tx) => classes.insertClass(tx, { ...wrong, id: 'other' })), /constraint/i);
  });

  test('what is known of a worker and a package is replaced, and read the latest first', async () => {
    const { store } = database;
    await storeExperiment(store);
    for (const id of ['k1', 'k2']) await store.write((tx) => insertWorker(tx, sampleWorker(id)));
    const own = { workerId: 'k1', packageSha256, classId: 'class-1', stepsPerSecond: null, reason: 'It ended.', at: START_MS };
    const measured = { ...own, classId: 'class-2', stepsPerSecond: 12, reason: null, at: START_MS + 1 };
    for (const one of [own, measured]) await store.write((tx) => classes.saveWorkerClass(tx, one));
    assert.deepEqual(await classes.findWorkerClass(store.reader, 'k1', packageSha256), measured);
    assert.deepEqual([await classes.findWorkerClass(store.reader, 'k2', packageSha256), await classes.listWorkerClasses(store.reader, 'k1', 9)], [null, [measured]]);
    await assert.rejects(store.write((tx) => classes.saveWorkerClass(tx, { ...measured, reason: 'Both' })), /constraint/i);
  });

  test('the classes of a family are listed by how many values they have, and one may be unknown', async () => {
    const { store } = database;
    const { family } = await storeBrief(store, sampleBrief('classes'), 1);
    const rollup = { ...EMPTY_ROLLUP, n: 1, mean: 2, min: 2, max: 2, best: 2, bestTaskId: 'a' };
    const more = { ...rollup, n: 3, m2: 0.5, best: null, bestTaskId: null };
    for (const one of [{ classId: 'class-1', rollup }, { classId: null, rollup }, { classId: null, rollup: more }]) await store.write((tx) => classes.saveFamilyClass(tx, family.id, one));
    assert.deepEqual(await classes.listFamilyClasses(store.reader, family.id, 9), [{ classId: null, rollup: more }, { classId: 'class-1', rollup }]);
    assert.deepEqual(await classes.findFamilyClass(store.reader, family.id, null), { classId: null, rollup: more });
    assert.equal(await classes.findFamilyClass(store.reader, family.id, 'class-2'), null);
    await store.write((tx) => classes.deleteFamilyClasses(tx, family.id));
    assert.deepEqual(await classes.listFamilyClasses(store.reader, family.id, 9), []);
  });
}
