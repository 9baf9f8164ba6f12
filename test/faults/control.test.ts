// Control reaches what really runs: the training process on a worker's machine, not only the rows about it.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { startCli, type CliProcess } from '#test/processes.ts';
import { startTestServer, type TestServer } from '#test/running-server.ts';
import { listProcesses } from '#worker/process-table.ts';

/** Looks again after a while until something holds; the test's own time limit is the bound. */
const LOOK_AGAIN_MS = 25;

describe('control of training that runs', { timeout: 120_000, skip: process.platform === 'linux' ? false : 'processes are looked up in /proc' }, () => {
  let server: TestServer;
  let worker: CliProcess;
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'xeenet-control-'));
    server = await startTestServer({ heartbeat_seconds: 0.5, lease_seconds: 5 });
    worker = startCli(['worker', '--server', server.url, '--token', server.enrolmentToken, '--name', 'obedient', '--worker-data', folder]);
  });
  after(async () => {
    await worker.end('SIGINT');
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const call = async (method: string, path: string, body?: unknown) => (await server.call(method, `/api/v1${path}`, body)).body;
  const until = async <T>(look: () => Promise<T | null>): Promise<T> => {
    for (;;) {
      const found = await look();
      if (found !== null) return found;
      await wait(LOOK_AGAIN_MS);
    }
  };
  /** The processes that the worker has started, and what they have. */
  async function training(): Promise<number[]> {
    const all = await listProcesses();
    const below = (pid: number): number[] => all.filter((one) => one.parent === pid).flatMap((one) => [one.pid, ...below(one.pid)]);
    return below(worker.process.pid ?? 0);
  }
  /** Waits until a task of char-lm is at work: it has reported a step, so that its process is in its loop. */
  async function begun(taskId: string): Promise<number[]> {
    await until(async () => ((await call('GET', `/tasks/${taskId}/metrics`)).items?.length > 0 ? true : null));
    const pids = await training();
    assert.ok(pids.length > 0, 'a process trains');
    return pids;
  }
  async function gone(pids: number[]): Promise<void> {
    await until(async () => ((await listProcesses()).some((one) => pids.includes(one.pid)) ? null : true));
  }
  async function launch(numTasks = 1): Promise<{ id: string; task: (number: number) => string }> {
    const brief = await call('POST', '/briefs', { title: 'Long training', experiment: 'char-lm', strategy: { name: 'random', seed: 3 }, num_tasks: numTasks, time_budget_seconds: 600, budget_credits: 1000 });
    return { id: brief.id, task: (number) => `${brief.family_id}-${number}` };
  }
  const saysStopping = async (briefId: string): Promise<boolean> => /Stopping:/.test((await server.call('GET', `/briefs/${briefId}`)).body);

  test('a cancelled task ends on its machine; requeued and run once more it trains again', async () => {
    const { id, task } = await launch();
    const first = await begun(task(1));
    assert.equal((await call('POST', `/tasks/${task(1)}/cancel`)).state, 'cancelled');
    await gone(first);
    await until(async () => ((await saysStopping(id)) ? null : true));
    assert.match((await server.call('GET', `/tasks/${task(1)}`)).body, /obedient<\/a> let it go/);
    assert.equal((await call('POST', `/tasks/${task(1)}/requeue`)).state, 'pending');
    const second = await begun(task(1));
    assert.deepEqual(second.filter((pid) => first.includes(pid)), []);
    await call('POST', `/tasks/${task(1)}/cancel`);
    await gone(second);
    const again = await call('POST', `/tasks/${task(1)}/rerun`, {});
    const third = await begun(again.id);
    assert.equal((await call('GET', `/tasks/${task(1)}`)).seed, again.seed);
    await call('POST', `/briefs/${id}/cancel`);
    await gone(third);
    await until(async () => ((await saysStopping(id)) ? null : true));
  });

  test('a paused brief lets its run go on and begins no other; deleted, it ends and leaves nothing', async () => {
    const { id, task } = await launch(2);
    const pids = await begun(task(1));
    await call('POST', `/briefs/${id}/pause`);
    const reported = async () => (await call('GET', `/tasks/${task(1)}/metrics?limit=500`)).items.length;
    const before = await reported();
    await until(async () => ((await reported()) > before ? true : null));
    assert.deepEqual(await training(), pids, 'what runs goes on');
    assert.equal((await server.call('DELETE', `/api/v1/briefs/${id}`)).status, 202);
    await gone(pids);
    const { body: next } = await server.call('GET', `/api/v1/tasks/${task(2)}`);
    assert.equal(next.code, 'task_not_found');
    assert.equal((await call('GET', '/workers')).items[0].running ?? 0, 0);
  });
});
