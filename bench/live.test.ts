import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const run = (...words: string[]) => spawnSync(process.execPath, [join(import.meta.dirname, 'live.ts'), ...words], { encoding: 'utf8' });

test('a short run measures what viewers see and what stalled readers cost, and every viewer sees every result', () => {
  const { status, stdout, stderr } = run('--viewers', '3', '--stalled', '2', '--seconds', '0.5', '--rate', '4', '--tasks', '20');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /3 viewers of one brief of 20 tasks, 4 results a second for 0\.5 s/);
  assert.match(stdout, /^all read +2 +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +0 +/m);
  assert.match(stdout, /^2 more stall +2 +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+ +0 +.* \d+$/m);
});
