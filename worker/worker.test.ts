import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { availableParallelism } from 'node:os';
import { after, before, test } from 'node:test';
import { startBench, type Bench, type TestWorker } from '#test/worker-bench.ts';
import { listProcesses } from './process-table.ts';

const FOREVER = 'setInterval(() => {}, 1000);';
const CONFIG = `const config = JSON.parse(readFileSync(process.argv[process.argv.indexOf('--config-file') + 1], 'utf8'));`;
/** Says its pid and those of others as a step, so that a test sees them. */
const SAY = `const say = (values) => process.stdout.write(JSON.stringify({ step: 1, ...values }) + '\\n');`;
const SPAWN = `import { spawn } from 'node:child_process'; ${SAY}`;
const DEAF = `['-e', "process.on('SIGTERM', () => {}); console.log('ready'); setInterval(() => {}, 1000)"]`;

let bench: Bench;
let worker: TestWorker;

before(async () => {
  bench = await startBench({
    learns: {
      script: `import { readFileSync } from 'node:fs'; ${CONFIG}
        process.stderr.write('to the log\\n');
        process.stdout.write('noise\\n{"step": 1, "loss": 3, "val_loss": 4.5, "note": "x"}\\n{"step": 2, "loss": 2, "val_loss": NaN}\\n');
        process.stdout.write('{"loss": 9}\\n');
        process.stdout.write(JSON.stringify({ loss: 1 + config.x, seed: config.seed, budget: config.time_budget_seconds, device_used: 'cpu', steps_completed: 2 }));`,
    },
    nan: { script: `process.stdout.write('{"loss": NaN, "train_loss": -Infinity}\\n');` },
    silent: { script: `process.stdout.write('no result\\n');` },
    crash: { script: `process.stderr.write('first line\\n' + 'x'.repeat(5000) + '\\nTypeError: the last line\\n'); process.exit(7);` },
    garbage: { script: `process.stdout.write(Buffer.from([0, 255, 254, 10])); process.stdout.write('{"loss": \\n[1,2]\\n{"step": "one"}\\n'); process.stdout.write('y'.repeat(3000000) + '\\n{"loss": 5}\\n');` },
    dies: { script: `process.kill(process.pid, 'SIGKILL');` },
    missing: { script: '', run: ['./there-is-no-such-program'] },
    family: {
      script: `${SPAWN}
        const deaf = spawn(process.execPath, ${DEAF}, { stdio: ['ignore', 'pipe', 'ignore'] });
        const away = spawn(process.execPath, ${DEAF}, { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
        process.on('SIGTERM', () => {});
        await Promise.all([deaf, away].map((child) => new Promise((resolve) => child.stdout.once('data', resolve))));
        say({ own: process.pid, deaf: deaf.pid, away: away.pid });
        ${FOREVER}`,
      contract: { startup_seconds: 2, time_budget_seconds: 0.2 },
    },
    leaves: {
      script: `${SPAWN}
        const left = spawn(process.execPath, ${DEAF}, { stdio: 'ignore', detached: true });
        left.unref();
        say({ left: left.pid });
        process.stdout.write('{"loss": 1}\\n');`,
    },
    waits: { script: `${SPAWN} say({ own: process.pid }); ${FOREVER}`, contract: { startup_seconds: 60 } },
    looks: {
      script: `import { writeFileSync } from 'node:fs';
        writeFileSync('beside-me.txt', 'written');
        process.stderr.write(JSON.stringify({ env: process.env, cwd: process.cwd() }));
        process.stdout.write('{"loss": 1}\\n');`,
    },
    pair: {
      script: `import { readFileSync } from 'node:fs'; import { setTimeout as wait } from 'node:timers/promises'; ${SAY}
        say({ own: process.pid }); await wait(300); process.stdout.write('{"loss": 1}\\n');`,
    },
  }, { heartbeat_seconds: 0.5 });
  worker = bench.work({ slots: 2 });
});
after(() => bench.close());

/** Runs one task of an experiment once and returns what the worker and the server say about it. */
async function runOnce(experiment: string) {
  const brief = await bench.submit(experiment);
  const [task] = await brief.tasks();
  const id = task?.id ?? assert.fail('a brief has a task');
  const finished = await worker.until('finished', (event) => event.taskId === id);
  await worker.until('delivered', (event) => event.taskId === id);
  await brief.cancel();
  const detail = (await bench.server.call('GET', `/api/v1/tasks/${id}`)).body;
  return { id, finished, task: detail, firstAttempt: detail.attempts.find((one: { attempt: number }) => one.attempt === 1), log: async () => (await bench.server.call('GET', `/api/v1/tasks/${id}/log?attempt=1`)).body };
}

async function alive(...pids: (number | undefined)[]): Promise<number[]> {
  const living = new Set((await listProcesses()).map((entry) => entry.pid));
  return pids.filter((pid): pid is number => pid !== undefined && living.has(pid));
}

test('a script’s last object is its result, its steps are its curve, the rest its log', async () => {
  const { id, finished, task, log } = await runOnce('learns');
  assert.equal(finished.outcome, 'completed');
  assert.equal(task.state, 'completed');
  assert.equal(task.value, 1 + task.config.x);
  assert.deepEqual(task.metrics, { loss: task.value, seed: task.seed, budget: 0.2, device_used: 'cpu', steps_completed: 2 });
  const points = (await bench.server.call('GET', `/api/v1/tasks/${id}/metrics`)).body.items;
  assert.deepEqual(points.map((point: { step: number; name: string; value: number }) => [point.step, point.name, point.value]), [[1, 'loss', 3], [2, 'loss', 2], [1, 'val_loss', 4.5]]);
  assert.match(await log(), /noise/);
  assert.match(await log(), /to the log/);
});

test('a value that is not a number is reported and does not count', async () => {
  const { finished, firstAttempt } = await runOnce('nan');
  assert.equal(finished.outcome, 'completed');
  assert.deepEqual(finished.metrics, { loss: null, train_loss: null });
  assert.equal(firstAttempt.state, 'failed');
  assert.equal(firstAttempt.error.kind, 'invalid_result');
});

test('a script that says no result has failed', async () => {
  assert.equal((await runOnce('silent')).finished.error?.kind, 'no_result');
});

test('an exit code is a failure that carries the end of what the script complained about', async () => {
  const { kind, message } = (await runOnce('crash')).finished.error ?? assert.fail('it failed');
  assert.equal(kind, 'exit_code');
  assert.match(message, /exit code 7/);
  assert.match(message, /TypeError: the last line$/);
  assert.ok(message.length <= 2100, `the message has ${message.length} characters`);
});

test('garbage and endless lines do not hide the result', async () => {
  const { finished, log } = await runOnce('garbage');
  assert.deepEqual(finished.metrics, { loss: 5 });
  const text: string = await log();
  assert.equal(text.match(/y/g)?.length, 3_000_000);
  assert.match(text, /\{"step": "one"\}/);
});

test('a killed script and one that cannot be started are told apart', async () => {
  const killed = (await runOnce('dies')).finished.error;
  assert.equal(killed?.kind, 'signal');
  assert.match(killed?.message ?? '', /SIGKILL/);
  assert.equal((await runOnce('missing')).finished.error?.kind, 'spawn');
});

test('the deadline ends the whole tree: what ignores SIGTERM, and what left for a session of its own', async () => {
  const { id, finished } = await runOnce('family');
  assert.equal(finished.error?.kind, 'timeout');
  const { values } = await worker.until('progress', (event) => event.taskId === id);
  assert.equal(Object.keys(values).length, 3);
  assert.deepEqual(await alive(values['own'], values['deaf'], values['away']), []);
});

// A process that left its session and lost its parent is known by its environment, which only Linux tells.
if (process.platform === 'linux') test('what outlives its script is ended with it', async () => {
  const { id, finished } = await runOnce('leaves');
  assert.equal(finished.outcome, 'completed');
  const { values } = await worker.until('progress', (event) => event.taskId === id);
  assert.ok((values['left'] ?? 0) > 0);
  assert.deepEqual(await alive(values['left']), []);
});

test('a script sees a clean environment and a folder of its own, which is gone afterwards', async () => {
  const first = await runOnce('looks');
  const { env, cwd } = JSON.parse((await first.log()).split('\n')[0].replace(/\{"loss".*$/, ''));
  assert.deepEqual(Object.keys(env).filter((name) => /XEENET|SECRET|TOKEN/i.test(name)), []);
  assert.ok(!JSON.stringify(env).includes('secret'));
  assert.equal(env.OMP_NUM_THREADS, String(Math.max(1, Math.floor(availableParallelism() / 2))));
  assert.ok(env.HOME.startsWith(join(worker.dataDir, 'scratch')) && env.TMPDIR.startsWith(join(worker.dataDir, 'scratch')));
  assert.ok(cwd.startsWith(join(worker.dataDir, 'scratch', `${first.id}-1`)));
  assert.ok(!(await readdir(join(worker.dataDir, 'scratch'))).includes(`${first.id}-1`));
  const packages = await readdir(join(worker.dataDir, 'packages'));
  for (const name of packages) assert.ok(!(await readdir(join(worker.dataDir, 'packages', name))).includes('beside-me.txt'), 'the package itself is untouched');
});

test('as many tasks run together as there are slots', async () => {
  const brief = await bench.submit('pair', 4);
  const ids = new Set((await brief.tasks()).map((task) => task.id));
  for (const id of ids) await worker.until('delivered', (event) => event.taskId === id);
  let running = 0;
  let most = 0;
  for (const event of worker.events) {
    if (event.type === 'started' && ids.has(event.taskId)) most = Math.max(most, ++running);
    if (event.type === 'finished' && ids.has(event.taskId)) running -= 1;
  }
  assert.equal(most, 2);
});

test('a lost lease stops the script at once and nothing is reported', async () => {
  const brief = await bench.submit('waits');
  const { taskId, values } = await worker.until('progress', (event) => event.values['own'] !== undefined && !worker.events.some((other) => other.type === 'finished' && other.taskId === event.taskId));
  await brief.cancel();
  await worker.until('lost', (event) => event.taskId === taskId);
  assert.deepEqual(await alive(values['own']), []);
  assert.ok(!worker.events.some((event) => (event.type === 'finished' || event.type === 'delivered') && event.taskId === taskId));
  assert.deepEqual(await readdir(join(worker.dataDir, 'spool')), []);
});

test('a stopped worker ends what runs, gives it back, and leaves nothing', async () => {
  const brief = await bench.submit('waits');
  const [task] = await brief.tasks();
  const { values } = await worker.until('progress', (event) => event.taskId === task?.id);
  worker.stop();
  await worker.ended;
  assert.deepEqual(await alive(values['own']), []);
  const [after] = await brief.tasks();
  assert.equal(after?.state, 'pending');
  const detail = (await bench.server.call('GET', `/api/v1/tasks/${task?.id}`)).body;
  assert.equal(detail.attempts[0].error.kind, 'worker_stopped');
  assert.deepEqual(await readdir(join(worker.dataDir, 'running')), []);
  await brief.cancel();
});
