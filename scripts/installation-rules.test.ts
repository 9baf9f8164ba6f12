import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decideInstallation, explainFailure, installationKey, installedPackages, parseVersion, runtimeProblem, supportedPlatform,
} from './installation-rules.mjs';

const lock = {
  packages: {
    '': {},
    'node_modules/a': { version: '1.0.0' },
    'node_modules/b': { version: '2.0.0', optional: true },
  },
};
const wanted = installedPackages(lock);
const [first] = wanted;
assert.ok(first);
const good = { key: 'k', installedKey: 'k', wanted, installed: wanted, isThere: () => true };

test('a version is read with and without its v, and nothing else is one', () => {
  assert.deepEqual(parseVersion('v26.10.0\n'), { major: 26, minor: 10, patch: 0 });
  assert.deepEqual(parseVersion('20.20.2-nightly'), { major: 20, minor: 20, patch: 2 });
  assert.equal(parseVersion('command not found'), null);
});

test('a complete installation with the right key is left alone', () => {
  assert.deepEqual(decideInstallation(good), { reason: null, adopt: false });
});

test('what npm itself installed rightly is adopted instead of installed again', () => {
  assert.deepEqual(decideInstallation({ ...good, installedKey: null }), { reason: null, adopt: true });
  const withoutOptional = { ...good, installedKey: null, installed: [first] };
  assert.deepEqual(decideInstallation(withoutOptional), { reason: null, adopt: true });
});

test('nothing installed, another key, a missing folder and a wrong version each lead to an installation', () => {
  const cases = [
    { ...good, installed: null },
    { ...good, installedKey: 'old' },
    { ...good, isThere: (folder: string) => folder !== 'node_modules/a' },
    { ...good, installedKey: null, installed: [{ ...first, version: '0.9.0' }] },
    { ...good, installedKey: null, installed: [] },
  ];
  for (const facts of cases) assert.notEqual(decideInstallation(facts).reason, null);
});

test('the key follows dependencies, lockfile and platform, and not the scripts', () => {
  const text = (value: object): string => JSON.stringify({ name: 'x', dependencies: { a: '1.0.0' }, ...value });
  const key = installationKey(text({}), 'lock', 'linux-x64');
  assert.equal(installationKey(text({ scripts: { start: 'true' } }), 'lock', 'linux-x64'), key);
  assert.notEqual(installationKey(text({ dependencies: { a: '1.0.1' } }), 'lock', 'linux-x64'), key);
  assert.notEqual(installationKey(text({ allowScripts: { a: true } }), 'lock', 'linux-x64'), key);
  assert.notEqual(installationKey(text({}), 'other', 'linux-x64'), key);
  assert.notEqual(installationKey(text({}), null, 'linux-x64'), key);
  assert.notEqual(installationKey(text({}), 'lock', 'darwin-arm64'), key);
});

test('only the exact version of Node will do', () => {
  assert.equal(runtimeProblem('v26.10.0', '26.10.0'), null);
  assert.match(runtimeProblem('v20.20.2', '26.10.0') ?? '', /26\.10\.0.*v20\.20\.2/);
  assert.match(runtimeProblem('no version (ENOENT)', '26.10.0') ?? '', /ENOENT/);
});

test('a platform without a Node of ours is refused with what would do', () => {
  assert.equal(supportedPlatform('linux', 'x64', false), null);
  assert.match(supportedPlatform('linux', 'x64', true) ?? '', /glibc/);
  assert.match(supportedPlatform('freebsd', 'x64', false) ?? '', /freebsd-x64.*linux-x64/);
});

test('each known failure of npm is explained by a sentence that tells what to do', () => {
  const cases: [string, RegExp][] = [
    ['npm error code ENOTFOUND\nnpm error network request to https://registry.npmjs.org', /cannot be reached/],
    ['npm error code EAI_AGAIN', /cannot be reached/],
    ['npm error code ECONNREFUSED', /cannot be reached/],
    ['npm error code EACCES\nnpm error syscall mkdir', /No permission.*\/clone/],
    ['EROFS: read-only file system, mkdir', /No permission/],
    ['npm error code ENOSPC', /disk is full/],
    ['npm error code E401', /log in/],
    ['npm error code E404', /lacks a package/],
    ['npm error code ETARGET', /lacks a package/],
    ['npm error code EUSAGE npm ci can only install when in sync', /disagree/],
    ['npm error code EINTEGRITY', /npm cache clean/],
    ['Error: spawn npm ENOENT', /npm is not on the PATH/],
    ['something nobody has seen', /npm ci/],
  ];
  for (const [output, sentence] of cases) assert.match(explainFailure(output, '/clone'), sentence, output);
  assert.match(explainFailure('something nobody has seen', '/clone', 60e6), /60 MB free/);
  assert.match(explainFailure('npm error code E401', '/clone', 60e6), /log in/);
});
