import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { z } from 'zod';
import type { SandboxLevel } from '#core/sandbox.ts';
import type { sandbox as sandboxWire } from '#protocol/worker.ts';
import { bubblewrapWords, readAbilities, showable, type Bubblewrap } from './bubblewrap.ts';
import type { DataFolder } from './data-folder.ts';
import type { Environment } from './environment.ts';
import type { Claim } from './events.ts';
import type { Machine } from './hardware.ts';
import { limitsOf, toGb, type Limits, type LimitSettings } from './limits.ts';
import type { Python } from './runtimes.ts';
import type { Scratch } from './scratch.ts';

const PROBE_WITHIN_MS = 60_000;
const ACCOUNTS = 'task:x:1000:1000:A task:/:/bin/sh\nnobody:x:65534:65534:Nobody:/:/bin/false\n';
const HOW_TO_INSTALL = 'On Debian and Ubuntu: apt-get install bubblewrap.';

/** `auto` takes the best there is, `required` does not work without all of it, `off` runs scripts as one's own programs. */
export const SANDBOX_MODES = ['auto', 'required', 'off'] as const;

/** What a worker's owner has decided about tasks. */
export type SandboxSettings = LimitSettings & {
  mode: (typeof SANDBOX_MODES)[number];
  /** Whether tasks whose experiment asks for it may reach the network. */
  allowNetwork: boolean;
  /** Folders that tasks may read beside the system's programs and the runtimes. */
  readable: string[];
};

/** What containment is made from. */
export type SandboxSource = {
  settings: SandboxSettings;
  folder: DataFolder;
  machine: Machine;
  python: Python | null;
  environment: Environment;
  slots: number;
  /** Ends the trying. */
  signal: AbortSignal;
};

/** How tasks are contained here. */
export type Sandbox = {
  /** What the server is told. */
  said: z.output<typeof sandboxWire>;
  /** Whether tasks that ask for the network get it. */
  allowsNetwork: boolean;
  /** Whether what is started is not the script itself but the program that encloses it. */
  isEnclosing: boolean;
  /** What a task may use; null where nothing watches. */
  limitsOf(claim: Pick<Claim, 'requires'>): Limits | null;
  /** The words that start a script in its sandbox. */
  enclose(words: string[], claim: Pick<Claim, 'requires' | 'network'>, scratch: Pick<Scratch, 'folder'>, packageFolder: string): string[];
};

/** Finds the best containment by trying it: the programs that run scripts are started in it once. */
export async function openSandbox(source: SandboxSource): Promise<Sandbox> {
  const { settings } = source;
  if (settings.mode === 'off') return describeSandbox(source, 'none', [], null);
  const accounts = join(source.folder.root, 'accounts');
  await writeFile(accounts, ACCOUNTS);
  const found = process.platform === 'linux' ? await probe(source, accounts) : `Tasks are contained on Linux only, not on ${process.platform}.`;
  if (typeof found !== 'string') return describeSandbox(source, 'bubblewrap', [], { bwrap: found, accounts });
  return describeSandbox(source, process.platform === 'linux' ? 'limits' : 'none', [found], null);
}

type Enclosure = { bwrap: Bubblewrap; accounts: string };

function describeSandbox(source: SandboxSource, level: SandboxLevel, lacks: string[], enclosure: Enclosure | null): Sandbox {
  const { settings, machine, slots } = source;
  const allowsNetwork = settings.allowNetwork || settings.mode === 'off';
  const limitsOfTask = (neededGb: number): Limits | null => (level === 'none' ? null : limitsOf(settings, machine, slots, neededGb));
  const usual = limitsOfTask(0);
  return {
    said: {
      level,
      network: level !== 'bubblewrap' ? 'all' : allowsNetwork ? 'asked' : 'none',
      memory_gb: usual === null ? null : toGb(usual.memoryBytes),
      disk_gb: usual === null ? null : toGb(usual.diskBytes),
      processes: usual?.processes ?? null,
      lacks: lacks.map((lack) => lack.slice(0, 300)),
    },
    allowsNetwork,
    isEnclosing: enclosure !== null,
    limitsOf: ({ requires }) => limitsOfTask(requires.ram_gb ?? 0),
    enclose(words, claim, scratch, packageFolder) {
      const limits = limitsOfTask(claim.requires.ram_gb ?? 0);
      if (enclosure === null || limits === null) return words;
      const hasNetwork = claim.network && allowsNetwork;
      return [...wordsOf(source, enclosure, { writable: scratch.folder, packages: [packageFolder], hasNetwork, limits }), ...words];
    },
  };
}

function wordsOf(source: SandboxSource, { bwrap, accounts }: Enclosure, task: { writable: string; packages: string[]; hasNetwork: boolean; limits: Limits }): string[] {
  const { settings, machine, python, environment } = source;
  const named = ['LD_LIBRARY_PATH', 'CUDA_HOME', 'CUDA_PATH'].flatMap((name) => (environment[name] ?? '').split(delimiter));
  const runtimes = showable([process.execPath, ...(python?.roots ?? []), ...named], homedir());
  // What the owner names is shown as it is: the home too, for who wants that.
  const readable = [...runtimes, ...settings.readable, ...task.packages];
  const words = bubblewrapWords(bwrap, { writable: task.writable, readable, accounts, hasNetwork: task.hasNetwork, hasGpu: machine.gpus.length > 0, limits: task.limits });
  // A single file cannot outgrow the limit between two looks of the watch, and a crash leaves no image of the memory.
  const prlimit = ['prlimit', '--core=0', `--fsize=${task.limits.diskBytes}`, `--nproc=${task.limits.processes}`, '--'];
  return [...words, ...prlimit];
}

/** The `bwrap` of this machine after it has run what runs scripts; a sentence about what is wrong where it does not. */
async function probe(source: SandboxSource, accounts: string): Promise<Bubblewrap | string> {
  const help = await run(['bwrap', '--help'], source);
  if (help.isMissing) return `bubblewrap (bwrap) is not installed. ${HOW_TO_INSTALL}`;
  const bwrap = readAbilities('bwrap', help.output);
  const writable = await mkdtemp(join(source.folder.scratch, 'probe-'));
  try {
    const limits = limitsOf(source.settings, source.machine, source.slots);
    const words = wordsOf(source, { bwrap, accounts }, { writable, packages: [source.folder.packages], hasNetwork: false, limits });
    const started = await run([...words, process.execPath, '--version'], source);
    if (!started.isFine) return `bubblewrap does not work here: ${firstLine(started.output)}.`;
    const python = source.python === null ? null : await run([...words, source.python.path, '-c', 'import ctypes, json, site'], source);
    if (python?.isFine === false) return `The Python ${source.python?.path} does not start in a sandbox: ${firstLine(python.output)}. Name its folders with --readable.`;
    return bwrap;
  } finally {
    await rm(writable, { recursive: true, force: true });
  }
}

function firstLine(text: string): string {
  return (text.trim().split('\n').at(-1) ?? '').replace(/\.$/, '').slice(0, 200) || 'it says nothing';
}

function run([program = '', ...words]: string[], { environment, signal }: SandboxSource): Promise<{ isFine: boolean; isMissing: boolean; output: string }> {
  const { PATH, LD_LIBRARY_PATH } = environment;
  return new Promise((resolve) => {
    execFile(program, words, { env: { PATH, LD_LIBRARY_PATH }, timeout: PROBE_WITHIN_MS, killSignal: 'SIGKILL', signal }, (error, stdout, stderr) => {
      resolve({ isFine: error === null, isMissing: error?.code === 'ENOENT', output: `${stdout}${stderr}` });
    });
  });
}
