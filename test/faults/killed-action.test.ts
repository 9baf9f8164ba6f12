// A server that is killed while it deletes and cancels many tasks in the background, and comes back.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { smallBrief, SYNTHETIC_EXPERIMENTS } from '#test/running-server.ts';
import { startServerProcess } from '#test/processes.ts';

const LOOK_AGAIN_MS = 20;
const TASKS = 2000;

test('actions in the background go on after kill -9 where they were, and do everything once', { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'xeenet-killed-action-'));
  const args = ['--data', folder, '--experiments-dir', SYNTHETIC_EXPERIMENTS, '--port'];
  let server = await startServerProcess([...args, '0']);
  try {
    const token = (await readFile(join(folder, 'admin-token'), 'utf8')).trim();
    const call = async (method: string, path: string, body?: unknown) => {
      const response = await fetch(`${server.url}/api/v1${path}`, { method, headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
      return (await response.json()) as ReturnType<typeof JSON.parse>;
    };
    const until = async (look: () => Promise<boolean>): Promise<void> => {
      while (!(await look())) await wait(LOOK_AGAIN_MS);
    };
    const launch = () => call('POST', '/briefs', smallBrief({ num_tasks: TASKS }));
    const [kept, doomed] = [await launch(), await launch()];
    const cancelling = await call('POST', '/tasks/actions', { verb: 'cancel', filter: '-number=1,2', family_id: kept.family_id });
    const deleting = await call('DELETE', `/briefs/${doomed.id}`);
    const both = [cancelling, deleting].map((action) => `/actions/${action.id}`);
    await until(async () => (await call('GET', both[0] ?? '')).done > 0);
    await server.end('SIGKILL');

    server = await startServerProcess([...args, new URL(server.url).port]);
    const resumed = await Promise.all(both.map((path) => call('GET', path)));
    assert.ok(resumed.some((action) => action.state === 'running' && action.done < TASKS - 2), 'the kill came in the middle');
    assert.equal((await call('GET', `/briefs/${doomed.id}`)).code, 'brief_not_found', 'what was acknowledged is gone');
    await until(async () => (await Promise.all(both.map((path) => call('GET', path)))).every((action) => action.state === 'finished'));
    const ended = await Promise.all(both.map((path) => call('GET', path)));
    assert.deepEqual(ended.map((action) => [action.total, action.done, action.refused]), [[TASKS - 2, TASKS - 2, 0], [TASKS, TASKS, 0]]);
    assert.deepEqual((await call('GET', `/families/${kept.family_id}`)).counts, { pending: 2, running: 0, completed: 0, failed: 0, cancelled: TASKS - 2, total: TASKS });
    const { tasks } = await call('GET', '/stats');
    assert.deepEqual([tasks.pending, tasks.cancelled], [2, TASKS - 2], 'the totals too');
  } finally {
    await server.end('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
});
