// The documentation against a running server: its routes, its pages, and the examples.
import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { findFamily } from '#store/family.ts';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';
import { paths } from '#web/paths.ts';
import { CLONE, commandsOf, documentOf, DOCUMENTS, rowsOf } from './documents.ts';

const EXAMPLE = join(CLONE, 'examples', 'experiments', 'two-spirals');
const run = promisify(execFile);
let server: TestServer;

before(async () => {
  server = await startTestServer({ experiments_dir: join(CLONE, 'examples', 'experiments'), development: true });
});
after(() => server.stop());

/** An address as a pattern: `{id}` stands for any one part. */
const patternOf = (address: string): RegExp => new RegExp(`^${address.replaceAll(/[.*+?^$()[\]\\]/g, '\\$&').replaceAll(/\{\w+\}/g, '[^/]+')}$`);

test('every route of the API is in its table, and no other', async () => {
  const { body } = await server.call('GET', '/api/v1/openapi.json', undefined, null);
  const operations: Record<string, Record<string, unknown>> = body.paths;
  const served = Object.entries(operations).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
  const listed = rowsOf(documentOf('docs/api.md'), 'Routes').map(([route = '']) => route);
  assert.deepEqual(listed.toSorted(), served.toSorted());
});

test('addresses of the API that are named anywhere exist', async () => {
  const { body } = await server.call('GET', '/api/v1/openapi.json', undefined, null);
  const patterns = [...Object.keys(body.paths), '/api/v1', '/api/v1/openapi.json', '/api/docs'].map(patternOf);
  for (const { file, text } of DOCUMENTS) {
    for (const [address] of text.matchAll(/\/api\/[\w/{}.-]*[\w}]/g)) assert.ok(patterns.some((pattern) => pattern.test(address)), `${file}: ${address}`);
  }
});

test('every page is in the table of pages, and no other', () => {
  const monitored = [paths.apiDocs(), paths.openapi(), paths.monitoring()];
  const parts: Record<string, string> = { experiment: '{name}', experimentPackage: '{sha256}', packageAction: '{sha256}', live: '/{address}', asset: '{file}' };
  // A path takes its part, then its action or an optional query, which goes again; one without a part takes at most the query.
  const addressOf = ([name, path]: [string, (...given: never[]) => string]): string =>
    String(Reflect.apply(path, paths, path.length === 0 ? [] : [parts[name] ?? '{id}', ':action'])).replace(/\?.*/, '');
  const all = Object.entries(paths).map(addressOf).filter((path) => !monitored.includes(path));
  const served = all.map((path) => decodeURIComponent(path).replace(':action', '{action}'));
  const listed = rowsOf(documentOf('docs/concepts.md'), 'Pages').map(([address = '']) => address);
  assert.deepEqual(listed.toSorted(), served.toSorted());
});

test('pages and addresses for monitoring answer', async () => {
  const pages = rowsOf(documentOf('docs/concepts.md'), 'Pages').map(([address = '']) => address);
  const health = rowsOf(documentOf('docs/operations.md'), 'Health').map(([address = '']) => address);
  const shown = pages.filter((address) => !address.includes('{') && ![paths.settingsTheme(), paths.settingsShortcuts(), paths.taskActions(), paths.taskSelection(), paths.notificationsRead(), paths.briefPreview()].includes(address));
  for (const address of [...shown, ...health, '/api/docs/', '/api/v1/openapi.json']) {
    assert.equal((await server.call('GET', address, undefined, null)).status, 200, address);
  }
});

test('the metrics that operations names are served', async () => {
  const { body } = await server.call('GET', '/metrics', undefined, null);
  for (const [name] of documentOf('docs/operations.md').text.matchAll(/xeenet_[a-z]+(?=`)/g)) assert.match(body, new RegExp(`^# TYPE ${name} `, 'm'), name);
});

test('the example briefs are accepted', async () => {
  const files = globSync('examples/*.yaml', { cwd: CLONE }).toSorted();
  assert.ok(files.length >= 3);
  for (const file of files) {
    const { status, body } = await server.call('POST', '/api/v1/briefs', parse(await readFile(join(CLONE, file), 'utf8')));
    assert.equal(status, 201, `${file}: ${JSON.stringify(body)}`);
  }
});

test('the README shows the brief that it runs', async () => {
  const [shown] = documentOf('README.md').blocks.filter(({ info }) => info === 'yaml brief');
  const { goal: _shorter, ...fields } = parse(shown?.text ?? '');
  const { goal: _longer, ...file } = parse(await readFile(join(CLONE, 'examples', 'schedules.yaml'), 'utf8'));
  assert.deepEqual(fields, file);
});

test('the example experiment runs by hand with the command that the documents give', async () => {
  const lines = ['README.md', 'docs/experiments.md'].map((file) => commandsOf(documentOf(file)).find((line) => line.startsWith('node examples/')));
  assert.ok(lines[0] !== undefined && lines[0] === lines[1]);
  const { stdout } = await run(process.execPath, lines[0].split(' ').slice(1), { cwd: CLONE });
  const said = stdout.trim().split('\n').map((line) => JSON.parse(line));
  const result = said.at(-1);
  assert.ok(said.length > 5 && said.slice(0, -1).every((line) => Number.isInteger(line.step)));
  assert.ok(result.val_log_loss > 0 && result.val_log_loss < said[0].val_log_loss, 'it learns');
  assert.ok(result.wall_time_seconds < 8, 'it ends within its budget and grace');
});

test('the example experiment gives the same for the same seed, and another value for another', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'xeenet-docs-'));
  const valueOf = async (seed: number): Promise<number> => {
    const config = { optimizer: 'sgd', momentum: 0.9, lr: 0.05, n_layers: 1, width: 8, batch_size: 16, seed, time_budget_seconds: 60, max_steps: 200 };
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    const { stdout } = await run(process.execPath, [join(EXAMPLE, 'train.mjs'), '--config-file', join(folder, 'config.json')]);
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '').val_log_loss;
  };
  const values = [await valueOf(1), await valueOf(1), await valueOf(2)];
  await rm(folder, { recursive: true });
  assert.equal(values[0], values[1]);
  assert.notEqual(values[0], values[2]);
});

test('the configuration to try the example with is one of its space', async () => {
  const { seed: _seed, time_budget_seconds: _budget, ...config } = JSON.parse(readFileSync(join(EXAMPLE, 'example.json'), 'utf8'));
  const space = Object.fromEntries(Object.entries(config).map(([name, value]) => [name, { value }]));
  const { status, body } = await server.call('POST', '/api/v1/briefs', { title: 'Example', experiment: 'two-spirals', space, num_tasks: 1, budget_credits: 1 });
  assert.equal(status, 201, JSON.stringify(body));
});

// The page says that any language will do; where there is Python, that is put to the test.
if (spawnSync('python3', ['--version']).status === 0) {
  test('the worker in thirty lines of Python completes a campaign', async (context) => {
    const [block] = documentOf('docs/api.md').blocks.filter(({ info }) => info === 'python');
    assert.ok(block !== undefined && block.text.split('\n').filter((line) => line.trim() !== '').length <= 30);
    const synthetic = await startTestServer();
    context.after(() => synthetic.stop());
    const { body: brief } = await synthetic.call('POST', '/api/v1/briefs', smallBrief({ time_budget_seconds: 0.2 }));
    const { reader, watch } = synthetic.engine.store;
    const completed = Promise.withResolvers<void>();
    const unwatch = watch(async () => {
      const family = await findFamily(reader, brief.family_id);
      if (family?.state === 'completed') completed.resolve();
    });
    const worker = spawn('python3', ['-c', block.text, synthetic.url, synthetic.enrolmentToken], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    worker.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const ended = once(worker, 'close');
    context.after(() => worker.kill('SIGKILL'));
    void ended.then(() => completed.reject(new Error(`the worker ended:\n${said}`)));
    await completed.promise;
    unwatch();
    const { body: family } = await synthetic.call('GET', `/api/v1/families/${brief.family_id}`);
    const { body: points } = await synthetic.call('GET', `/api/v1/tasks/${family.best.task_id}/metrics?name=loss`);
    worker.kill('SIGKILL');
    await ended;
    assert.equal(family.counts.completed, 3);
    assert.equal(points.items.length, 5);
  });
}
