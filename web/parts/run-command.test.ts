import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCommand } from './run-command.ts';

test('a shell that runs the lines has the configuration to the last character', () => {
  const folder = mkdtempSync(join(tmpdir(), 'xeenet-run-command-'));
  const config = { lr: 0.00123, name: `it's "quoted" $HOME \`ls\` \\ %s ü` };
  const command = runCommand({ run: ['printf', '%s\\n', "a'b c"] }, { config, seed: 7, timeBudgetSeconds: 10 });
  const output = execFileSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' });
  assert.deepEqual(JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')), { ...config, seed: 7, time_budget_seconds: 10 });
  assert.equal(output, "a'b c\n--config-file\nconfig.json\n");
  rmSync(folder, { recursive: true });
});
