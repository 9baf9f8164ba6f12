import { spawn } from 'node:child_process';
import path from 'node:path';

/** One step of a gate, and how it went. */
export type StageResult = {
  name: string;
  passed: boolean;
  durationMs: number;
  /** Someone asked us to stop meanwhile: what comes after this stage should not begin. */
  interrupted: boolean;
};

export type Stage = {
  name: string;
  /** A program of node_modules/.bin, or `node`. */
  command: string;
  words: string[];
  environment?: NodeJS.ProcessEnv;
  /** The stage is ended and failed after this time. */
  limitMs?: number;
};

export const cloneFolder = path.dirname(import.meta.dirname);

/** What every change must pass before its tests count. */
export const checkStages: Stage[] = [
  { name: 'lint', command: 'oxlint', words: [] },
  { name: 'types', command: 'tsc', words: ['--noEmit', '--project', '.'] },
  { name: 'unused code', command: 'knip', words: ['--no-progress', '--no-config-hints'] },
];

/** Runs one stage with its output on ours; a command that cannot start or is ended by a signal has failed. */
export async function runStage({ name, command, words, environment, limitMs }: Stage): Promise<StageResult> {
  process.stdout.write(`\n== ${name}\n`);
  const startedMs = performance.now();
  const binaries = path.join(cloneFolder, 'node_modules', '.bin');
  const isNode = command === 'node';
  const windows = process.platform === 'win32' && !isNode;
  const child = spawn(isNode ? process.execPath : path.join(binaries, windows ? `${command}.cmd` : command), words, {
    cwd: cloneFolder, env: environment ?? process.env, stdio: ['ignore', 'inherit', 'inherit'], shell: windows,
  });
  const { promise, resolve } = Promise.withResolvers<boolean>();
  child.once('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    resolve(false);
  });
  child.once('close', (code) => resolve(code === 0));
  let interrupted = false;
  const pass = (signal: NodeJS.Signals): void => {
    interrupted = true;
    child.kill(signal);
  };
  process.on('SIGINT', pass).on('SIGTERM', pass);
  const limit = limitMs === undefined ? undefined : setTimeout(() => {
    process.stderr.write(`\n${name} is ended: it took longer than ${limitMs / 1000} s.\n`);
    child.kill('SIGKILL');
  }, limitMs);
  const passed = await promise;
  clearTimeout(limit);
  process.off('SIGINT', pass).off('SIGTERM', pass);
  return { name, passed: passed && !interrupted, durationMs: performance.now() - startedMs, interrupted };
}

/** Runs one stage after another, whether or not one fails, until someone interrupts. */
export async function runStages(stages: Stage[]): Promise<StageResult[]> {
  const results: StageResult[] = [];
  for (const stage of stages) {
    const result = await runStage(stage);
    results.push(result);
    if (result.interrupted) break;
  }
  return results;
}

/** The closing table: one line per stage. */
export function stageTable(results: StageResult[]): string {
  const width = Math.max(...results.map(({ name }) => name.length));
  return results.map(({ name, passed, durationMs }) =>
    `${passed ? 'ok    ' : 'FAILED'}  ${name.padEnd(width)}  ${(durationMs / 1000).toFixed(1).padStart(6)} s\n`).join('');
}
