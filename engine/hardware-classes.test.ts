import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { Measurement } from '#core/hardware-class.ts';
import { findFamily } from '#store/family.ts';
import { findWorkerClass, listClasses } from '#store/hardware-class.ts';
import { findTask } from '#store/task.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, completed, firstOf, leaseOf, refused, SAMPLE_INTRODUCTION, worldOn } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { SAMPLE_EXPERIMENT } from '#test/conformance/samples.ts';
import { awaitWork } from './await-work.ts';
import { changeWorker } from './change-worker.ts';
import { claimTasks } from './claim-task.ts';
import { readFamilyClasses } from './family-classes.ts';
import { finishTask } from './finish-task.ts';
import { recordCalibration } from './record-calibration.ts';

const SYNTHETIC = { ...SAMPLE_EXPERIMENT, name: 'made-up', synthetic: true };
const never = new AbortController().signal;

onBothDatabases('hardware classes', (database) => {
  const world = worldOn(database, [SAMPLE_EXPERIMENT, SYNTHETIC]);
  const { engine } = world;
  beforeEach(() => world.emptyQueue());
  afterEach(() => assertInvariants(database.store.reader));

  const poll = async (workerId: string, slots = 1) => accepted(await awaitWork(engine, workerId, slots, { waitMs: 0, signal: never, calibrates: true }));
  const calibrate = async (workerId: string, packageSha256: string, measurement: Measurement) => accepted(await recordCalibration(engine, workerId, packageSha256, measurement));
  const speed = (stepsPerSecond: number): Measurement => ({ ok: true, steps: 100 * stepsPerSecond, seconds: 100 });
  const work = async (workerId: string, value: number) => {
    const claimed = firstOf(await world.claim(workerId));
    accepted(await finishTask(engine, leaseOf(claimed), completed(value)));
    return claimed;
  };
  const familyOf = async (familyId: string) => (await findFamily(database.store.reader, familyId)) ?? assert.fail();

  test('a worker that calibrates does so before its first task of a package, once, and others are classed by what they report', async () => {
    const { familyId } = await world.submit({ numTasks: 4 });
    const [one, other] = [await world.register(), await world.register()];
    const due = await poll(one, 2);
    assert.deepEqual(due.tasks, []);
    const { packageSha256, config } = due.calibration ?? assert.fail('no task is given before the calibration run');
    assert.deepEqual(config, { lr: 0.000995405, d_model: 64, n_heads: 2, optimizer: 'adam', d_ff: 256 });
    const own = await calibrate(one, packageSha256, speed(50));
    assert.deepEqual([own.hardware, own.stepsPerSecond], ['A CPU, 8 cores, x64', 50]);
    assert.deepEqual((await poll(one, 2)).tasks.map((claimed) => claimed.task.number), [1, 2]);
    await work(other, 1);
    const classes = await listClasses(database.store.reader, packageSha256, 9);
    assert.deepEqual(classes.map(({ number, stepsPerSecond }) => [number, stepsPerSecond]), [[1, 50], [2, null]]);
    assert.equal((await findTask(database.store.reader, `${familyId}-3`))?.classId, classes[1]?.id);
    assert.notEqual((await poll(other)).calibration, null, 'who did not calibrate before, and now does, is asked');
  });

  test('machines of one hardware and about one speed share a class; who claims an absurd speed is alone in its own', async () => {
    await world.submit({ numTasks: 1 });
    const [ana, ben, cem, liar] = [await world.register(), await world.register(), await world.register(), await world.register()];
    const { packageSha256 } = (await poll(ana)).calibration ?? assert.fail();
    const numbers = [];
    for (const [workerId, rate] of [[ana, 1000], [ben, 1140], [cem, 1160], [liar, 1e9]] as const) numbers.push((await calibrate(workerId, packageSha256, speed(rate))).number);
    assert.deepEqual([new Set(numbers).size, numbers[0] === numbers[1]], [3, true]);
    const again = await calibrate(ana, packageSha256, speed(9000));
    assert.deepEqual([again.number, (await findWorkerClass(database.store.reader, ana, packageSha256))?.stepsPerSecond], [numbers[0], 1000], 'the first measurement stays');
    assert.equal(refused(await recordCalibration(engine, ana, 'f'.repeat(64), speed(1))).code, 'package_not_found');
    assert.equal(refused(await recordCalibration(engine, 'nobody', packageSha256, speed(1))).code, 'worker_not_found');
    await changeWorker(engine, liar, 'removed');
    assert.equal(refused(await recordCalibration(engine, liar, packageSha256, speed(1))).code, 'worker_removed');
  });

  test('a calibration run that says nothing keeps nobody from work, and one that says something later counts', async () => {
    await world.submit({ numTasks: 3 });
    const workerId = await world.register();
    const { packageSha256 } = (await poll(workerId)).calibration ?? assert.fail();
    await calibrate(workerId, packageSha256, { ok: false, reason: 'The script ended with exit code 1.' });
    const [claimed] = (await poll(workerId)).tasks;
    assert.ok(claimed !== undefined);
    assert.equal((await findWorkerClass(database.store.reader, workerId, packageSha256))?.reason, 'The script ended with exit code 1.');
    assert.equal((await calibrate(workerId, packageSha256, speed(70))).stepsPerSecond, 70);
    accepted(await finishTask(engine, leaseOf(claimed), completed(1)));
    const later = firstOf(accepted(await claimTasks(engine, workerId, 1, true)));
    accepted(await finishTask(engine, leaseOf(later), completed(2)));
    const [first, second] = [await findTask(database.store.reader, claimed.task.id), await findTask(database.store.reader, later.task.id)];
    assert.notEqual(first?.classId, second?.classId, 'a run stays in the class in which it began');
  });

  test('nothing is measured for a synthetic experiment', async () => {
    const workerId = await world.register();
    await world.submit({ experiment: SYNTHETIC.name, numTasks: 1 });
    assert.equal((await poll(workerId)).tasks.length, 1);
  });

  test('a campaign keeps a summary of each class from its second one on, in whatever order results come', async () => {
    const { familyId } = await world.submit({ numTasks: 5 });
    const slow = await world.register({ hardware: { ...SAMPLE_INTRODUCTION.hardware, cpuModel: 'Slow' } });
    const fast = await world.register({ hardware: { ...SAMPLE_INTRODUCTION.hardware, cpuModel: 'Fast' } });
    await work(slow, 3);
    const only = await familyOf(familyId);
    assert.deepEqual([only.classCount, only.classId !== null, (await readFamilyClasses(database.store.reader, only)).map(({ rollup }) => rollup.n)], [1, true, [1]]);
    for (const [workerId, value] of [[fast, 1], [slow, 2], [fast, 1.5], [slow, 4]] as const) await work(workerId, value);
    const mixed = await familyOf(familyId);
    const kept = await readFamilyClasses(database.store.reader, mixed);
    assert.deepEqual([mixed.classCount, mixed.classId, mixed.rollup.best], [2, null, 1]);
    assert.deepEqual(kept.map(({ rollup }) => [rollup.n, rollup.best, rollup.mean]), [[3, 2, 3], [2, 1, 1.25]]);
  });
});
