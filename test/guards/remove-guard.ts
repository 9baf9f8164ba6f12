import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Guard } from './guards.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const COPIED = ['package.json', 'bin', 'core', 'engine', 'experiments', 'protocol', 'scripts', 'store', 'test', 'web', 'worker'];

/** A test that hangs without its guard has failed. */
const ONE_TEST_MS = 60_000;

/** A copy of the sources, in which guards are removed one at a time. */
export type Workbench = {
  /** Whether the test of a guard passes while it is there. */
  passesWith(guard: Guard): Promise<boolean>;
  /** Whether it passes all the same when the guard has been taken away. */
  passesWithout(guard: Guard): Promise<boolean>;
  remove(): Promise<void>;
};

/** Copies the sources to a folder of their own, beside the packages that they use. */
export async function openWorkbench(): Promise<Workbench> {
  const folder = await mkdtemp(join(tmpdir(), 'xeenet-guards-'));
  for (const name of COPIED) await cp(join(ROOT, name), join(folder, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  await mkdir(join(folder, 'data'));
  return {
    passesWith: (guard) => passes(folder, guard),
    async passesWithout(guard) {
      const file = join(folder, guard.file);
      const text = await readFile(file, 'utf8');
      if (text.split(guard.guard).length !== 2) throw new Error(`${guard.file} does not have the guard "${guard.name}" exactly once: ${guard.guard}`);
      await writeFile(file, text.replace(guard.guard, () => guard.without));
      try {
        return await passes(folder, guard);
      } finally {
        await writeFile(file, text);
      }
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

/** Whether the test of a guard passes; it has to run for that. On SQLite alone: both databases have one text. */
async function passes(folder: string, { test, named }: Guard): Promise<boolean> {
  const pattern = `/on SQLite.*${escaped(named)}$/`;
  const words = ['--test', '--test-reporter=tap', `--test-name-pattern=${pattern}`, test];
  const { NODE_TEST_CONTEXT: _context, ...environment } = process.env;
  const { status, output } = await new Promise<{ status: number; output: string }>((resolve) => {
    execFile(process.execPath, words, { cwd: folder, env: environment, timeout: ONE_TEST_MS }, (error, stdout) => resolve({ status: error === null ? 0 : 1, output: stdout }));
  });
  if (!output.includes(named)) throw new Error(`${test} has no test "${named}"`);
  return status === 0;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, String.raw`\$&`);
}
