import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startBench, type Bench } from '#test/worker-bench.ts';
import { WorkerRefused } from './loop.ts';
import { processStart } from './process-table.ts';

let gates: string;
let bench: Bench;

/** A script that says its pid and goes on when a file of that name appears. */
const gated = (gate: string, then: string) => `import { existsSync } from 'node:fs'; import { setTimeout as wait } from 'node:timers/promises';
  process.stdout.write(JSON.stringify({ step: 1, own: process.pid }) + '\\n');
  while (!existsSync(${JSON.stringify(gate)})) await wait(10);
  ${then}`;

before(async () => {
  gates = await mkdtemp(join(tmpdir(), 'xeenet-gates-'));
  const gate = (name: string) => join(gates, name);
  bench = await startBench(
    {
      alone: { script: gated(gate('alone'), `for (let line = 0; line < 1000; line++) console.log('said while alone', line); console.log('{"loss": 1}');`), contract: { startup_seconds: 60 } },
      kept: { script: gated(gate('kept'), `console.log('{"loss": 2}');`), contract: { startup_seconds: 60 } },
      orphan: { script: gated(gate('orphan'), `console.log('{"loss": 3}');`), contract: { startup_seconds: 60 } },
      last: { script: gated(gate('last'), `console.log('{"loss": 4}');`), contract: { startup_seconds: 60 } },
      quick: { script: `console.log('{"loss": 5}');` },
    },
    { heartbeat_seconds: 0.5 },
  );
});
after(async () => {
  await bench.close();
  await rm(gates, { recursive: true, force: true });
});

const open = (name: string) => writeFile(join(gates, name), '');
const detailOf = async (id: string) => (await bench.server.call('GET', `/api/v1/tasks/${id}`)).body;

test('a task that ends while the server is away is delivered when it is back, with all of its log', async () => {
  const worker = bench.work();
  const brief = await bench.submit('alone');
  const { taskId } = await worker.until('progress');
  await bench.withoutServer(async () => {
    await open('alone');
    await worker.until('finished');
    assert.deepEqual(await readdir(join(worker.dataDir, 'spool')), [`${taskId}-1.json`]);
  });
  const { accepted } = await worker.until('delivered');
  assert.equal(accepted, true);
  const [task] = await brief.tasks();
  assert.deepEqual([task?.state, task?.value, task?.attempt], ['completed', 1, 1]);
  const log: string = (await bench.server.call('GET', `/api/v1/tasks/${taskId}/log`)).body;
  assert.equal(log.match(/said while alone \d+\n/g)?.length, 1000);
  assert.deepEqual(await readdir(join(worker.dataDir, 'spool')), []);
  assert.deepEqual(worker.events.filter((event) => event.type === 'unreachable' || event.type === 'reachable').map((event) => event.type), ['unreachable', 'reachable']);
  worker.stop();
  await worker.ended;
});

test('a result outlives its worker and is delivered once by the next one, which is the same to the server', async () => {
  const first = bench.work();
  const brief = await bench.submit('kept');
  const { taskId } = await first.until('progress');
  const { workerId } = await first.until('registered');
  await bench.withoutServer(async () => {
    await open('kept');
    await first.until('finished');
    first.stop();
    await first.ended;
  });
  assert.deepEqual(await readdir(join(first.dataDir, 'spool')), [`${taskId}-1.json`]);
  const second = bench.work({ dataDir: first.dataDir, enrolmentToken: null });
  const { accepted } = await second.until('delivered');
  assert.equal(accepted, true);
  assert.deepEqual((await second.until('registered')).workerId, workerId);
  assert.deepEqual(await readdir(join(first.dataDir, 'spool')), []);
  const [task] = await brief.tasks();
  assert.deepEqual([task?.state, task?.value, task?.attempt], ['completed', 2, 1]);
  second.stop();
  await second.ended;
  assert.equal(second.events.filter((event) => event.type === 'delivered').length, 1);
});

test('after kill -9 of a worker the next one ends its script, reports it and takes the task again', async () => {
  const dataDir = join(bench.folder, 'killed');
  const brief = await bench.submit('orphan');
  const [task] = await brief.tasks();
  const id = task?.id ?? assert.fail('there is a task');
  const args = ['bin/xeenet.ts', 'worker', '--server', bench.server.url, '--token', bench.server.enrolmentToken, '--worker-data', dataDir, '--sandbox', 'off'];
  const killed = spawn(process.execPath, args, { cwd: join(import.meta.dirname, '..'), stdio: 'ignore' });
  const exited = once(killed, 'exit');
  const pid = await pidOf(id);
  await assert.rejects(bench.work({ dataDir }).ended, (error) => error instanceof WorkerRefused && /Another worker/.test(error.message));
  killed.kill('SIGKILL');
  await exited;
  assert.notEqual(await processStart(pid), null, 'the script has outlived its worker');

  const next = bench.work({ dataDir, name: 'another name' });
  await next.until('registered');
  assert.equal(await processStart(pid), null);
  await next.until('progress', (event) => event.taskId === id && event.attempt === 2);
  assert.deepEqual(await readdir(join(dataDir, 'scratch')), [`${id}-2`]);
  await open('orphan');
  await next.until('delivered', (event) => event.taskId === id && event.attempt === 2);
  const { attempts } = await detailOf(id);
  assert.deepEqual(attempts.map((one: { attempt: number; state: string; error: { kind: string } | null }) => [one.attempt, one.state, one.error?.kind]).toSorted(), [[1, 'failed', 'worker_stopped'], [2, 'completed', undefined]]);
  next.stop();
  await next.ended;
});

/** The pid that a task's script has reported. */
async function pidOf(taskId: string): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const look = async () => {
    const { items } = (await bench.server.call('GET', `/api/v1/tasks/${taskId}/metrics?name=own`)).body;
    if (items.length > 0) resolve(items[0].value);
  };
  const unwatch = bench.server.engine.store.watch(() => void look());
  await look();
  return promise.finally(unwatch);
}

test('a draining worker finishes what it has, takes nothing more and returns', async () => {
  const brief = await bench.submit('last', 2);
  const worker = bench.work();
  const { taskId } = await worker.until('progress');
  worker.drain();
  await worker.until('draining', (event) => event.askedBy === 'signal' && event.running === 1);
  await open('last');
  await worker.ended;
  assert.deepEqual((await brief.tasks()).map((task) => task.state).toSorted(), ['completed', 'pending']);
  assert.equal((await detailOf(taskId)).state, 'completed');
  await brief.cancel();
});

test('a worker that the server lets drain takes tasks again when it may', async () => {
  const worker = bench.work();
  const { workerId } = await worker.until('registered');
  await bench.server.call('POST', `/api/v1/workers/${workerId}/drain`);
  await worker.until('draining', (event) => event.askedBy === 'server');
  const brief = await bench.submit('quick');
  assert.equal((await brief.tasks())[0]?.state, 'pending');
  await bench.server.call('POST', `/api/v1/workers/${workerId}/resume`);
  await worker.until('delivered');
  assert.equal((await brief.tasks())[0]?.state, 'completed');
  worker.stop();
  await worker.ended;
});

test('a worker that people remove ends with a sentence; started again it registers anew', async () => {
  const worker = bench.work();
  const { workerId } = await worker.until('registered');
  await bench.server.call('DELETE', `/api/v1/workers/${workerId}`);
  await assert.rejects(worker.ended, (error) => error instanceof WorkerRefused && /was removed/.test(error.message));

  const again = bench.work({ dataDir: worker.dataDir });
  const registered = await again.until('registered');
  assert.equal(registered.remembered, false);
  assert.notEqual(registered.workerId, workerId);
  again.stop();
  await again.ended;

  await bench.server.call('DELETE', `/api/v1/workers/${registered.workerId}`);
  const forgotten = bench.work({ dataDir: worker.dataDir });
  await forgotten.until('registered', (event) => !event.remembered);
  forgotten.stop();
  await forgotten.ended;
});

test('who a worker is stays in a file for its eyes only, and is asked anew when the machine has changed', async () => {
  const worker = bench.work();
  const { workerId } = await worker.until('registered');
  worker.stop();
  await worker.ended;
  const path = join(worker.dataDir, 'worker.json');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.ok((await readFile(path, 'utf8')).includes(workerId));
  const changed = bench.work({ dataDir: worker.dataDir, slots: 3 });
  const registered = await changed.until('registered');
  assert.deepEqual([registered.remembered, registered.workerId === workerId], [false, false]);
  changed.stop();
  await changed.ended;
  assert.ok(!(await readFile(path, 'utf8')).includes(workerId), 'what is no longer needed is forgotten');
});

test('without a token that the server takes, a worker says so and ends', async () => {
  await assert.rejects(bench.work({ enrolmentToken: null }).ended, (error) => error instanceof WorkerRefused && /--token/.test(error.message));
  await assert.rejects(bench.work({ enrolmentToken: 'not the right token' }).ended, (error) => error instanceof WorkerRefused && /refused the enrolment token/.test(error.message));
});
