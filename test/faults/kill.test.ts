import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { smallBrief, SYNTHETIC_EXPERIMENTS } from '#test/running-server.ts';
import { startCli, startServerProcess, type CliProcess } from '#test/processes.ts';

const FAST = ['--heartbeat-seconds', '0.2', '--lease-seconds', '1', '--experiments-dir', SYNTHETIC_EXPERIMENTS];
/** Looks again after a while until something holds; the test's own time limit is the bound. */
const LOOK_AGAIN_MS = 50;

describe('processes that are killed', () => {
  let folder: string;
  const processes: CliProcess[] = [];
  const started = <T extends CliProcess>(one: T): T => {
    processes.push(one);
    return one;
  };
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'xeenet-faults-'));
  });
  after(async () => {
    await Promise.all(processes.map((one) => one.end('SIGKILL')));
    await rm(folder, { recursive: true, force: true });
  });

  const caller = (data: string, url: string) => async (method: string, path: string, body?: unknown, token?: string) => {
    const secret = token ?? (await readFile(join(data, 'admin-token'), 'utf8')).trim();
    const response = await fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${secret}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const parsed = (await response.json()) as ReturnType<typeof JSON.parse>;
    return { status: response.status, body: parsed };
  };
  const until = async <T>(look: () => Promise<T | null>): Promise<T> => {
    for (;;) {
      const found = await look();
      if (found !== null) return found;
      await wait(LOOK_AGAIN_MS);
    }
  };

  test('a server killed in a campaign completes it after a restart, counting every task once and losing nothing acknowledged', { timeout: 60_000 }, async () => {
    const data = join(folder, 'server');
    const server = started(await startServerProcess(['--port', '0', '--data', data, ...FAST]));
    const call = caller(data, server.url);
    const enrolment = (await readFile(join(data, 'enrolment-token'), 'utf8')).trim();
    started(startCli(['worker', '--server', server.url, '--token', enrolment, '--slots', '2', '--worker-data', join(folder, 'server-worker')]));
    const brief = (await call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 16, time_budget_seconds: 0.2 }))).body;
    const tasksOf = async () => (await call('GET', `/api/v1/tasks?family_id=${brief.family_id}&sort=oldest&limit=100`)).body.items;
    const finished = await until(async () => {
      const done = (await tasksOf()).filter((task: { state: string }) => task.state === 'completed');
      return done.length >= 4 ? done : null;
    });
    await server.end('SIGKILL');

    const again = started(await startServerProcess(['--port', new URL(server.url).port, '--data', data, ...FAST]));
    assert.equal(again.url, server.url);
    const family = await until(async () => {
      const { body } = await call('GET', `/api/v1/families/${brief.family_id}`);
      return body.state === 'running' ? null : body;
    });
    assert.deepEqual([family.state, family.counts.completed, family.summary.n], ['completed', 16, 16]);
    const tasks = await tasksOf();
    for (const before of finished) assert.deepEqual(tasks[before.number - 1], before, 'what was acknowledged is unchanged');
    for (const task of tasks) {
      const { attempts } = (await call('GET', `/api/v1/tasks/${task.id}`)).body;
      assert.equal(attempts.filter((attempt: { state: string }) => attempt.state === 'completed').length, 1);
    }
    const { items } = (await call('GET', '/api/v1/ledger/entries?limit=100&kind=result')).body;
    assert.equal(new Set(items.map((entry: { task_id: string }) => entry.task_id)).size, 16);
    assert.equal(items.length, 16);
  });

  test('a worker killed at work has its task run again after the lease, and its late result changes nothing', { timeout: 60_000 }, async () => {
    const data = join(folder, 'worker');
    const server = started(await startServerProcess(['--port', '0', '--data', data, ...FAST]));
    const call = caller(data, server.url);
    const enrolment = (await readFile(join(data, 'enrolment-token'), 'utf8')).trim();
    const brief = (await call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 1, time_budget_seconds: 30 }))).body;
    const first = started(startCli(['worker', '--server', server.url, '--token', enrolment, '--worker-data', join(folder, 'first')]));
    const taskPath = `/api/v1/tasks/${brief.family_id}-1`;
    await until(async () => ((await call('GET', taskPath)).body.state === 'running' ? true : null));
    await first.end('SIGKILL');

    // A worker without a program behind it takes the second attempt and, having lost it too, reports late.
    const ghost = (await call('POST', '/api/v1/workers', { name: 'ghost', hardware: { cpu_cores: 8, ram_gb: 8 }, runtimes: { node: '26.10.0' } }, enrolment)).body;
    const { body } = await call('POST', '/api/v1/claims', { wait_seconds: 30 }, ghost.token);
    assert.deepEqual([body.tasks.length, body.tasks[0].attempt], [1, 2], 'the task is handed out again as its second attempt');
    await until(async () => ((await call('GET', taskPath)).body.state === 'pending' ? true : null));
    const before = (await call('GET', taskPath)).body;
    const late = await call('POST', `${taskPath}/result`, { attempt: 2, lease_token: body.tasks[0].lease_token, outcome: 'completed', metrics: { loss: 1 } }, ghost.token);
    assert.deepEqual([late.status, late.body.code], [409, 'stale_lease']);
    assert.deepEqual((await call('GET', taskPath)).body, before);
    assert.deepEqual(before.attempts.map((attempt: { state: string }) => attempt.state), ['lost', 'lost']);
  });

  test('a watched brief is watched on after its server was killed and came back', { timeout: 60_000 }, async () => {
    const data = join(folder, 'watched');
    const file = join(folder, 'watched.json');
    await writeFile(file, JSON.stringify(smallBrief({ title: 'Watched' })));
    const server = started(await startServerProcess(['--port', '0', '--data', data, ...FAST]));
    const watch = started(startCli(['brief', 'run', file, '--watch', '--server', server.url, '--data', data]));
    const [, briefId = ''] = await watch.printed(/Brief (\w+) is running[^]*0 running/);
    await server.end('SIGKILL');
    await watch.printed(/The server does not answer/);
    started(await startServerProcess(['--port', new URL(server.url).port, '--data', data, ...FAST]));
    await caller(data, server.url)('POST', `/api/v1/briefs/${briefId}/cancel`);
    assert.equal(await watch.ended, 1);
    assert.match(watch.output(), /The server does not answer[^]*No run gave a value/);
  });

  test('a second server on the same data folder, a busy port and wrong settings are refused with a sentence', { timeout: 60_000 }, async () => {
    const data = join(folder, 'refusals');
    const server = started(await startServerProcess(['--port', '0', '--data', data]));
    const { port } = new URL(server.url);
    for (const [args, variables, sentence] of [
      [['serve', '--port', '0', '--data', data], {}, /Another XeeNet runs on the data folder/],
      [['serve', '--port', port, '--data', join(folder, 'other')], {}, /Port \d+ on 127\.0\.0\.1 is already in use.*--port/],
      [['serve', '--host', '0.0.0.0'], {}, /--host \("0\.0\.0\.0"\) is not a loopback address.*SSH tunnel/],
      [['serve', '--port', 'many'], {}, /--port \("many"\) must be a whole number/],
      [['serve'], { XEENET_LEASE_SECONDS: '-1' }, /XEENET_LEASE_SECONDS \("-1"\) must be at least/],
      [['serve'], { XEENET_DATABASE_URL: 'mysql://x' }, /XEENET_DATABASE_URL must begin with postgres/],
      [['serve'], { XEENET_ADMIN_TOKEN: 'short' }, /XEENET_ADMIN_TOKEN must have at least 16 characters/],
      [['serve', '--bogus', '1'], {}, /Unknown option '--bogus'/],
      [['dance'], {}, /"dance" is not a command/],
      [['serve', '--port', '0', '--data', process.platform === 'win32' ? 'Z:\\nowhere' : '/proc/nowhere'], {}, /The data folder .*nowhere cannot be made/],
      [['serve', 'stray', 'words'], {}, /"stray words" belongs to no flag/],
      [['brief', 'run'], {}, /Name one file/],
      [['brief', 'walk'], {}, /"brief walk" is not a command/],
      [['serve', '--config', join(folder, 'missing.yaml')], {}, /missing\.yaml cannot be read/],
    ] as [string[], Record<string, string>, RegExp][]) {
      const refused = started(startCli(args, variables, folder));
      assert.equal(await refused.ended, 2, refused.output());
      assert.match(refused.output(), sentence);
      assert.doesNotMatch(refused.output(), /at .*\.ts:\d+/);
    }
    assert.equal(await server.end('SIGTERM'), 0);
  });
});
