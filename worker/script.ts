import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';
import { watchLimits, type Exceeded } from './limit-watch.ts';
import type { Limits } from './limits.ts';
import { killTree, type Tree } from './process-tree.ts';

const PIPES_WITHIN_MS = 2000;
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const LONGEST_FIRST_WORDS = 500;
/** What the programs that enclose a script say when they could not start it. */
const ENCLOSURE_FAILED = /^(?:bwrap|prlimit): (.*?)\.?$/m;
/** A shell's and bwrap's way to say that a signal ended the program. */
const SIGNALS_FROM = 128;

/** How long the script of an attempt has between SIGTERM and SIGKILL. */
const GRACE_MS = { timeout: 2000, worker_stopped: 400, lost: 0, out_of_memory: 0, out_of_disk: 0, too_many_processes: 0 };

/** Why a script was ended from outside. */
export type StopReason = keyof typeof GRACE_MS;

/** How a script ended. `spawnError` tells that it never ran, `exceeded` which limit it went beyond. */
export type Ending = { code: number | null; signal: string | null; stopped: StopReason | null; exceeded: string | null; spawnError: string | null; seconds: number };

/** A script to run. */
export type Script = {
  command: string;
  args: string[];
  workingFolder: string;
  /** The folder that marks all processes of this attempt: see {@link killTree}. */
  folder: string;
  env: Record<string, string>;
  limitMs: number;
  /** What its processes may use; null where nothing watches. */
  limits: Limits | null;
  /** Whether the command is not the script but what encloses it; see {@link Tree}. */
  isEnclosed: boolean;
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
  if (pid === undefined) return { code: null, signal: null, stopped: null, exceeded: null, spawnError: await failed.promise, seconds: 0 };

  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
  const outputRead = read(child.stdout, script.onOutput, script.sink);
  let firstWords = '';
  const onError = (text: string) => {
    if (firstWords.length < LONGEST_FIRST_WORDS) firstWords += text;
    script.onError(text);
  };
  const errorRead = read(child.stderr, onError, script.sink);
  const tree = { leader: pid, folder: script.folder, isEnclosed: script.isEnclosed };
  const stopped = stopper(tree, script);
  await script.onStart(pid);
  const { code, signal } = await exited;
  const took = seconds();
  stopped.disarm();
  await killTree(tree, 0);
  await Promise.all([outputRead.end(), errorRead.end()]);
  const { reason: why, exceeded } = stopped.outcome();
  return { ...(script.isEnclosed ? throughEnclosure(code, signal, firstWords) : { code, signal, spawnError: null }), stopped: why, exceeded, seconds: took };
}

/** What an ending means that comes through the enclosure, which reports signals and its own failures as exit codes. */
function throughEnclosure(code: number | null, signal: string | null, firstWords: string): Pick<Ending, 'code' | 'signal' | 'spawnError'> {
  const never = ENCLOSURE_FAILED.exec(firstWords)?.[1];
  if (code !== 0 && never !== undefined) return { code: null, signal: null, spawnError: never };
  const name = code !== null && code > SIGNALS_FROM ? Object.entries(constants.signals).find(([, number]) => number === code - SIGNALS_FROM)?.[0] : undefined;
  return name === undefined ? { code, signal, spawnError: null } : { code: null, signal: name, spawnError: null };
}

/** Ends a tree at its limits or on its signal, whichever comes first. */
function stopper(tree: Tree & { leader: number }, { limitMs, signal, limits, isEnclosed }: Script) {
  let reason: StopReason | null = null;
  let exceeded: string | null = null;
  const end = (why: StopReason) => {
    if (reason !== null) return;
    reason = why;
    void killTree(tree, GRACE_MS[why]);
  };
  const onSignal = () => end(signal.reason === 'lost' ? 'lost' : 'worker_stopped');
  const timer = setTimeout(() => end('timeout'), Math.min(limitMs, LONGEST_TIMER_MS));
  const onExceeded = (what: Exceeded) => {
    if (reason === null) exceeded = what.message;
    end(what.kind);
  };
  const unwatch = limits === null ? null : watchLimits(tree, limits, isEnclosed, onExceeded);
  if (signal.aborted) onSignal();
  signal.addEventListener('abort', onSignal, { once: true });
  return {
    outcome: () => ({ reason, exceeded }),
    disarm() {
      unwatch?.();
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
