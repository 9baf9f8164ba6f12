// The shape of the sources that no linter rule holds.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { sourceFiles } from './source-files.ts';

const files = sourceFiles(path.dirname(path.dirname(import.meta.dirname)));

/** Dumps that a program writes are as long as they are. */
const written = (file: string): boolean => /(^|\/)(generated|schema)[./]/.test(file);

const named = (pattern: RegExp): string[] => files.map(({ file }) => file).filter((file) => pattern.test(file));

test('there are sources to look at', () => {
  assert.ok(files.some(({ file }) => file === 'test/walls/shape.test.ts'));
});

test('no source file is longer than 400 lines', () => {
  const long = files
    .map(({ file, text }) => ({ file, lines: text.replace(/\n$/, '').split('\n').length }))
    .filter(({ file, lines }) => lines > 400 && !written(file));
  assert.deepEqual(long, []);
});

test('no import goes upwards', () => {
  const upwards = /(?:from\s+|import\s+|import\(\s*)['"]\.{1,2}\/(?:\.\.\/|[^'"\n]*\/\.\.\/)|(?:from\s+|import\s+|import\(\s*)['"]\.\.\//;
  const found = files.filter(({ file, text }) => /\.(ts|mjs|js)$/.test(file) && !file.startsWith('test/walls/') && upwards.test(text));
  assert.deepEqual(found.map(({ file }) => file), []);
});

test('no barrel file', () => {
  assert.deepEqual(named(/(^|\/)(index|mod|barrel)\.(ts|mjs|js)$/), []);
});

test('no name that says nothing', () => {
  assert.deepEqual(named(/(^|[/.-])(utils?|common|helpers?|lib|misc|shared)([/.-]|$)/), []);
});

test('files are in kebab-case', () => {
  const odd = files.map(({ file }) => file).filter((file) => !file.split('/').every((part) => /^[.a-z0-9][a-z0-9.-]*$/.test(part)));
  assert.deepEqual(odd.filter((file) => !file.endsWith('.py')), []);
});

test('nothing is left to do later', () => {
  // The brackets keep this line from finding itself.
  const marks = /\b(?:TO[D]O|FIX[M]E|X[X]X)\b/;
  assert.deepEqual(files.filter(({ text }) => marks.test(text)).map(({ file }) => file), []);
});

test('a server starts without loading what draws: that is its drawing thread’s to load', () => {
  const texts = new Map(files.map(({ file, text }) => [file, text]));
  const reached = new Set<string>();
  const packages = new Set<string>();
  const follow = (file: string): void => {
    if (reached.has(file)) return;
    reached.add(file);
    for (const [, target = ''] of (texts.get(file) ?? '').matchAll(/^(?:import|export)\s(?!type\s)[^;]*?from '([^']+)'/gm)) {
      if (target.startsWith('#')) follow(target.slice(1));
      else if (target.startsWith('.')) follow(path.posix.join(path.posix.dirname(file), target));
      else packages.add(target);
    }
  };
  // The command line loads a command when it is called.
  for (const command of ['bin/serve.ts', 'bin/up.ts']) follow(command);
  assert.ok(packages.has('fastify') && reached.has('web/pages/styleguide.ts'), 'the imports are followed');
  assert.deepEqual(['@observablehq/plot', 'linkedom'].filter((name) => packages.has(name)), []);
});
