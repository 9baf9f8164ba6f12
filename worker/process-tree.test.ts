import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pino } from 'pino';
import { listProcesses, parsePs, processStart } from './process-table.ts';
import { killTree, membersOf } from './process-tree.ts';
import { endLeftovers } from './running.ts';

const READY = `process.stdout.write('ready\\n'); setInterval(() => {}, 1000);`;
const DEAF = `process.on('SIGTERM', () => {}); ${READY}`;
const log = pino({ level: 'silent' });
let folder: string;
const children = new Set<ChildProcess>();

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xeenet-tree-'));
});
after(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** Starts a Node process and waits until it has said something. */
async function start(code: string, options: Parameters<typeof spawn>[2] = {}): Promise<{ pid: number; exited: Promise<unknown>; said: string }> {
  const child = spawn(process.execPath, ['-e', code], { ...options, stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  const exited = once(child, 'exit');
  assert.ok(child.stdout !== null && child.pid !== undefined);
  const [said] = await once(child.stdout, 'data');
  return { pid: child.pid, exited, said: String(said) };
}

const isAlive = async (pid: number) => (await processStart(pid)) !== null;

test('a process that heeds SIGTERM ends by it, one that does not by SIGKILL', async () => {
  const polite = await start(`process.on('SIGTERM', () => process.exit(3)); ${READY}`, { detached: true });
  assert.equal(await killTree({ leader: polite.pid, folder: join(folder, 'none') }, 5000), true);
  assert.deepEqual(await polite.exited, [3, null]);
  const deaf = await start(DEAF, { detached: true });
  assert.equal(await killTree({ leader: deaf.pid, folder: join(folder, 'none') }, 50), true);
  assert.deepEqual(await deaf.exited, [null, 'SIGKILL']);
});

// Only Linux tells the environment of a process.
if (process.platform === 'linux') test('a process that left its tree, group and session is known by where its temporary files go', async () => {
  const home = join(folder, 'attempt');
  const code = `const { spawn } = require('node:child_process');
    const away = spawn(process.execPath, ['-e', ${JSON.stringify(DEAF)}], { detached: true, stdio: ['ignore', 'pipe', 'inherit'], env: { TMPDIR: process.env.TMPDIR } });
    away.stdout.once('data', () => { console.log(away.pid); process.exit(0); });`;
  const leader = await start(code, { detached: true, env: { TMPDIR: join(home, 'temporary') } });
  await leader.exited;
  const away = Number(leader.said);
  assert.deepEqual(await membersOf({ leader: leader.pid, folder: home }), [away]);
  assert.deepEqual(await membersOf({ leader: leader.pid, folder: join(folder, 'att') }), [], 'the beginning of a name is not a folder');
  assert.equal(await killTree({ leader: leader.pid, folder: home }, 0), true);
  assert.equal(await isAlive(away), false);
});

test('a recycled pid is left alone; the script that was noted is ended', async () => {
  const [running, scratch] = [join(folder, 'running'), join(folder, 'scratch')];
  await mkdir(running);
  await mkdir(join(scratch, 'other-1'), { recursive: true });
  const [noted, stranger] = [await start(DEAF, { detached: true }), await start(DEAF, { detached: true })];
  const note = { server_url: 'http://s', worker_id: 'w', attempt: 1, lease_token: 'l' };
  await writeFile(join(running, 'noted-1.json'), JSON.stringify({ ...note, task_id: 'noted', pid: noted.pid, started: await processStart(noted.pid) }));
  await writeFile(join(running, 'other-1.json'), JSON.stringify({ ...note, task_id: 'other', pid: stranger.pid, started: 'in another life' }));
  await writeFile(join(running, 'broken-1.json'), '{"task_id": ');
  const interrupted = await endLeftovers({ running, scratch }, log);
  assert.deepEqual(interrupted.map((one) => one.task_id).toSorted(), ['noted', 'other']);
  assert.deepEqual(await noted.exited, [null, 'SIGKILL']);
  assert.equal(await isAlive(stranger.pid), true);
  assert.deepEqual(await readdir(scratch), []);
});

test('the table of processes knows this one, by /proc and by ps', async () => {
  for (const platform of process.platform === 'linux' ? ['linux', 'darwin'] : [process.platform]) {
    const own = (await listProcesses(platform)).find((entry) => entry.pid === process.pid);
    assert.equal(own?.parent, process.ppid, platform);
    assert.ok(own.started !== '', platform);
  }
});

test('rows of ps are read; zombies are dead', () => {
  const rows = '    1     0     1 Ss   ?        Mon Nov 23 03:35:54 2026\n  412     1   412 S+   pts/0    Mon Nov 23 03:36:00 2026\n  413   412   412 Z    ?        Mon Nov 23 03:36:01 2026\n';
  assert.deepEqual(parsePs(rows), [
    { pid: 1, parent: 0, group: 1, session: 0, started: 'Mon Nov 23 03:35:54 2026', hasTerminal: false },
    { pid: 412, parent: 1, group: 412, session: 0, started: 'Mon Nov 23 03:36:00 2026', hasTerminal: true },
  ]);
});
