import { globSync } from 'node:fs';
import path from 'node:path';

/** The slow ones start first, so that no processor waits for a late one alone. */
const slowFirst = ['test/journeys/', 'test/faults/', 'test/conformance/', 'worker/', 'experiments/'];

/** All test files of the clone, with `/`, the slow ones first. */
export function findTests(folder: string): string[] {
  const files = globSync('**/*.test.ts', {
    cwd: folder,
    exclude: (name) => name === 'node_modules' || name === 'data' || name.startsWith('.'),
  }).map((file) => file.split(path.sep).join('/'));
  return files.toSorted((left, right) => rank(left) - rank(right) || (left < right ? -1 : 1));
}

const rank = (file: string): number => {
  const index = slowFirst.findIndex((start) => file.startsWith(start));
  return index === -1 ? slowFirst.length : index;
};

/** Keeps the files at or below the wanted paths, all without one; `unmatched` names the paths that hold no test. */
export function selectTests(files: string[], wanted: string[]): { files: string[]; unmatched: string[] } {
  if (wanted.length === 0) return { files, unmatched: [] };
  const clean = wanted.map((word) => path.posix.normalize(word.split(path.sep).join('/')).replace(/\/$/, ''));
  const below = (file: string, word: string): boolean => word === '.' || file === word || file.startsWith(`${word}/`);
  return {
    files: files.filter((file) => clean.some((word) => below(file, word))),
    unmatched: clean.filter((word) => !files.some((file) => below(file, word))),
  };
}
