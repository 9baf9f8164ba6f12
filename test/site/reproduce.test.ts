// The command that a task's page prints, followed in a shell, has the run again.
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { parseHTML } from 'linkedom';
import { sha256 } from '#engine/id.ts';
import { startBench, type Bench } from '#test/worker-bench.ts';

/** Deterministic by its configuration, its seed and its data; the package holds a configuration of its own that must not be read. */
const SCRIPT = `
import { readFileSync } from 'node:fs';
const config = JSON.parse(readFileSync(process.argv[process.argv.indexOf('--config-file') + 1], 'utf8'));
let state = config.seed + config.x * 1000 + readFileSync(new URL('words.txt', import.meta.url), 'utf8').length + config.mood.length;
for (let step = 1; step <= 50; step += 1) {
  state = (state * 1103515245 + 12345) % 2147483648;
  if (step % 10 === 0) console.log(JSON.stringify({ step, loss: 1 + state / 2147483648 }));
}
console.log(JSON.stringify({ loss: 1 + state / 2147483648, budget: config.time_budget_seconds, mood: config.mood, steps_completed: 50 }));
`;
const WORDS = 'In the beginning\n';
/** What a person has by now; where a machine does not, Node stands in for it. */
const CURL = `#!/usr/bin/env node
const [, , , address, , file] = process.argv;
const response = await fetch(address);
if (!response.ok) process.exit(22);
(await import('node:fs')).writeFileSync(file, new Uint8Array(await response.arrayBuffer()));
`;

describe('a run by hand', { timeout: 120_000 }, () => {
  let bench: Bench;
  let folder: string;
  let taskId: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'xeenet-reproduce-'));
    const contract = { data: ['words.txt'], space: { x: { type: 'int', low: 1, high: 1000 }, mood: { type: 'choice', values: [`it's "fine" $HOME \`ls\` \\ %s ü`] } } };
    bench = await startBench({ chained: { script: SCRIPT, contract } });
    await writeFile(join(bench.folder, 'experiments', 'chained', 'words.txt'), WORDS);
    await writeFile(join(bench.folder, 'experiments', 'chained', 'config.json'), '{}');
    if (spawnSync('curl', ['--version']).error !== undefined) await writeFile(join(folder, 'curl'), CURL, { mode: 0o755 });
  });
  after(async () => {
    await bench.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('has the same value, with the package, the configuration and the seed that ran', async () => {
    const worker = bench.work();
    const brief = await bench.submit('chained');
    await worker.until('delivered');
    const [task] = await brief.tasks();
    assert.equal(task?.state, 'completed', JSON.stringify(task));
    taskId = task?.id ?? '';
    const { body: page } = await bench.server.call('GET', `/tasks/${taskId}`, undefined, null);
    const command = parseHTML(page).document.getElementById('by-hand')?.textContent ?? '';
    const path = [folder, dirname(process.execPath), process.env['PATH']].join(delimiter);
    const { stdout } = await promisify(execFile)('sh', ['-c', command], { cwd: folder, env: { PATH: path } });
    const result: Record<string, unknown> = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    assert.deepEqual(result, task?.metrics);
    assert.equal(result['loss'], task?.value);
  });

  test('is told with where it came from, as the worker was then, on the API and in the export', async () => {
    const { body: detail } = await bench.server.call('GET', `/api/v1/tasks/${taskId}`);
    const { provenance } = detail;
    assert.equal(provenance.package_sha256, detail.package_sha256);
    assert.deepEqual(provenance.data, [{ path: 'words.txt', sha256: sha256(WORDS) }]);
    assert.deepEqual([provenance.config, provenance.seed, provenance.attempt], [detail.config, detail.seed, 1]);
    assert.equal(provenance.worker.runtimes.node, process.versions.node);
    assert.ok(provenance.worker.hardware.cpu_cores > 0);
    // Removed, and the same machine back with another runtime: what ran stays what it was.
    assert.equal((await bench.server.call('DELETE', `/api/v1/workers/${provenance.worker.id}`)).status, 204);
    await bench.server.enrol({}, { node: '99.0.0' });
    const { body: exported } = await bench.server.call('GET', `/api/v1/families/${detail.family_id}/export?format=json`);
    assert.deepEqual(exported[0].provenance, provenance);
  });

  test('stops before it runs anything where the package has another hash', async () => {
    const { body: page } = await bench.server.call('GET', `/tasks/${taskId}`, undefined, null);
    const command = (parseHTML(page).document.getElementById('by-hand')?.textContent ?? '').replace(/echo '[0-9a-f]{8}/, "echo '00000000");
    const place = await mkdtemp(join(folder, 'other-'));
    const failure = await promisify(execFile)('sh', ['-c', command], { cwd: place, env: { PATH: [folder, dirname(process.execPath), process.env['PATH']].join(delimiter) } }).catch((error: Error & { stdout: string }) => error);
    assert.ok(failure instanceof Error && failure.message.startsWith('Command failed'));
    assert.doesNotMatch(failure.stdout, /steps_completed/);
  });
});
