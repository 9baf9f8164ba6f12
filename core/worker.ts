import type { Sandbox } from './sandbox.ts';
import type { Standing } from './verify.ts';

/** A graphics card as a worker reports it. */
export type Gpu = { model: string; vramGb: number };

/** What a worker's machine is. */
export type Hardware = {
  cpuModel: string;
  cpuCores: number;
  ramGb: number;
  gpus: Gpu[];
  platform: string;
  arch: string;
};

/** Runtimes a worker can start, by name: a version, or whether it is there at all. */
export type Runtimes = Record<string, string | boolean>;

/** Runtimes an experiment needs: `true`, an exact version, or a lower bound such as `>=26`. */
export type Needs = Record<string, string | boolean>;

/** The least machine that a task runs on. */
export type Requirements = { cpuCores: number; ramGb: number; gpuVramGb: number };

/** How busy a machine is, as of its last heartbeat; null where it cannot be told. */
export type Load = { cpuPercent: number | null; ramUsedGb: number | null; gpuPercent: number | null };

/** A machine that runs tasks. `status` is what people decided; whether it is online follows from `lastSeenAt`. */
export type Worker = {
  id: string;
  ownerId: string;
  name: string;
  hardware: Hardware;
  runtimes: Runtimes;
  slots: number;
  /** How it contains its tasks; null for a program that does not say. */
  sandbox: Sandbox | null;
  status: WorkerStatus;
  /** How far its results are trusted; one in quarantine gets no tasks of briefs with verification. */
  standing: Standing;
  /** Why it stands there, where something happened. */
  standingReason: string | null;
  /** Whether results of it may still have to be set aside. */
  quarantineOpen: boolean;
  load: Load | null;
  running: number;
  completed: number;
  /** Attempts that did not succeed, lost ones among them. */
  failed: number;
  /** Attempts that were taken back: the worker fell silent, was overdue, or was removed. */
  lost: number;
  createdAt: number;
  lastSeenAt: number;
};

export type WorkerStatus = 'active' | 'draining' | 'removed';

/** What a person sees of a worker's state. */
export type WorkerState = 'online' | 'busy' | 'draining' | 'offline';

/** A worker that missed this many heartbeats in a row is shown as offline. */
export const HEARTBEATS_UNTIL_OFFLINE = 3;

/** The need of an experiment that asks for the network, and what a worker reports whose owner allows it. */
export const NETWORK = 'network';

/** Named sizes of machine that a brief can ask for. */
export const HARDWARE_PROFILES: Record<string, Requirements> = {
  any: { cpuCores: 0, ramGb: 0, gpuVramGb: 0 },
  small: { cpuCores: 2, ramGb: 2, gpuVramGb: 0 },
  medium: { cpuCores: 4, ramGb: 8, gpuVramGb: 0 },
  large: { cpuCores: 8, ramGb: 16, gpuVramGb: 0 },
  gpu: { cpuCores: 1, ramGb: 2, gpuVramGb: 1 },
};

/** The stricter of several requirements in each respect. */
export function strictest(...requirements: Partial<Requirements>[]): Requirements {
  const most = (name: keyof Requirements) => Math.max(0, ...requirements.map((one) => one[name] ?? 0));
  return { cpuCores: most('cpuCores'), ramGb: most('ramGb'), gpuVramGb: most('gpuVramGb') };
}

/** Why a worker cannot run a task, one sentence each; empty when it fits. */
export function misfits(worker: Pick<Worker, 'hardware' | 'runtimes'>, requires: Requirements, needs: Needs): string[] {
  const { hardware, runtimes } = worker;
  const vramGb = Math.max(0, ...hardware.gpus.map((gpu) => gpu.vramGb));
  const lacks = [
    hardware.cpuCores < requires.cpuCores ? `needs ${requires.cpuCores} CPU cores, has ${hardware.cpuCores}` : '',
    hardware.ramGb < requires.ramGb ? `needs ${requires.ramGb} GB of RAM, has ${hardware.ramGb}` : '',
    vramGb < requires.gpuVramGb ? `needs a GPU with ${requires.gpuVramGb} GB, has ${vramGb === 0 ? 'none' : `${vramGb} GB`}` : '',
    ...Object.entries(needs).map(([name, wanted]) => runtimeMisfit(name, wanted, Object.hasOwn(runtimes, name) ? runtimes[name] : undefined)),
  ];
  return lacks.filter((lack) => lack !== '');
}

/** A worker's state at a moment in epoch milliseconds. */
export function workerState(worker: Pick<Worker, 'status' | 'lastSeenAt' | 'running'>, now: number, heartbeatMs: number): WorkerState {
  if (now - worker.lastSeenAt > HEARTBEATS_UNTIL_OFFLINE * heartbeatMs) return 'offline';
  if (worker.status === 'draining') return 'draining';
  return worker.running > 0 ? 'busy' : 'online';
}

function runtimeMisfit(name: string, wanted: string | boolean, has: string | boolean | undefined): string {
  if (wanted === false) return '';
  if (name === NETWORK && has !== true) return 'needs the network, which its owner does not allow';
  if (has === undefined || has === false) return `needs ${name}${typeof wanted === 'string' ? ` ${wanted}` : ''}, which it does not have`;
  if (wanted === true || typeof has !== 'string') return '';
  const fits = wanted.startsWith('>=') ? compareVersions(has, wanted.slice(2)) >= 0 : compareVersions(has, wanted.replace(/^=+/, '')) === 0;
  return fits ? '' : `needs ${name} ${wanted}, has ${has}`;
}

/** Compares dotted versions number by number, as far as the second one goes: `26.10.0` equals `26` and exceeds `26.9`. */
function compareVersions(version: string, bound: string): number {
  const numbers = (text: string) => (text.match(/\d+/g) ?? []).map(Number);
  const [left, right] = [numbers(version), numbers(bound)];
  for (const [index, part] of right.entries()) {
    const difference = (left[index] ?? 0) - part;
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}
