import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { leftProcesses } from './left-processes.ts';

const alive = 'process.stdout.write("up"); process.stdin.resume()';

test('a forgotten child is found by its mark, and with a scrubbed environment by its folder', async (context) => {
  if (process.platform !== 'linux') return;
  const folder = mkdtempSync(path.join(os.tmpdir(), 'left-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const marked = spawn(process.execPath, ['-e', alive], { env: { ...process.env, XEENET_TEST_RUN: 'run-of-this-test' } });
  const scrubbed = spawn(process.execPath, ['-e', alive], { env: {}, cwd: folder });
  const children = [marked, scrubbed];
  try {
    await Promise.all(children.map((child) => once(child.stdout, 'data')));
    const found = leftProcesses('run-of-this-test', folder).map(({ processId }) => processId);
    assert.deepEqual(found.toSorted((left, right) => left - right), children.map(({ pid }) => pid ?? 0).toSorted((left, right) => left - right));
  } finally {
    await Promise.all(children.map((child) => {
      const closed = once(child, 'close');
      child.kill();
      return closed;
    }));
  }
  assert.deepEqual(leftProcesses('run-of-this-test', folder), []);
});
