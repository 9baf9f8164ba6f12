// What the documentation names exists, and what exists is documented.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { z } from 'zod';
import { COMMANDS } from '#bin/commands.ts';
import { flagOf, variableOf } from '#bin/config.ts';
import { ALL_SETTINGS, CLIENT_SETTINGS, LEDGER_SETTINGS, SERVER_SETTINGS, WORKER_SETTINGS, type Setting } from '#bin/settings.ts';
import { ERRORS } from '#core/errors.ts';
import { FILTER_FIELDS } from '#core/filter/language.ts';
import { STRATEGIES } from '#core/search/strategies.ts';
import { checkSpace } from '#core/space.ts';
import { HARDWARE_PROFILES } from '#core/worker.ts';
import { briefInput } from '#protocol/brief.ts';
import { experimentManifest, toExperiment } from '#protocol/experiment.ts';
import { TASK_SORTS } from '#protocol/task.ts';
import { SECTIONS } from '#web/layout.ts';
import { exploreQuery } from '#web/parts/explore/asked.ts';
import { galleryQuery } from '#web/parts/pictures/gallery.ts';
import { tableQuery } from '#web/parts/task-table/asked.ts';
import { anchorsOf, CLONE, commandsOf, documentOf, DOCUMENTS, rowsOf, sectionOf } from './documents.ts';

/** Variables that are no command's settings: where the file lies, and what tests use. */
const OTHER_VARIABLES = ['XEENET_CONFIG', 'XEENET_CHROMIUM', 'XEENET_TEST_POSTGRES_URL', 'XEENET_TEST_SEED'];
/** By this the gate finds what a test left running; nobody sets it. */
const MARK = 'XEENET_TEST_RUN';
/** What every experiment's script is started with. */
const SCRIPT_FLAG = '--config-file';
const manifest = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(readFileSync(join(CLONE, 'package.json'), 'utf8')));

test('every setting is in its table, with its flag, variable, key and default, and nothing else is', () => {
  const tables: [string, Record<string, Setting>][] = [
    ['The server: up and serve', SERVER_SETTINGS],
    ['The worker', WORKER_SETTINGS],
    ['Commands that talk to a server: brief run', CLIENT_SETTINGS],
    ['Checking a ledger: ledger verify', LEDGER_SETTINGS],
  ];
  for (const [heading, settings] of tables) {
    const wanted = Object.entries(settings).map(([name, { schema }]) => [flagOf(name), variableOf(name), name, String(schema.parse(undefined) ?? 'none')]);
    assert.deepEqual(rowsOf(documentOf('docs/settings.md'), heading).map((row) => row.slice(0, 4)), wanted, heading);
  }
  assert.deepEqual(rowsOf(documentOf('docs/settings.md'), 'Elsewhere').map(([name]) => name), OTHER_VARIABLES);
});

test('every command is described with exactly its flags', () => {
  const cli = documentOf('docs/cli.md');
  for (const { name, settings, usage } of COMMANDS) {
    const listed = /^Flags: ([^.]*)\.$/ms.exec(sectionOf(cli, `xeenet ${name}`))?.[1] ?? '';
    const switches = [...usage.matchAll(/\[(--[a-z-]+)\]/g)].map(([, flag = '']) => flag);
    const wanted = [...Object.keys(settings).map(flagOf), ...switches, '--config'];
    assert.deepEqual([...listed.matchAll(/--[a-z-]+/g)].map(String).toSorted(), wanted.toSorted(), name);
  }
  const headings = [...cli.text.matchAll(/^## xeenet ([a-z ]+)$/gm)].map(([, name]) => name);
  assert.deepEqual(headings.toSorted(), COMMANDS.map(({ name }) => name).toSorted(), 'no section about a command that does not exist');
});

test('a line that calls xeenet calls a command that there is, with flags that it has', () => {
  for (const document of DOCUMENTS) {
    for (const line of commandsOf(document)) {
      const called = /(?:npx xeenet|bin\/xeenet\.ts|npm start --|npm run dev --)( .*|$)/.exec(line);
      if (called === null) continue;
      const words = called[0].startsWith('npm') ? `up${called[1] ?? ''}` : (called[1] ?? '').trim();
      const command = COMMANDS.find(({ name }) => words === name || words.startsWith(`${name} `));
      const isAbout = words === '' || words === '…' || words === 'version' || words === 'help';
      assert.ok(command !== undefined || isAbout, `${document.file}: ${line}`);
      const known = [...Object.keys(command?.settings ?? {}).map(flagOf), '--config', '--watch'];
      for (const [flag] of words.matchAll(/--[a-z-]+/g)) assert.ok(known.includes(flag), `${document.file}: ${flag} in ${line}`);
    }
  }
});

test('the flags of the benchmarks and of the seed are listed, and no others', () => {
  const scripts = rowsOf(documentOf('docs/cli.md'), 'npm scripts');
  const seed = readFileSync(join(CLONE, 'scripts/seed.ts'), 'utf8');
  const settings = /SEED_SETTINGS = \{\n(.*?)\n\};/s.exec(seed)?.[1] ?? '';
  const flags: Record<string, string[]> = {
    'npm run seed': [...[...settings.matchAll(/^ {2}(\w+):/gm)].map(([, name = '']) => flagOf(name)), '--verify'],
    // A benchmark that does not know a flag names those that it knows.
    'npm run bench:dispatch': flagsToldBy('bench/dispatch.ts'),
    'npm run bench:pages': flagsToldBy('bench/pages.ts'),
    'npm run bench:pictures': flagsToldBy('bench/pictures.ts'),
    'npm run bench:live': flagsToldBy('bench/live.ts'),
    'npm run bench:lighthouse': flagsToldBy('bench/lighthouse.ts'),
    'npm run bench:trust': flagsToldBy('bench/trust.ts'),
    'npm run bench:ledger': flagsToldBy('bench/ledger.ts'),
  };
  assert.deepEqual(Object.fromEntries(scripts.map(([name, cell = '']) => [name, (cell.match(/--[a-z-]+/g) ?? []).toSorted()])), Object.fromEntries(Object.entries(flags).map(([name, all]) => [name, all.toSorted()])));
});

function flagsToldBy(program: string): string[] {
  const { status, stderr } = spawnSync(process.execPath, [program, '--what-is-there'], { cwd: CLONE, encoding: 'utf8' });
  assert.equal(status, 2, stderr);
  return stderr.slice(stderr.indexOf('There are:')).match(/--[a-z-]+/g) ?? [];
}

test('a flag that stands alone in the text is one of ours', () => {
  const scripts = globSync(['scripts/*.ts', 'bench/*.ts'], { cwd: CLONE }).map((file) => readFileSync(join(CLONE, file), 'utf8')).join('\n');
  const ours = [...ALL_SETTINGS.map(flagOf), '--config', '--watch', '--version', '--help', SCRIPT_FLAG];
  const named = DOCUMENTS.flatMap(({ file, codes }) => codes.flatMap((code) => (/^--[a-z][a-z-]*/.exec(code) ?? []).map((flag) => ({ file, flag }))));
  const unknown = named.filter(({ flag }) => !ours.includes(flag) && !new RegExp(`\\b${flag.slice(2)}\\b`).test(scripts));
  assert.deepEqual(unknown, []);
  assert.ok(named.length > 20);
});

test('every variable that a document or a source names is a setting or listed beside them', () => {
  const known = [...ALL_SETTINGS.map(variableOf), ...OTHER_VARIABLES];
  const sources = globSync('{bin,scripts,test,bench,web,worker,engine,store,core}/**/*.{ts,mjs}', { cwd: CLONE }).map((file) => ({ file, text: readFileSync(join(CLONE, file), 'utf8') }));
  for (const { file, text } of [...DOCUMENTS, ...sources]) {
    // The name of a setting in general is no variable.
    for (const [name] of text.matchAll(/XEENET_(?!NAME\b)[A-Z_]*[A-Z]/g)) assert.ok(name === MARK || known.includes(name), `${file}: ${name}`);
  }
  for (const name of OTHER_VARIABLES) assert.ok(sources.some(({ file, text }) => !file.startsWith('test/docs/') && text.includes(name)), name);
});

test('every npm script is in the README, and those that are named exist', () => {
  const scripts = Object.keys(manifest.scripts);
  const callable = scripts.filter((name) => !(name.startsWith('pre') && scripts.includes(name.slice(3))));
  const callOf = (name: string): string => (['start', 'test'].includes(name) ? `npm ${name}` : `npm run ${name}`);
  for (const name of callable) assert.ok(documentOf('README.md').text.includes(callOf(name)), `${callOf(name)} is not in the README`);
  for (const { file, text } of DOCUMENTS) {
    for (const [, name = ''] of text.matchAll(/npm run ([a-z:-]+)/g)) assert.ok(callable.includes(name), `${file}: npm run ${name}`);
  }
});

test('every error code is listed with its status and sentence, and no other', () => {
  const wanted = Object.entries(ERRORS).map(([code, { status, sentence }]) => [code, String(status), sentence]);
  const listed = rowsOf(documentOf('docs/errors.md')).filter(([, status = '']) => /^\d{3}$/.test(status));
  assert.deepEqual(listed, wanted);
});

test('every reason why an attempt fails is listed, and no other', () => {
  const files = globSync(['engine/*.ts', 'worker/*.ts', 'core/*.ts'], { cwd: CLONE });
  const sources = files.filter((file) => !file.endsWith('.test.ts')).map((file) => readFileSync(join(CLONE, file), 'utf8')).join('\n');
  const patterns = [/kind: '([a-z_]+)', message/g, /\b(?:refused|failed)\('([a-z_]+)', /g];
  const given = new Set(patterns.flatMap((pattern) => [...sources.matchAll(pattern)].map(([, kind = '']) => kind)));
  const listed = rowsOf(documentOf('docs/errors.md'), 'Why an attempt failed').map(([kind = '']) => kind);
  assert.deepEqual(listed.toSorted(), [...given].toSorted());
});

test('every strategy has a section, every hardware profile a row', () => {
  for (const { name } of STRATEGIES) assert.ok(sectionOf(documentOf('docs/search.md'), name).length > 100);
  const profiles = rowsOf(documentOf('docs/concepts.md'), 'Who runs what');
  assert.deepEqual(profiles, Object.entries(HARDWARE_PROFILES).map(([name, { cpuCores, ramGb, gpuVramGb }]) => [name, cpuCores, ramGb, gpuVramGb].map(String)));
});

test('every field of a filter is described, and no other', () => {
  const listed = rowsOf(documentOf('docs/filters.md'), 'Fields').flatMap(([names = '']) => names.split(', '));
  assert.deepEqual(listed.toSorted(), Object.keys(FILTER_FIELDS).toSorted());
});

test('what the addresses of pictures, tables and the explorer can say is described, and no more', () => {
  const [dashboard, pictures] = [documentOf('docs/dashboard.md'), documentOf('docs/pictures.md')];
  const views = rowsOf(pictures).flatMap(([, address = '']) => /view=(\w+)/.exec(address)?.[1] ?? []);
  assert.deepEqual(views.toSorted(), galleryQuery.view.unwrap().options.filter((view) => view !== 'overview').toSorted());
  assert.deepEqual(rowsOf(dashboard, 'Tables of tasks').map(([name]) => name).toSorted(), Object.keys(tableQuery).toSorted());
  const explorer = rowsOf(dashboard, 'Pages').map(([name, values]) => [name, values]);
  assert.deepEqual(explorer.map(([name]) => name), Object.keys(exploreQuery));
  for (const name of ['centre', 'spread', 'show'] as const) assert.equal(Object.fromEntries(explorer)[name], exploreQuery[name].unwrap().options.join(', '), name);
  const sorts = /^\| `sort` .*$/m.exec(dashboard.text)?.[0] ?? '';
  for (const sort of TASK_SORTS) assert.ok(sorts.includes(`\`${sort}\``), sort);
});

test('every shortcut is described', () => {
  const keys = rowsOf(documentOf('docs/dashboard.md'), 'Every page').map(([key = '', what = '']) => [key, what]);
  const goes = keys.find(([key]) => key?.startsWith('g,'))?.[1] ?? '';
  for (const { key, name } of Object.values(SECTIONS)) assert.ok(goes.includes(`${key} ${name.toLowerCase()}`), name);
  const shown = readFileSync(join(CLONE, 'web/public/palette.js'), 'utf8');
  const listed = [.../SHORTCUTS = \[(.*?)\n\];/s.exec(shown)?.[1]?.matchAll(/\['([^']+)',/g) ?? []].map(([, key = '']) => key.replace(' and ', ', '));
  assert.deepEqual(keys.map(([key]) => key).filter((key) => !/^(theme|kiosk)/.test(key ?? '')), listed);
});

test('every key of experiment.yaml is described, and no other', () => {
  const listed = rowsOf(documentOf('docs/experiments.md'), 'experiment.yaml').map(([key]) => key);
  assert.deepEqual(listed, Object.keys(experimentManifest.shape));
});

test('every field of a brief is in its example', () => {
  const example = documentOf('docs/api.md').blocks.find(({ info }) => info === 'yaml brief');
  assert.deepEqual(Object.keys(parse(example?.text ?? '')).toSorted(), Object.keys(briefInput.shape).toSorted());
});

test('blocks that show a brief, an experiment, a strategy or settings are valid ones', () => {
  const settings: Record<string, Setting> = { ...SERVER_SETTINGS, ...WORKER_SETTINGS };
  const checks: Record<string, (content: unknown) => void> = {
    'yaml brief': (content) => void briefInput.parse(content),
    'yaml experiment': (content) => assert.deepEqual(checkSpace(toExperiment(experimentManifest.parse(content)).space), []),
    'yaml strategy': (content) => void briefInput.shape.strategy.parse(content),
    'yaml settings': (content) => Object.entries(z.record(z.string(), z.unknown()).parse(content)).forEach(([name, value]) => settings[name]?.schema.parse(value) ?? assert.fail(name)),
    json: () => undefined,
  };
  for (const { file, blocks } of DOCUMENTS) {
    for (const { info, text } of blocks.filter((block) => /^(yaml|json)/.test(block.info))) {
      const check = checks[info];
      assert.ok(check !== undefined, `${file}: a block of ${info} says what it shows`);
      assert.doesNotThrow(() => check(parse(text)), `${file}:\n${text}`);
    }
    for (const [, body = ''] of blocks.flatMap(({ text }) => [...text.matchAll(/-d '(\{.*?\})'/gs)])) assert.doesNotThrow(() => briefInput.parse(JSON.parse(body)), file);
  }
});

test('links and pictures lead somewhere', () => {
  for (const document of DOCUMENTS) {
    const inText = [...document.prose.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)].map(([, link, attribute]) => link ?? attribute ?? '');
    for (const link of inText.filter((one) => !/^[a-z]+:/.test(one))) {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? document.file : normalize(join(dirname(document.file), path)).replaceAll('\\', '/');
      assert.ok(existsSync(join(CLONE, target)), `${document.file}: ${link}`);
      if (anchor !== undefined) assert.ok(anchorsOf(documentOf(target)).includes(anchor), `${document.file}: ${link}`);
    }
  }
});

test('files of the clone that are named exist', () => {
  const rooms = /^(bin|bench|core|decisions|docs|engine|examples|experiments|protocol|scripts|store|test|web|worker)\/[\w./-]+\.[a-z]+$/;
  for (const { file, codes } of DOCUMENTS) {
    for (const code of codes.filter((one) => rooms.test(one))) assert.ok(existsSync(join(CLONE, code)), `${file}: ${code}`);
  }
});

test('every page of docs can be reached from the README, every record from its list', () => {
  const readme = documentOf('README.md').text;
  const list = documentOf('decisions/README.md').text;
  for (const { file } of DOCUMENTS) {
    if (file.startsWith('docs/')) assert.ok(readme.includes(`(${file})`), file);
    if (/^decisions\/\d/.test(file)) assert.ok(list.includes(`(${file.slice('decisions/'.length)})`), file);
  }
});

test('no document names a folder of the machine it was written on', () => {
  const ownFolder = /(?:^|[\s"'`(=:])\/(?:work|tmp|root|home|Users)\//m;
  for (const { file, text } of DOCUMENTS) assert.doesNotMatch(text, ownFolder, file);
});
