import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { sql } from '#store/seam.ts';
import { startTestServer, type TestServer } from '#test/running-server.ts';
import { UsageError } from './config.ts';
import { experimentLoader, packExperiment } from './load-experiments.ts';

const MANIFEST = `name: linked
title: Linked
run: [node, run.mjs]
metric: { name: loss, direction: minimize }
time_budget_seconds: 1
space:
  x: { type: uniform, low: 0, high: 1 }
`;

let folder = '';
let server: TestServer;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'xeenet-experiments-'));
  const [real, offered] = [join(folder, 'real'), join(folder, 'offered')];
  for (const path of [real, offered]) await mkdir(path);
  await writeFile(join(real, 'experiment.yaml'), MANIFEST);
  await writeFile(join(folder, 'script.mjs'), 'process.stdout.write("{}")\n');
  await symlink(join(folder, 'script.mjs'), join(real, 'run.mjs'));
  await symlink(real, join(offered, 'linked'));
  await symlink(join(folder, 'nothing'), join(offered, 'dangling'));
  server = await startTestServer({ experiments_dir: offered });
});
after(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

test('linked folders and files count as what they lead to', async () => {
  const { rows } = server.engine.store.reader;
  const [found] = await rows<{ script: string }>(sql`select script from packages where experiment = ${'linked'} order by sha256 limit 1`);
  assert.match(found?.script ?? '', /process\.stdout/);
});

test('the bytes of a package follow from its content alone', async () => {
  const { archive } = await packExperiment(join(import.meta.dirname, '..', 'experiments', 'char-lm'));
  const tar = gunzipSync(archive);
  assert.equal(tar.toString('latin1', 257, 262), 'ustar');
  const again = gzipSync(tar, { level: 9 });
  again[9] = 255;
  assert.ok(again.equals(archive));
});

test('an experiment that the database could not take is offered again', async () => {
  const load = experimentLoader([join(folder, 'offered')], pino({ level: 'silent' }));
  const away = { ...server.engine, store: { ...server.engine.store, write: () => Promise.reject(new Error('away')), reader: { ...server.engine.store.reader, rows: () => Promise.reject(new Error('away')) } } };
  await assert.rejects(load(away), /away/);
  await assert.rejects(load(away), /away/);
  await load(server.engine);
  await load(away);
});

test('a folder of experiments that is not there is named at boot', async () => {
  await assert.rejects(startTestServer({ experiments_dir: join(folder, 'nothing') }), (error) => error instanceof UsageError && /nothing.*cannot be read/.test(error.message));
});
