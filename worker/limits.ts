import type { Machine } from './hardware.ts';

/** What one task may use at most; `processes` counts threads too, as the system does. */
export type Limits = { memoryBytes: number; diskBytes: number; processes: number };

/** What a worker's owner has decided about limits; null leaves it to the worker. */
export type LimitSettings = { memoryGb: number | null; diskGb: number | null; processes: number | null };

const GIB = 2 ** 30;
/** A tenth of the memory is left to the system and to people. */
const SHARE_OF_MEMORY = 0.9;
const USUAL_DISK_GB = 10;
const FEWEST_PROCESSES = 1024;
/** A program for many cores starts a few threads for each, and libraries beside each other do so again. */
const PROCESSES_PER_CORE = 32;

/**
 * The limits of one task. An owner's word stands; otherwise memory is an equal share of nine tenths of the machine, or
 * what the task asks for where that is more: the server has looked that the machine has it.
 */
export function limitsOf(settings: LimitSettings, machine: Pick<Machine, 'ram_gb' | 'cpu_cores'>, slots: number, neededGb = 0): Limits {
  const shareGb = (SHARE_OF_MEMORY * machine.ram_gb) / slots;
  return {
    memoryBytes: Math.round((settings.memoryGb ?? Math.max(shareGb, neededGb)) * GIB),
    diskBytes: Math.round((settings.diskGb ?? USUAL_DISK_GB) * GIB),
    processes: settings.processes ?? Math.max(FEWEST_PROCESSES, PROCESSES_PER_CORE * machine.cpu_cores),
  };
}

/** Bytes in GiB with one digit, as people read them. */
export function toGb(bytes: number): number {
  return Math.round((bytes / GIB) * 10) / 10;
}
