import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const run = (...words: string[]) => spawnSync(process.execPath, [join(import.meta.dirname, 'dispatch.ts'), ...words], { encoding: 'utf8' });

test('a short run measures both servers and prints a table with their ratio', () => {
  const { status, stdout, stderr } = run('--seconds', '0.1', '--rounds', '1', '--clients', '2');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /2 clients, 1 rounds of 0\.1 s, SQLite, synchronous=full/);
  assert.match(stdout, /^round +cycles\/s .* ratio$/m);
  assert.match(stdout, /^median +[\d,]+ .* \d+\.\d\d$/m);
});

test('with verification a second server is measured beside the first, whose audits are cycles too', () => {
  const { status, stdout, stderr } = run('--seconds', '0.1', '--rounds', '1', '--clients', '2', '--verification');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^round .* verified cycles\/s .* share$/m);
  assert.match(stdout, /^median +[\d,]+ .* \d+\.\d\d$/m);
});

test('wrong words are refused with a sentence', () => {
  const { status, stderr } = run('--clients', 'none');
  assert.equal(status, 2);
  assert.equal(stderr, '--clients must be a number of at least 1, not "none".\n');
});
