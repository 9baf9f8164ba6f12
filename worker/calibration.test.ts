import assert from 'node:assert/strict';
import { mkdir, readFile, rm, watch } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { findWorkerClass } from '#store/hardware-class.ts';
import { startBench, type Bench, type TestExperiment } from '#test/worker-bench.ts';
import { listProcesses } from './process-table.ts';

const CONFIG = `import { readFileSync } from 'node:fs';
const config = JSON.parse(readFileSync(process.argv[process.argv.indexOf('--config-file') + 1], 'utf8'));
const isCalibration = config.time_budget_seconds === 0.25;`;
const real = (script: string): TestExperiment => ({ script: `${CONFIG}\n${script}`, contract: { synthetic: false } });

let bench: Bench;

before(async () => {
  bench = await startBench({
    counts: real(`process.stdout.write(JSON.stringify({ loss: config.x, steps_completed: isCalibration ? 500 : 7, wall_time_seconds: isCalibration ? 0.25 : 0.2 }) + '\\n');`),
    writes: real(`process.stdout.write('{"step": 10}\\n'); setTimeout(() => process.stdout.write('{"step": 40}\\n{"loss": 1}\\n'), 200);`),
    fails: real(`if (isCalibration) { process.stderr.write('Not now'); process.exit(3); } process.stdout.write('{"loss": 1}\\n');`),
    hangs: real(`import { renameSync, writeFileSync } from 'node:fs'; process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);
      writeFileSync('began', String(process.pid)); renameSync('began', '../../../began');`),
  });
});
after(() => bench.close());

const classOf = async (workerId: string, familyId: string) => {
  const family = (await bench.server.call('GET', `/api/v1/families/${familyId}`)).body;
  return findWorkerClass(bench.server.engine.store.reader, workerId, family.package_sha256);
};

test('the script runs once before the first task, in the middle of the space, and its speed is kept for later workers with the same files', async () => {
  const { familyId, tasks } = await bench.submit('counts', 2);
  const first = bench.work({ calibrationSeconds: 0.25, slots: 2 });
  const { measurement } = await first.until('calibrated');
  assert.deepEqual(measurement, { ok: true, steps: 500, seconds: 0.25 });
  const { workerId } = await first.until('registered');
  await first.until('delivered');
  first.drain();
  await first.ended;
  assert.deepEqual([(await classOf(workerId, familyId))?.stepsPerSecond, first.events.filter((event) => event.type === 'calibrating').length], [2000, 1]);
  assert.equal(first.events.findIndex((event) => event.type === 'started') > first.events.findIndex((event) => event.type === 'calibrated'), true);
  assert.equal((await tasks()).every((task) => task.metrics === null || task.metrics['steps_completed'] === 7), true, 'a calibration run is no task and leaves no result');

  await rm(join(first.dataDir, 'worker.json'));
  await bench.submit('counts', 1);
  const again = bench.work({ calibrationSeconds: 0.25, slots: 2, dataDir: first.dataDir });
  const known = await again.until('calibrated');
  assert.deepEqual([known.measurement, known.hardwareClass], [measurement, 'class 1']);
  await again.until('delivered');
  assert.equal(again.events.some((event) => event.type === 'calibrating'), false, 'it introduces itself anew, and measures nothing');
  again.stop();
  await again.ended;
});

test('progress says how fast a script is that reports no speed; one that fails keeps nobody from work', async () => {
  const worker = bench.work({ calibrationSeconds: 0.25 });
  await bench.submit('writes', 1);
  const { measurement } = await worker.until('calibrated', (event) => event.experiment === 'writes');
  assert.ok(measurement.ok && measurement.steps === 30 && measurement.seconds > 0.1 && measurement.seconds < 5);
  const { familyId } = await bench.submit('fails', 1);
  const failed = await worker.until('calibrated', (event) => event.experiment === 'fails');
  assert.ok(!failed.measurement.ok && failed.measurement.reason.startsWith('The script ended with exit code 3.'));
  await worker.until('delivered', ({ taskId }) => taskId.startsWith(familyId));
  const { workerId } = await worker.until('registered');
  assert.equal((await classOf(workerId, familyId))?.stepsPerSecond, null);
  worker.stop();
  await worker.ended;
});

test('a worker that is told to stop ends a calibration run with all its processes, and says nothing of it', async () => {
  const { familyId, cancel } = await bench.submit('hangs', 1);
  const dataDir = join(bench.folder, 'stopped');
  await mkdir(dataDir);
  const changes = watch(dataDir);
  const worker = bench.work({ calibrationSeconds: 0.25, dataDir });
  for await (const { filename } of changes) if (filename === 'began') break;
  const pid = Number(await readFile(join(dataDir, 'began'), 'utf8'));
  const { workerId } = await worker.until('registered');
  worker.stop();
  await worker.ended;
  assert.equal((await listProcesses()).some((one) => one.pid === pid), false);
  assert.equal(await classOf(workerId, familyId), null);
  assert.equal(worker.events.some((event) => event.type === 'calibrated'), false);
  await cancel();
});
