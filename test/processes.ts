import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const CLI = join(import.meta.dirname, '..', 'bin', 'xeenet.ts');

/** A real process of the command line. */
export type CliProcess = {
  process: ChildProcess;
  /** Everything printed so far, on both streams. */
  output(): string;
  /** Resolves with the first match in the output, past or future; rejects when the process ends without one. */
  printed(pattern: RegExp): Promise<RegExpMatchArray>;
  /** Resolves with the exit status, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals>;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
};

/** Starts `xeenet …` as a process of its own, with an environment without XEENET_ variables but those given. */
export function startCli(args: string[], variables: Record<string, string> = {}, cwd?: string): CliProcess {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('XEENET_') || name === 'XEENET_TEST_RUN');
  const child = spawn(process.execPath, [CLI, ...args], { env: { ...Object.fromEntries(inherited), ...variables }, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  const waiting = new Set<() => void>();
  const take = (chunk: Buffer): void => {
    text += chunk.toString('utf8');
    for (const check of waiting) check();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const ended = once(child, 'close').then(([status, signal]) => (status ?? signal) as number | NodeJS.Signals);
  return {
    process: child,
    output: () => text,
    async printed(pattern) {
      const { promise, resolve, reject } = Promise.withResolvers<RegExpMatchArray>();
      const check = (): void => {
        const match = text.match(pattern);
        if (match !== null) resolve(match);
      };
      waiting.add(check);
      check();
      void ended.then((status) => reject(new Error(`xeenet ${args.join(' ')} ended with ${status} before it printed ${pattern}:\n${text}`)));
      return promise.finally(() => waiting.delete(check));
    },
    ended,
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return ended;
    },
  };
}

/** Starts a server process and waits until it listens. */
export async function startServerProcess(args: string[], variables: Record<string, string> = {}): Promise<CliProcess & { url: string }> {
  const server = startCli(['serve', ...args], variables);
  const [, url = ''] = await server.printed(/listens on (http:\S+)/);
  return { ...server, url };
}
