import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { DRAWINGS } from '#web/parts/pictures/drawings.ts';

test('a short run draws every picture and prints a table', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'pictures.ts'), '--runs', '30', '--rounds', '1'], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  for (const name of Object.keys(DRAWINGS)) assert.match(stdout, new RegExp(`^${name} +[\\d.]+ +[1-9]\\d*\\.\\d$`, 'm'));
});
