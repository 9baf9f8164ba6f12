import { classOf, describeHardware, speedOf, type HardwareClass, type Measurement, type WorkerClass } from '#core/hardware-class.ts';
import type { Worker } from '#core/worker.ts';
import { findWorkerClass, insertClass, listClasses, lockClasses, saveWorkerClass } from '#store/hardware-class.ts';
import type { Reader, Store, Tx } from '#store/seam.ts';
import type { Engine } from './engine.ts';
import { newId } from './id.ts';
import { manifestOf } from './lease-attempt.ts';

/** Machines are told apart by so many classes of a package; whoever comes later joins none and makes its own. */
const MOST_CLASSES = 10_000;

/**
 * Puts a worker into its hardware class for a package, which it makes where it is the first of its kind. The first speed
 * that was measured stays: results that it got before would otherwise not be its own any more.
 *
 * @param measurement what its calibration run said; null where it made none
 */
export async function classifyWorker(engine: Engine, tx: Tx, worker: Pick<Worker, 'id' | 'hardware'>, packageSha256: string, measurement: Measurement | null): Promise<WorkerClass> {
  await lockClasses(tx, packageSha256);
  const known = await findWorkerClass(tx, worker.id, packageSha256);
  if (known !== null && (known.stepsPerSecond !== null || measurement === null)) return known;
  const speed = measurement === null ? { stepsPerSecond: null, reason: null } : speedOf(measurement);
  const machine = { hardware: describeHardware(worker.hardware), stepsPerSecond: speed.stepsPerSecond };
  const classes = await listClasses(tx, packageSha256, MOST_CLASSES);
  const own = classOf(classes, machine) ?? (await makeClass(engine, tx, packageSha256, machine, (classes.at(-1)?.number ?? 0) + 1));
  const worked: WorkerClass = { workerId: worker.id, packageSha256, classId: own.id, ...speed, at: engine.now() };
  await saveWorkerClass(tx, worked);
  return worked;
}

/** Classes by worker and package, as of the last claim: asking for them costs a claim as much as locking its family. */
const remembered = new WeakMap<Store, Map<string, WorkerClass>>();
const MOST_REMEMBERED = 10_000;

/** Remembers the class in which a worker was given a task; only what is committed. */
export function rememberClass(engine: Engine, own: WorkerClass): void {
  const known = remembered.get(engine.store) ?? new Map<string, WorkerClass>();
  remembered.set(engine.store, known);
  if (known.size >= MOST_REMEMBERED) known.clear();
  known.set(`${own.workerId} ${own.packageSha256}`, own);
}

/**
 * The class of a worker for a package; null where it has none yet. A class with a measured speed stays, and can be
 * remembered. One without may change, on another server node too, once the worker calibrates: then it is looked up.
 */
export async function findClassOf(engine: Engine, reader: Reader, workerId: string, packageSha256: string, calibrates: boolean): Promise<WorkerClass | null> {
  const known = remembered.get(engine.store)?.get(`${workerId} ${packageSha256}`);
  if (known !== undefined && (known.stepsPerSecond !== null || !calibrates)) return known;
  return findWorkerClass(reader, workerId, packageSha256);
}

/**
 * Whether a worker that calibrates has to do so before it gets a task of a package: once, whatever comes of it.
 * Synthetic experiments train nothing, so that nothing about them is fast or slow.
 */
export async function mustCalibrate(engine: Engine, reader: Reader, known: WorkerClass | null, packageSha256: string): Promise<boolean> {
  if (known !== null && (known.stepsPerSecond !== null || known.reason !== null)) return false;
  return !(await manifestOf(engine, reader, packageSha256)).synthetic;
}

async function makeClass(engine: Engine, tx: Tx, packageSha256: string, machine: Pick<HardwareClass, 'hardware' | 'stepsPerSecond'>, number: number): Promise<HardwareClass> {
  const made: HardwareClass = { id: newId(engine), packageSha256, number, ...machine, createdAt: engine.now() };
  await insertClass(tx, made);
  return made;
}
