import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Measurement } from '#core/hardware-class.ts';
import type { Metrics } from '#core/result.ts';
import type { dueCalibration } from '#protocol/worker.ts';
import { writeDurably } from './durable-file.ts';
import { scriptEnvironment } from './environment.ts';
import { countOutOfMemoryKills, createTail, toResult } from './outcome.ts';
import { createLineSplitter, readLine } from './output.ts';
import { commandOf, type Workshop } from './runner.ts';
import { createScratch, removeScratch, type Scratch } from './scratch.ts';
import { runScript } from './script.ts';

/** A calibration run as the server asks for it. */
export type DueCalibration = z.output<typeof dueCalibration>;

/** The script has so long to start and so long to end beside the seconds that it trains for. */
const LONGEST_STARTUP_SECONDS = 60;
const GRACE_SECONDS = 5;
/** Progress closer together than this says nothing about speed. */
const LEAST_SECONDS = 0.05;
const LONGEST_REASON = 300;

/**
 * Runs an experiment's script for a few seconds, as a task would run in a slot, and tells how fast it was. Nothing of it
 * is reported but that. Null when the signal ended it.
 */
export async function runCalibration(workshop: Workshop, due: DueCalibration, slot: number, seconds: number, signal: AbortSignal): Promise<Measurement | null> {
  const obtained = await workshop.packages.obtain(due.package_sha256, signal);
  if (obtained === null || signal.aborted) return null;
  if (!obtained.ok) return without(obtained.error.message);
  const folder = join(workshop.folders.scratch, `calibration-${randomUUID()}`);
  try {
    const scratch = await createScratch(folder, obtained.folder, { ...due.config, seed: due.seed, time_budget_seconds: seconds });
    return await measure(workshop, due, { ...scratch, source: obtained.folder }, slot, seconds, signal);
  } catch (error) {
    return without(`The worker could not prepare it: ${error instanceof Error ? error.message : String(error)}.`);
  } finally {
    await removeScratch(folder).catch((error: unknown) => workshop.log.warn({ folder, err: error }, 'a scratch folder could not be removed'));
  }
}

/** What a worker measured before, by package and by what it was measured with. */
export type CalibrationCache = { find(packageSha256: string): Promise<Measurement | null>; keep(packageSha256: string, measurement: Measurement): Promise<void> };

const cacheFile = z.object({ items: z.array(z.object({ package_sha256: z.string(), machine: z.string(), steps: z.number(), seconds: z.number() })) });
const MOST_KEPT = 500;

/** Keeps measurements in a file, so that a worker does not repeat them at each start. Another machine, or another number of slots, finds none of them. */
export function createCalibrationCache(path: string, machine: string): CalibrationCache {
  const read = async () => {
    try {
      return cacheFile.parse(JSON.parse(await readFile(path, 'utf8'))).items;
    } catch {
      return [];
    }
  };
  return {
    async find(packageSha256) {
      const kept = (await read()).find((one) => one.package_sha256 === packageSha256 && one.machine === machine);
      return kept === undefined ? null : { ok: true, steps: kept.steps, seconds: kept.seconds };
    },
    async keep(packageSha256, measurement) {
      if (!measurement.ok) return;
      const others = (await read()).filter((one) => one.package_sha256 !== packageSha256 || one.machine !== machine);
      const items = [...others, { package_sha256: packageSha256, machine, steps: measurement.steps, seconds: measurement.seconds }].slice(-MOST_KEPT);
      await writeDurably(path, JSON.stringify({ items }));
    },
  };
}

async function measure(workshop: Workshop, due: DueCalibration, scratch: Scratch & { source: string }, slot: number, seconds: number, signal: AbortSignal): Promise<Measurement | null> {
  const { sandbox, python } = workshop;
  const [command = '', ...args] = sandbox.enclose([...commandOf(due.run, python), '--config-file', scratch.configFile], due, scratch, scratch.source);
  const limitSeconds = Math.min(due.startup_seconds, LONGEST_STARTUP_SECONDS) + seconds + GRACE_SECONDS;
  const output = createMeter();
  const killsBefore = countOutOfMemoryKills();
  const ending = await runScript({
    command,
    args,
    workingFolder: scratch.package,
    folder: scratch.folder,
    env: scriptEnvironment({ ...workshop, slot, home: scratch.home, temporary: scratch.temporary }),
    limitMs: limitSeconds * 1000,
    limits: sandbox.limitsOf(due),
    isEnclosed: sandbox.isEnclosing,
    signal,
    sink: { isFull: () => false, room: () => Promise.resolve() },
    onOutput: output.add,
    onError: output.addError,
    // What works in a scratch folder is found there after a sudden end of the worker: see endLeftovers.
    onStart: () => Promise.resolve(),
  });
  if (signal.aborted) return null;
  const { metrics, progress, errorTail } = output.end();
  const measured = fromResult(metrics) ?? progress;
  if (measured !== null) return { ok: true, ...measured };
  const { error } = toResult({ ending, limitSeconds, metrics, errorTail, outOfMemoryKills: countOutOfMemoryKills() - killsBefore });
  return without(error === null ? 'The script reports no steps.' : error.message);
}

type Steps = { steps: number; seconds: number };

/** The script's own count, which leaves out its start. */
function fromResult(metrics: Metrics | null): Steps | null {
  const [steps, seconds] = [metrics?.['steps_completed'], metrics?.['wall_time_seconds']];
  return typeof steps === 'number' && typeof seconds === 'number' && Number.isSafeInteger(steps) && steps >= 0 && seconds >= LEAST_SECONDS ? { steps, seconds } : null;
}

/** Reads what a script writes for how far it got and when. */
function createMeter() {
  const errorTail = createTail();
  let metrics: Metrics | null = null;
  let [first, last]: { step: number; at: number }[] = [];
  const lines = createLineSplitter((text) => {
    const read = readLine(text);
    if (read.kind === 'result') metrics = read.metrics;
    if (read.kind !== 'progress') return;
    last = { step: read.step, at: performance.now() };
    first ??= last;
  }, () => undefined);
  return {
    add: lines.add,
    addError: errorTail.add,
    end(): { metrics: Metrics | null; progress: Steps | null; errorTail: string } {
      lines.end();
      const steps = (last?.step ?? 0) - (first?.step ?? 0);
      const seconds = ((last?.at ?? 0) - (first?.at ?? 0)) / 1000;
      return { metrics, progress: steps > 0 && seconds >= LEAST_SECONDS ? { steps, seconds } : null, errorTail: errorTail.text() };
    },
  };
}

function without(reason: string): Measurement {
  return { ok: false, reason: (reason.split('\n', 1)[0] ?? '').slice(0, LONGEST_REASON).trim() || 'It came to nothing.' };
}
