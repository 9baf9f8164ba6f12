import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

test('a small simulation catches its liars, whose gain is below zero whatever else they lose, and no honest machine', () => {
  const words = ['--machines', '10', '--turn', '30', '--tasks', '60', '--seed', '3'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'trust.ts'), ...words], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /^SIMULATION of workers.* 10 machines of as many owners .*, 20 % of them liars; .*seed 3$/m);
  for (const kind of ['fabricators', 'colluding pairs', 'occasional liars', 'sleepers']) assert.match(stdout, new RegExp(`^${kind}.* -\\d+\\.\\d\\d +[\\d.]+ % +0$`, 'm'), kind);
});
