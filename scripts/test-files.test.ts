import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { findTests, selectTests } from './test-files.ts';
import { unexpectedNotRun } from './test-skips.ts';

test('tests are found in every room, the slow ones first, and never in packages or data', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'files-'));
  try {
    for (const file of ['core/a.test.ts', 'core/a.ts', 'test/journeys/z.test.ts', 'node_modules/p/b.test.ts', 'data/c.test.ts']) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), '');
    }
    assert.deepEqual(findTests(folder), ['test/journeys/z.test.ts', 'core/a.test.ts']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a wanted path selects what is at or below it, and one without tests is named', () => {
  const files = ['web/a.test.ts', 'web/api/b.test.ts', 'webbing/c.test.ts'];
  assert.deepEqual(selectTests(files, []), { files, unmatched: [] });
  assert.deepEqual(selectTests(files, ['./web/']).files, ['web/a.test.ts', 'web/api/b.test.ts']);
  assert.deepEqual(selectTests(files, ['web/api/b.test.ts']).files, ['web/api/b.test.ts']);
  assert.deepEqual(selectTests(files, ['core']), { files: [], unmatched: ['core'] });
});

test('only a test that needs PyTorch may be skipped, and only where there is none', () => {
  const notRun = [
    { name: 'a', file: 'a.test.ts', reason: 'python3 cannot import torch' },
    { name: 'b', file: 'b.test.ts', reason: 'too slow' },
  ];
  assert.equal(unexpectedNotRun(notRun, false).length, 1);
  assert.match(unexpectedNotRun(notRun, false)[0] ?? '', /b \(b\.test\.ts\): too slow/);
  assert.equal(unexpectedNotRun(notRun, true).length, 2);
});
