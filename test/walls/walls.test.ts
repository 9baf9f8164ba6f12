// The walls of decisions/0002 bite: each forbidden import is planted in a copy of the layout and must be refused by name.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { sourceFiles } from './source-files.ts';

const clone = path.dirname(path.dirname(import.meta.dirname));
const rooms = ['core', 'protocol', 'store', 'engine', 'web', 'worker', 'bin'];
const outside = ['scripts', 'test'];

/** The table: room → the rooms it may import. */
const allowed: Record<string, string[]> = {
  core: ['core'],
  protocol: ['core', 'protocol'],
  store: ['core', 'store'],
  engine: ['core', 'store', 'engine'],
  web: ['core', 'protocol', 'store', 'engine', 'web'],
  worker: ['core', 'protocol', 'worker'],
  bin: rooms,
  experiments: [],
};

/** Every way to import that a linter sees. */
const forms = (target: string): Record<string, string> => ({
  value: `import { planted } from '${target}';\nplanted();\n`,
  type: `import type { Planted } from '${target}';\nexport const kept: Planted[] = [];\n`,
  'side effect': `import '${target}';\n`,
  're-export': `export { planted } from '${target}';\n`,
  'star re-export': `export * from '${target}';\n`,
});

type Finding = { file: string; rule: string };
let layout = '';

before(() => {
  layout = mkdtempSync(path.join(os.tmpdir(), 'walls-'));
  copyFileSync(path.join(clone, '.oxlintrc.json'), path.join(layout, '.oxlintrc.json'));
});

after(() => rmSync(layout, { recursive: true }));

/** Writes the files into the layout, lints it, clears it; file → source in, findings about restricted names out. */
function lint(files: Record<string, string>): Finding[] {
  for (const [file, source] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(layout, file)), { recursive: true });
    writeFileSync(path.join(layout, file), source);
  }
  const program = path.join(clone, 'node_modules', 'oxlint', 'bin', 'oxlint');
  const run = spawnSync(process.execPath, [program, '--format', 'json', '.'], { cwd: layout, encoding: 'utf8' });
  for (const file of Object.keys(files)) rmSync(path.join(layout, file));
  const report = JSON.parse(run.stdout) as { diagnostics: { code: string; filename: string }[] };
  return report.diagnostics
    .filter(({ code }) => /no-restricted|no-process-env/.test(code))
    .map(({ filename, code }) => ({ file: filename, rule: code }));
}

const refusedFiles = (files: Record<string, string>): string[] =>
  [...new Set(lint(files).map(({ file }) => file))].toSorted();

/** Plants every form of every import, the file named after what it holds. */
function plant(room: string, targets: string[]): Record<string, string> {
  const files: Record<string, string> = {};
  for (const target of targets) {
    for (const [form, source] of Object.entries(forms(target))) {
      const name = `${form}-${target}`.replaceAll(/[^a-z]+/g, '-');
      files[`${room}/${name}.ts`] = source;
      files[`${room}/deep/${name}.ts`] = source;
    }
  }
  return files;
}

test('the table speaks of every room that can be imported', () => {
  const { imports } = JSON.parse(readFileSync(path.join(clone, 'package.json'), 'utf8')) as { imports: Record<string, string> };
  assert.deepEqual(Object.keys(imports).toSorted(), [...rooms, ...outside].map((room) => `#${room}/*`).toSorted());
});

for (const [room, mayImport] of Object.entries(allowed)) {
  const forbidden = [...rooms, ...outside].filter((target) => !mayImport.includes(target));

  test(`${room} is refused ${forbidden.join(', ')}`, () => {
    const files = plant(room, forbidden.map((target) => `#${target}/planted.ts`));
    const findings = lint(files);
    assert.deepEqual([...new Set(findings.map(({ file }) => file))].toSorted(), Object.keys(files).toSorted());
    assert.ok(findings.every(({ rule }) => rule === 'eslint(no-restricted-imports)'), JSON.stringify(findings[0]));
  });

  test(`${room} is given ${mayImport.join(', ') || 'its own files only'}`, () => {
    const targets = [...mayImport.map((target) => `#${target}/planted.ts`), './planted.ts'];
    assert.deepEqual(refusedFiles(plant(room, targets)), []);
  });
}

test('core is refused every node module and package, and all else has them', () => {
  const targets = ['node:fs', 'fs', 'zod', '@fastify/static'];
  const inCore = plant('core', targets);
  assert.deepEqual(refusedFiles(inCore), Object.keys(inCore).toSorted());
  assert.deepEqual(refusedFiles({ ...plant('protocol', targets), ...plant('store', targets), ...plant('experiments', targets) }), []);
});

test('core is refused clock, randomness, timers and I/O', () => {
  const impure = ['Math.random()', 'Date.now()', 'performance.now()', 'process.pid', 'fetch("x")', 'setTimeout(String, 1)', 'crypto.randomUUID()'];
  const files = Object.fromEntries(impure.map((expression, index) => [`core/impure-${index}.ts`, `export const planted = ${expression};\n`]));
  assert.deepEqual(refusedFiles(files), Object.keys(files).toSorted());
});

test('web is refused what opens a database and what writes to one', () => {
  const opening = plant('web', ['sqlite', 'postgres', 'open'].map((name) => `#store/${name}.ts`));
  assert.deepEqual(refusedFiles(opening), Object.keys(opening).toSorted());
  const writing = {
    'web/type.ts': "import type { Tx } from '#store/seam.ts';\nexport const kept: Tx[] = [];\n",
    'web/renamed.ts': "import type { Reader, Tx as Harmless } from '#store/seam.ts';\nexport const kept: [Reader, Harmless][] = [];\n",
    'web/star.ts': "import * as seam from '#store/seam.ts';\nexport const kept: seam.Tx[] = [];\n",
    'web/pages/re-export.ts': "export type { Tx } from '#store/seam.ts';\n",
  };
  assert.deepEqual(refusedFiles(writing), Object.keys(writing).toSorted());
  assert.deepEqual(refusedFiles({ 'web/reading.ts': "import type { Reader } from '#store/seam.ts';\nexport const kept: Reader[] = [];\n" }), []);
});

test('every room is refused a path upwards, its tests too', () => {
  const folders = [...Object.keys(allowed), 'bench', 'scripts', 'test'];
  const files: Record<string, string> = {};
  for (const folder of folders) {
    Object.assign(files, plant(folder, ['../planted.ts', './../core/planted.ts', '../../planted.ts']));
    files[`${folder}/planted.test.ts`] = "import { planted } from '../planted.ts';\nplanted();\n";
  }
  assert.deepEqual(refusedFiles(files), Object.keys(files).toSorted());
});

test('the environment is read in bin/config.ts only', () => {
  const reading = 'export const planted = process.env.PLANTED;\n';
  const importing = "import { env } from 'node:process';\nexport const planted = env.PLANTED;\n";
  const files: Record<string, string> = {};
  for (const room of Object.keys(allowed)) Object.assign(files, { [`${room}/reading.ts`]: reading, [`${room}/importing.ts`]: importing });
  assert.deepEqual(refusedFiles(files), Object.keys(files).toSorted());
  assert.deepEqual(refusedFiles({
    'bin/config.ts': reading, 'scripts/planted.ts': reading, 'bench/planted.ts': reading, 'web/planted.test.ts': reading,
  }), []);
});

test('tests may import any room', () => {
  const all = [...rooms, ...outside].map((room) => `import '#${room}/planted.ts';\n`).join('');
  assert.deepEqual(refusedFiles({ 'core/planted.test.ts': all, 'test/journeys/planted.ts': all }), []);
});

test('no dynamic import, which oxlint does not look into, reaches through a wall', () => {
  const reaching = sourceFiles(clone).flatMap(({ file, text }) => {
    const mayImport = allowed[file.split('/')[0] ?? ''];
    if (mayImport === undefined || file.endsWith('.test.ts')) return [];
    const targets = [...text.matchAll(/\bimport\(\s*(?:\/\*.*?\*\/\s*)?['"`]#(\w+)\//g)].map((match) => match[1] ?? '');
    return targets.filter((target) => !mayImport.includes(target)).map((target) => `${file} → #${target}`);
  });
  assert.deepEqual(reaching, []);
});
