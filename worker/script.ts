import { spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';
import { killTree } from './process-tree.ts';

const PIPES_WITHIN_MS = 2000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How long the script of an attempt has between SIGTERM and SIGKILL. */
const GRACE_MS = { timeout: 2000, worker_stopped: 500, lost: 0 };

/** Why a script was ended from outside. */
export type StopReason = keyof typeof GRACE_MS;

/** How a script ended. `spawnError` tells that it never ran. */
export type Ending = { code: number | null; signal: string | null; stopped: StopReason | null; spawnError: string | null; seconds: number };

/** A script to run. */
export type Script = {
  command: string;
  args: string[];
  workingFolder: string;
  /** The folder that marks all processes of this attempt: see {@link killTree}. */
  folder: string;
  env: Record<string, string>;
  limitMs: number;
  /** Ends the script; its reason is a {@link StopReason}. */
  signal: AbortSignal;
  onStart: (pid: number) => Promise<void>;
  onOutput: (text: string) => void;
  onError: (text: string) => void;
  /** While it is full, the script's pipes are not read, so that the script waits. */
  sink: { isFull: () => boolean; room: () => Promise<void> };
};

/**
 * Runs a script as the leader of its own process group until all its processes have ended: by themselves, at the limit,
 * or when the signal says so. What outlives the leader is killed.
 */
export async function runScript(script: Script): Promise<Ending> {
  const startedAt = performance.now();
  const seconds = () => (performance.now() - startedAt) / 1000;
  const child = spawn(script.command, script.args, { cwd: script.workingFolder, env: script.env, detached: true, stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true });
  const failed = Promise.withResolvers<string>();
  child.on('error', (error) => failed.resolve(error.message));
  const { pid } = child;
  if (pid === undefined) return { code: null, signal: null, stopped: null, spawnError: await failed.promise, seconds: 0 };

  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const outputRead = read(child.stdout, script.onOutput, script.sink);
  const errorRead = read(child.stderr, script.onError, script.sink);
  const tree = { leader: pid, folder: script.folder };
  const stopped = stopper(tree, script);
  await script.onStart(pid);
  const { code, signal } = await exited;
  const took = seconds();
  stopped.disarm();
  await killTree(tree, 0);
  await Promise.all([outputRead.end(), errorRead.end()]);
  return { code, signal, stopped: stopped.reason(), spawnError: null, seconds: took };
}

/** Ends a tree at its limit or on its signal, whichever comes first. */
function stopper(tree: { leader: number; folder: string }, { limitMs, signal }: Script) {
  let reason: StopReason | null = null;
  const end = (why: StopReason) => {
    if (reason !== null) return;
    reason = why;
    void killTree(tree, GRACE_MS[why]);
  };
  const onSignal = () => end(signal.reason === 'lost' ? 'lost' : 'worker_stopped');
  const timer = setTimeout(() => end('timeout'), Math.min(limitMs, LONGEST_TIMER_MS));
  if (signal.aborted) onSignal();
  signal.addEventListener('abort', onSignal, { once: true });
  return {
    reason: () => reason,
    disarm() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onSignal);
    },
  };
}

/** Reads a pipe as text, pausing while the sink is full. After the script's exit all that is left is read, which is little. */
function read(stream: Readable, onText: (text: string) => void, sink: Script['sink']) {
  const decoder = new StringDecoder('utf8');
  let hasExited = false;
  stream.on('data', (chunk: Buffer) => {
    onText(decoder.write(chunk));
    if (hasExited || !sink.isFull()) return;
    stream.pause();
    void sink.room().then(() => stream.resume());
  });
  // A pipe that breaks has ended; there is nobody to tell.
  stream.on('error', () => stream.destroy());
  const closed = new Promise<void>((resolve) => stream.once('close', () => resolve()));
  return {
    async end(): Promise<void> {
      hasExited = true;
      stream.resume();
      // A process that could not be killed may hold the pipe open.
      const timer = setTimeout(() => stream.destroy(), PIPES_WITHIN_MS);
      await closed;
      clearTimeout(timer);
      onText(decoder.end());
    },
  };
}
