// Scripts that try to get out, run by a real worker for a real server: each is contained, or the worker says that it is not.
// None does harm where it succeeds: they are bounded to 200 processes, 600 MB of memory and 300 MB of disk.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { homedir, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { startCli } from '#test/processes.ts';
import { startBench, type Bench, type TestExperiment, type TestWorker } from '#test/worker-bench.ts';
import { WorkerRefused } from '#worker/loop.ts';
import type { SandboxSettings } from '#worker/sandbox.ts';
import { membersOf } from '#worker/process-tree.ts';

const FOLDER = join(import.meta.dirname, '..', 'fixtures', 'escape');
const LIMITS = { memoryGb: 0.3, diskGb: 0.1, processes: 64 };
const PAGE_BYTES = 4096;
/** Sleeps that only these scripts leave behind are known by how long they are to last. */
const SECONDS = { fork: `29.${process.pid}`, daemon: `31.${process.pid}` };
const CONTAINED = { mode: 'auto', allowNetwork: false, readable: [], ...LIMITS } satisfies SandboxSettings;
/** Where no program is found, neither is bubblewrap. */
const WITHOUT_BUBBLEWRAP = { PATH: '/nowhere' };

let bench: Bench;
let outside: string;
let listener: Server;
let connections = 0;
let decoy: ChildProcess;
let worker: TestWorker;
let level: string;

before(async () => {
  listener = createServer((socket) => {
    connections += 1;
    socket.destroy();
  }).listen(0);
  await once(listener, 'listening');
  decoy = spawn('/bin/sleep', ['600'], { stdio: 'ignore' });
  bench = await startBench({}, { heartbeat_seconds: 0.5 });
  outside = join(bench.folder, 'outside');
  await mkdir(outside);
  await writeFile(join(outside, 'secret'), 'a secret');
  const { port } = listener.address() as AddressInfo;
  const addresses = Object.values(networkInterfaces()).flatMap((ones) => (ones ?? []).flatMap(({ internal, family, address }) => (!internal && family === 'IPv4' ? [address] : [])));
  const data = join(bench.folder, 'worker-0');
  const secrets = [join(outside, 'secret'), join(data, 'worker.json'), join(bench.folder, 'server', 'admin-token')];
  const targets: Record<string, object> = {
    network: { port, addresses },
    read: { files: secrets, folders: [homedir(), outside, data, join(bench.folder, 'server')], expected: ['scratch', 'packages'] },
    write: { name: 'written-by-a-task', folders: [outside, data, join(data, 'packages'), homedir(), bench.folder], files: [join(outside, 'secret'), process.execPath] },
    fork: { seconds: SECONDS.fork },
    memory: {},
    disk: { isHidden: false },
    hidden: { isHidden: true },
    daemon: { seconds: SECONDS.daemon },
    kill: { worker: process.pid, decoy: decoy.pid },
    neighbour: { packages: join(data, 'packages') },
    link: { folder: outside },
    powers: {},
    stubborn: {},
  };
  const asks = { contract: { network: true } };
  const experiments: Record<string, TestExperiment> = {};
  for (const [name, target] of Object.entries(targets)) experiments[name] = { script: await scriptOf(name === 'hidden' ? 'disk' : name, target), contract: { startup_seconds: 60 } };
  const plain: Record<string, TestExperiment> = {
    dies: { script: `process.kill(process.pid, 'SIGKILL');` },
    crash: { script: `process.exit(7);` },
    missing: { script: '', run: ['./there-is-no-such-program'] },
    polite: { script: `process.on('SIGTERM', () => { console.log('{"loss": 1}'); process.exit(3); }); setInterval(() => {}, 1000);`, contract: { startup_seconds: 2 } },
  };
  await bench.offer({ ...experiments, ...plain, asking: { script: await scriptOf('network', targets['network'] ?? {}), ...asks } });
  worker = bench.work({ sandbox: CONTAINED, slots: 2 });
  level = (await worker.until('contained')).sandbox.level;
});
after(async () => {
  decoy.kill('SIGKILL');
  listener.close();
  await bench.close();
});

async function scriptOf(name: string, target: object): Promise<string> {
  return `const TARGET = ${JSON.stringify(target)};\n${await readFile(join(FOLDER, `${name}.mjs`), 'utf8')}`;
}

/** Runs one task once and tells how it ended. */
async function runOnce(experiment: string, by: TestWorker = worker) {
  const brief = await bench.submit(experiment);
  const id = (await brief.tasks())[0]?.id ?? assert.fail('a brief has a task');
  const finished = await by.until('finished', (event) => event.taskId === id);
  await by.until('delivered', (event) => event.taskId === id);
  await brief.cancel();
  return { ...finished, id };
}

/** Where the machine has no bubblewrap the worker says so, and a stricter owner's does not start: nothing is claimed that is not so. */
async function refusedInstead(t: TestContext): Promise<boolean> {
  if (level === 'bubblewrap') return false;
  t.diagnostic(`contained at level "${level}" only`);
  assert.match((await worker.until('contained')).sandbox.lacks.join(' '), /bubblewrap|Linux/);
  await assert.rejects(bench.work({ sandbox: { ...CONTAINED, mode: 'required' } }).ended, WorkerRefused);
  return true;
}

async function sleepersOf(seconds: string): Promise<number[]> {
  const living: number[] = [];
  for (const name of (await readdir('/proc')).filter((one) => /^\d+$/.test(one))) {
    if ((await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')).split('\0').includes(seconds)) living.push(Number(name));
  }
  return living;
}

test('the level is told to the server, and without bubblewrap it is a lower one, which a strict owner’s worker refuses', async () => {
  const { workerId } = await worker.until('registered');
  const view = (await bench.server.call('GET', `/api/v1/workers/${workerId}`)).body;
  assert.equal(view.sandbox.level, level);
  assert.deepEqual([view.sandbox.memory_gb, view.sandbox.disk_gb, view.sandbox.processes], [0.3, 0.1, 64]);
  const strict = bench.work({ sandbox: { ...CONTAINED, mode: 'required' }, environment: WITHOUT_BUBBLEWRAP });
  await assert.rejects(strict.ended, (error) => error instanceof WorkerRefused && /apt-get install bubblewrap|on Linux only/.test(error.message));
  const page = await (await fetch(`${bench.server.url}/workers/${workerId}`)).text();
  assert.match(page, new RegExp(`Sandbox</dt><dd>${level}`));
});

test('a task reaches no network', async (t) => {
  if (await refusedInstead(t)) return;
  assert.equal((await runOnce('network')).metrics['reached'], '');
  assert.equal(connections, 0);
});

test('an experiment that asks for the network gets it only where the owner allows it', async (t) => {
  if (await refusedInstead(t)) return;
  const brief = await bench.submit('asking');
  const id = (await brief.tasks())[0]?.id;
  const open = bench.work({ sandbox: { ...CONTAINED, allowNetwork: true } });
  const { metrics } = await open.until('finished', (event) => event.taskId === id);
  assert.match(String(metrics['reached']), /^127\.0\.0\.1\b/);
  assert.ok(!worker.events.some((event) => event.type === 'started' && event.taskId === id), 'the other worker was free all the time and was not given it');
  assert.equal((await runOnce('network')).metrics['reached'], '', 'and it does not extend to what does not ask');
  open.stop();
  await open.ended;
});

test('a task reads no file that is not its own or a program', async (t) => {
  if (await refusedInstead(t)) return;
  assert.equal((await runOnce('read')).metrics['read'], '');
});

test('a task writes nowhere but into its own folder', async (t) => {
  if (await refusedInstead(t)) return;
  const { metrics } = await runOnce('write');
  // Empty folders on the way to its own are there, in a memory of its own that ends with it.
  assert.deepEqual(String(metrics['written']).split(' ').filter((path) => path !== '' && existsSync(path)), []);
  assert.deepEqual(await readdir(outside), ['secret']);
  assert.equal(await readFile(join(outside, 'secret'), 'utf8'), 'a secret');
});

test('a task neither ends nor sees a process that is not its own', async (t) => {
  if (await refusedInstead(t)) return;
  const { metrics } = await runOnce('kill');
  assert.equal(metrics['done'], '');
  assert.ok(Number(metrics['processes']) <= 3);
  assert.deepEqual([decoy.exitCode, decoy.signalCode], [null, null]);
});

test('a task sees neither another’s folder nor another’s package', async (t) => {
  if (await refusedInstead(t)) return;
  const brief = await bench.submit('stubborn');
  const { taskId } = await worker.until('progress', (event) => event.values['children'] === 3);
  const { metrics } = await runOnce('neighbour');
  assert.deepEqual([metrics['seen'], metrics['packages']], [1, 1]);
  await brief.cancel();
  await worker.until('lost', (event) => event.taskId === taskId);
});

test('a task has no powers of an administrator, though its worker may have', async (t) => {
  if (await refusedInstead(t)) return;
  const { metrics } = await runOnce('powers');
  assert.deepEqual([metrics['done'], metrics['capabilities']], ['', 0]);
});

test('links that a task lays lead the worker nowhere', async () => {
  assert.equal((await runOnce('link')).outcome, 'completed');
  assert.deepEqual(await readdir(outside), ['secret']);
});

test('what a task leaves running ends with it, however it hid', async (t) => {
  if (await refusedInstead(t)) return;
  assert.equal((await runOnce('daemon')).outcome, 'completed');
  assert.deepEqual(await sleepersOf(SECONDS.daemon), []);
});

test('a script ends in its sandbox as it would outside, and has its time to end', async (t) => {
  if (await refusedInstead(t)) return;
  const endings = [];
  for (const name of ['dies', 'crash', 'missing', 'polite']) endings.push((await runOnce(name)).error);
  assert.deepEqual(endings.map((one) => one?.kind), ['signal', 'exit_code', 'spawn', 'timeout']);
  assert.match(endings[0]?.message ?? '', /SIGKILL/);
  assert.match(endings[1]?.message ?? '', /exit code 7/);
  assert.match(endings[2]?.message ?? '', /there-is-no-such-program/);
  assert.match(endings[3]?.message ?? '', /\{"loss": 1\}$/, 'its last words were heard');
});

if (process.platform === 'linux') for (const environment of [undefined, WITHOUT_BUBBLEWRAP]) {
  const where = environment === undefined ? 'as contained as this machine can' : 'without bubblewrap';
  test(`memory, disk and processes beyond the limits end a task, ${where}`, async () => {
    const one = environment === undefined ? worker : bench.work({ sandbox: CONTAINED, environment });
    assert.equal((await runOnce('memory', one)).error?.kind, 'out_of_memory');
    assert.equal((await runOnce('disk', one)).error?.kind, 'out_of_disk');
    assert.equal((await runOnce('hidden', one)).error?.kind, 'out_of_disk');
    const forked = await runOnce('fork', one);
    // Where the system holds the limit by itself, forks fail and the script goes on.
    if (forked.error === null) assert.ok(Number(forked.metrics['failed']) > 200 - LIMITS.processes);
    else assert.equal(forked.error.kind, 'too_many_processes');
    assert.deepEqual(await sleepersOf(SECONDS.fork), []);
    const shared = one.events.findLast((event) => event.type === 'progress' && event.values['shared'] !== undefined);
    if (environment === undefined && level === 'bubblewrap') assert.ok(shared?.type === 'progress' && Number(shared.values['shared']) < (LIMITS.memoryGb * 2 ** 30) / 4 + PAGE_BYTES);
    if (environment === undefined) return;
    one.stop();
    await one.ended;
  });
}

test('Ctrl-C frees the machine, whatever the script does', async (t) => {
  worker.stop();
  await worker.ended;
  for (const mode of ['auto', 'off']) {
    const brief = await bench.submit('stubborn');
    const dataDir = join(bench.folder, `stopped-${mode}`);
    const stopped = startCli(['worker', '--server', bench.server.url, '--token', bench.server.enrolmentToken, '--worker-data', dataDir, '--sandbox', mode, '--python', '/nowhere'], {}, bench.folder);
    const id = (await brief.tasks())[0]?.id ?? assert.fail('a brief has a task');
    await stopped.printed(/children 3|▶/);
    await childrenSaid(id);
    assert.ok((await membersOf({ leader: null, folder: join(dataDir, 'scratch') })).length >= 4);
    const since = performance.now();
    assert.equal(await stopped.end('SIGINT'), 0);
    t.diagnostic(`the machine was free after ${Math.round(performance.now() - since)} ms (sandbox ${mode})`);
    assert.deepEqual(await membersOf({ leader: null, folder: join(dataDir, 'scratch') }), []);
    assert.deepEqual(await readdir(join(dataDir, 'scratch')), []);
    const isGivenBack = (await brief.tasks())[0]?.state === 'pending' || (await readdir(join(dataDir, 'spool'))).length === 1;
    assert.ok(isGivenBack, 'the task was given back, or that waits on disk where the server was slow to answer');
    assert.ok(existsSync(join(dataDir, 'worker.json')));
    await brief.cancel();
  }
});

/** Waits until the script has said that all its children are there. */
async function childrenSaid(id: string): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = async (): Promise<void> => {
    const { items } = (await bench.server.call('GET', `/api/v1/tasks/${id}/metrics?name=children`)).body;
    if (items.length > 0) resolve();
  };
  const unwatch = bench.server.engine.store.watch(() => void look());
  await look();
  return promise.finally(unwatch);
}
