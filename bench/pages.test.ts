import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

test('a short run measures every page at two sizes and prints a table', () => {
  const words = ['--tasks', '300', '--small', '100', '--seconds', '0.02', '--clients', '1'];
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'pages.ts'), ...words], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /1 clients, 0\.02 s each, at 100 and 300 synthetic tasks/);
  for (const page of ['overview', 'briefs', 'brief', 'families', 'family', 'tasks', 'task', 'workers', 'worker', 'credits']) {
    assert.match(stdout, new RegExp(`^${page} +[\\d.]+ .* \\d+\\.\\d\\d$`, 'm'));
  }
});
