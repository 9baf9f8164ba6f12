import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, afterEach, test } from 'node:test';
import { stealStale, withInstallationLock } from './installation-lock.mjs';

let folder = '';
let lock = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'lock-'));
  lock = path.join(folder, '.installation.lock');
});

afterEach(() => rmSync(folder, { recursive: true }));

function heldBy(holder: string): void {
  mkdirSync(lock);
  writeFileSync(path.join(lock, 'holder'), holder);
}

test('of many who want the lock one works at a time, and each gets its turn', async () => {
  let inside = 0;
  let most = 0;
  let turns = 0;
  const said: string[] = [];
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
    turns += 1;
  };
  await Promise.all([1, 2, 3].map(() => withInstallationLock(folder, (text) => said.push(text), work)));
  assert.deepEqual({ most, turns }, { most: 1, turns: 3 });
  assert.equal(said.length, 2, 'the two who waited said so, once each');
  assert.equal(existsSync(lock), false);
});

test('a failing work frees the lock', async () => {
  const failing = withInstallationLock(folder, () => undefined, () => Promise.reject(new Error('no')));
  await assert.rejects(failing, /no/);
  assert.equal(existsSync(lock), false);
});

test('the lock of a living process stands', () => {
  heldBy(`${os.hostname()} ${process.pid}`);
  assert.equal(stealStale(lock, Date.now()), false);
  assert.equal(existsSync(lock), true);
});

test('the lock of a process that has ended falls at once', () => {
  const ended = spawnSync(process.execPath, ['--version']).pid;
  heldBy(`${os.hostname()} ${ended}`);
  assert.equal(stealStale(lock, Date.now()), true);
  assert.equal(existsSync(lock), false);
});

test('the lock of another machine falls when it was not refreshed', () => {
  heldBy('elsewhere 1');
  assert.equal(stealStale(lock, Date.now()), false);
  utimesSync(lock, new Date(0), new Date(0));
  assert.equal(stealStale(lock, Date.now()), true);
  assert.equal(existsSync(lock), false);
});
