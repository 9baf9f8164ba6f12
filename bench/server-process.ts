import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { assert } from '#core/errors.ts';

/** A server in a process of its own, so that it shares its event loop with nothing. */
export type ServerProcess = { url: string; stop(): Promise<void> };

const LONGEST_REASON = 2000;
const ADDRESS = /https?:\/\/\S+/;

/**
 * Starts a Node program that prints the address it listens on, and waits for it.
 *
 * @param words Node's own flags, the program and its arguments
 * @param logFile where its standard error goes
 */
export async function startProcess(words: string[], logFile: string): Promise<ServerProcess> {
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', log], cwd: dirname(import.meta.dirname) });
  closeSync(log);
  assert(child.stdout !== null, 'the program has a pipe for its output');
  const ended = once(child, 'exit');
  const started = Promise.withResolvers<string>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const address = ADDRESS.exec(line)?.[0];
    if (address !== undefined) started.resolve(address);
  });
  const explain = (): Error => new Error(`${words.join(' ')} ended without listening:\n${readFileSync(logFile, 'utf8').slice(-LONGEST_REASON)}`);
  void ended.then(() => started.reject(explain()), started.reject);
  const url = await started.promise;
  return {
    url,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** The words that start a XeeNet server on a free port, for use with {@link startProcess}. */
export function serveWords(dataDir: string, settings: Record<string, string> = {}): string[] {
  const flags = Object.entries({ port: '0', data: dataDir, ...settings }).flatMap(([name, value]) => [`--${name}`, value]);
  return ['bin/xeenet.ts', 'serve', ...flags];
}
