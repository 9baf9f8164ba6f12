import { execFile } from 'node:child_process';
import { availableParallelism, cpus, type CpuInfo } from 'node:os';
import { promisify } from 'node:util';
import information from 'systeminformation';
import type { z } from 'zod';
import type { hardware, heartbeatInput } from '#protocol/worker.ts';

const run = promisify(execFile);
const NVIDIA_WITHIN_MS = 10_000;
const GRAPHICS_WITHIN_MS = 20_000;
const GIB = 2 ** 30;

/** A machine as the wire describes it. */
export type Machine = z.output<typeof hardware>;

/** How busy a machine is; null where it cannot be told. */
export type MachineLoad = z.output<typeof heartbeatInput>['load'];

type Gpu = Machine['gpus'][number];

/** What this machine is. `cpu_cores` are the logical cores that this process may use, `ram_gb` is in GiB. */
export async function detectMachine(): Promise<Machine> {
  const [cpu, memory, gpus] = await Promise.all([information.cpu(), information.mem(), detectGpus()]);
  return {
    cpu_model: `${cpu.manufacturer} ${cpu.brand}`.trim().slice(0, 200),
    cpu_cores: availableParallelism(),
    ram_gb: toGb(Math.min(memory.total, process.constrainedMemory() || Infinity)),
    gpus: gpus.slice(0, 64),
    platform: process.platform,
    arch: process.arch,
  };
}

/** A function that tells how busy the machine was since it was called last. */
export function createLoadMeter(hasNvidia: boolean): () => Promise<MachineLoad> {
  let before = cpus();
  return async () => {
    const now = cpus();
    const cpuPercent = busyPercent(before, now);
    before = now;
    const [memory, gpus] = await Promise.all([information.mem(), hasNvidia ? queryNvidia() : Promise.resolve(null)]);
    const busy = (gpus ?? []).flatMap((gpu) => (gpu.percent === null ? [] : [gpu.percent]));
    return {
      cpu_percent: cpuPercent,
      ram_used_gb: toGb(memory.total - memory.available),
      gpu_percent: busy.length === 0 ? null : Math.round(busy.reduce((sum, one) => sum + one, 0) / busy.length),
    };
  };
}

/** Whether `nvidia-smi` answers here. */
export async function hasNvidiaTool(): Promise<boolean> {
  return (await queryNvidia()) !== null;
}

/** Rows of `nvidia-smi --query-gpu=name,memory.total,utilization.gpu --format=csv,noheader,nounits`; memory comes in MiB. */
export function parseNvidia(text: string): (Gpu & { percent: number | null })[] {
  return text.split('\n').flatMap((row) => {
    const [utilisation = '', memory = '', ...name] = row.split(',').map((part) => part.trim()).reverse();
    const model = name.reverse().join(', ').slice(0, 200);
    // A card that is divided (MIG) says [N/A] for what it cannot tell.
    return model === '' ? [] : [{ model, vram_gb: toGb((numberOf(memory) ?? 0) * 2 ** 20), percent: numberOf(utilisation) }];
  });
}

/** Busy share of all cores between two looks, in percent; null when no time has passed. */
export function busyPercent(before: CpuInfo[], now: CpuInfo[]): number | null {
  const sum = (looks: CpuInfo[], times: (keyof CpuInfo['times'])[]) => looks.reduce((total, { times: spent }) => total + times.reduce((part, name) => part + spent[name], 0), 0);
  const idle = sum(now, ['idle']) - sum(before, ['idle']);
  const all = sum(now, ['user', 'nice', 'sys', 'idle', 'irq']) - sum(before, ['user', 'nice', 'sys', 'idle', 'irq']);
  return all <= 0 ? null : Math.min(100, Math.max(0, Math.round((1 - idle / all) * 100)));
}

async function detectGpus(): Promise<Gpu[]> {
  const nvidia = await queryNvidia();
  if (nvidia !== null) return nvidia.map(({ model, vram_gb }) => ({ model, vram_gb }));
  const looked = await Promise.race([information.graphics().catch(() => null), unreferencedTimeout(GRAPHICS_WITHIN_MS)]);
  return (looked?.controllers ?? []).flatMap((one) => {
    const model = (one.model || one.name || '').trim().slice(0, 200);
    // Memory that is shared with the processor, as on Apple's chips and integrated graphics, is not memory of the card.
    const ownMib = one.vramDynamic === true ? 0 : (one.vram ?? 0);
    return model === '' ? [] : [{ model, vram_gb: toGb(ownMib * 2 ** 20) }];
  });
}

async function queryNvidia(): Promise<(Gpu & { percent: number | null })[] | null> {
  try {
    const { stdout } = await run('nvidia-smi', ['--query-gpu=name,memory.total,utilization.gpu', '--format=csv,noheader,nounits'], { timeout: NVIDIA_WITHIN_MS });
    const gpus = parseNvidia(stdout);
    return gpus.length === 0 ? null : gpus;
  } catch {
    return null;
  }
}

function numberOf(text: string): number | null {
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : null;
}

function toGb(bytes: number): number {
  return Math.round((bytes / GIB) * 10) / 10;
}

function unreferencedTimeout(ms: number): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(null), ms).unref();
  });
}
