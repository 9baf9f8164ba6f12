import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Running workers: `failed` rejects when one ends by itself, with the last words of its log. */
export type Workers = { failed: Promise<never>; stop(): Promise<void> };

const LONGEST_REASON = 1000;

/** Starts workers of one slot each, with a data folder of their own beside the server's. */
export function startWorkers(url: string, dataDir: string, count: number): Workers {
  const token = readFileSync(join(dataDir, 'enrolment-token'), 'utf8').trim();
  const workers = Array.from({ length: count }, (_, index) => {
    const logFile = join(dataDir, `worker-${index + 1}.log`);
    const log = openSync(logFile, 'a');
    const words = ['bin/xeenet.ts', 'worker', '--server', url, '--token', token, '--name', `bench-${index + 1}`, '--slots', '1', '--worker-data', join(dataDir, `worker-${index + 1}`)];
    const child = spawn(process.execPath, words, { stdio: ['ignore', log, log], cwd: dirname(import.meta.dirname) });
    closeSync(log);
    return { child, logFile, ended: once(child, 'exit') };
  });
  const failed = Promise.race(workers.map(async ({ ended, logFile }): Promise<never> => {
    await ended;
    throw new Error(`A worker ended:\n${readFileSync(logFile, 'utf8').slice(-LONGEST_REASON)}`);
  }));
  // Whoever stops them is not waiting for their end any more.
  failed.catch(() => undefined);
  return {
    failed,
    async stop() {
      for (const { child } of workers) child.kill('SIGTERM');
      await Promise.all(workers.map(({ ended }) => ended));
    },
  };
}
