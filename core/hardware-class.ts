import type { Hardware } from './worker.ts';

/**
 * Machines on which a package runs alike, so that results with the same time budget can be compared. A class belongs to
 * one package: what is fast at one script may be slow at another.
 */
export type HardwareClass = {
  id: string;
  packageSha256: string;
  /** 1-based within the package, in the order in which classes were made; people name a class by it. */
  number: number;
  /** What its machines report, in one text; {@link describeHardware}. */
  hardware: string;
  /** How fast its first machine ran the script; null for machines whose speed nobody measured. */
  stepsPerSecond: number | null;
  createdAt: number;
};

/** What a calibration run said: so many steps in so many seconds of training, or why it said nothing. */
export type Measurement = { ok: true; steps: number; seconds: number } | { ok: false; reason: string };

/** Where a worker stands with a package: its class, and what its calibration run said, once it made one. */
export type WorkerClass = { workerId: string; packageSha256: string; classId: string; stepsPerSecond: number | null; reason: string | null; at: number };

/** Machines whose speeds differ by no more than this share are of one class. */
export const SAME_SPEED_SHARE = 0.15;

/** From so many steps on the time that they took says how fast a machine is. */
export const LEAST_STEPS = 10;

/** What a machine is, as far as it decides about the speed of a run: its graphics cards, or else its processor. */
export function describeHardware({ cpuModel, cpuCores, gpus, arch }: Hardware): string {
  const cards = gpus.filter((gpu) => gpu.vramGb > 0).map((gpu) => plain(gpu.model) || 'an unnamed card').sort();
  if (cards.length > 0) return [...Map.groupBy(cards, (card) => card)].map(([card, same]) => (same.length === 1 ? card : `${same.length} × ${card}`)).join(', ');
  return `${plain(cpuModel) || 'an unnamed processor'}, ${cpuCores} ${cpuCores === 1 ? 'core' : 'cores'}, ${plain(arch) || 'unknown'}`;
}

/**
 * The class that a machine belongs to; null where it is the first of a new one. Of several within reach it is the one
 * nearest in speed, and of equally near ones the oldest, so that the same machines in the same order make the same classes.
 */
export function classOf(classes: readonly HardwareClass[], machine: { hardware: string; stepsPerSecond: number | null }): HardwareClass | null {
  const { hardware, stepsPerSecond } = machine;
  const alike = classes.filter((one) => one.hardware === hardware).sort((left, right) => left.number - right.number);
  if (stepsPerSecond === null) return alike.find((one) => one.stepsPerSecond === null) ?? null;
  let nearest: { one: HardwareClass; apart: number } | null = null;
  for (const one of alike) {
    if (one.stepsPerSecond === null) continue;
    const apart = Math.abs(stepsPerSecond / one.stepsPerSecond - 1);
    if (apart <= SAME_SPEED_SHARE && (nearest === null || apart < nearest.apart)) nearest = { one, apart };
  }
  return nearest?.one ?? null;
}

/** A class in words: its hardware and its speed. */
export function classTitle({ hardware, stepsPerSecond }: Pick<HardwareClass, 'hardware' | 'stepsPerSecond'>): string {
  return `${hardware}${stepsPerSecond === null ? ', speed not measured' : `, ${speedText(stepsPerSecond)}`}`;
}

/** Steps a second to three digits. */
export function speedText(stepsPerSecond: number): string {
  return `${Number(stepsPerSecond.toPrecision(3))} steps/s`;
}

/** The speed that a calibration run says; null, with the reason, where it says none. */
export function speedOf(measurement: Measurement): { stepsPerSecond: number | null; reason: string | null } {
  if (!measurement.ok) return { stepsPerSecond: null, reason: measurement.reason };
  const { steps, seconds } = measurement;
  if (steps < LEAST_STEPS) return { stepsPerSecond: null, reason: `It made ${steps} ${steps === 1 ? 'step' : 'steps'}; fewer than ${LEAST_STEPS} do not say how fast it is.` };
  return { stepsPerSecond: steps / seconds, reason: null };
}

function plain(text: string): string {
  return text.trim().replaceAll(/\s+/g, ' ');
}
