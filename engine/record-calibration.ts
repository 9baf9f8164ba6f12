import { accept, refuse, type Outcome } from '#core/errors.ts';
import type { HardwareClass, Measurement } from '#core/hardware-class.ts';
import { findPackage } from '#store/experiment.ts';
import { findClasses } from '#store/hardware-class.ts';
import { findWorker } from '#store/worker.ts';
import { classifyWorker } from './classify-worker.ts';
import { TOPICS, type Engine } from './engine.ts';

/**
 * Takes what a calibration run of a worker said, or why it said nothing, and puts the worker into its hardware class for
 * the package. The first speed counts; said again, or said otherwise, nothing changes. A made-up speed makes a class of
 * its own, in which nobody else is compared with it.
 */
export async function recordCalibration(engine: Engine, workerId: string, packageSha256: string, measurement: Measurement): Promise<Outcome<HardwareClass>> {
  const outcome = await engine.store.write(async (tx): Promise<Outcome<HardwareClass>> => {
    const worker = await findWorker(tx, workerId);
    if (worker === null) return refuse('worker_not_found');
    if (worker.status === 'removed') return refuse('worker_removed');
    if ((await findPackage(tx, packageSha256)) === null) return refuse('package_not_found');
    const { classId } = await classifyWorker(engine, tx, worker, packageSha256, measurement);
    const [own] = await findClasses(tx, [classId]);
    tx.touch(TOPICS.worker(workerId));
    return own === undefined ? refuse('package_not_found') : accept(own);
  });
  if (outcome.ok) engine.log.info({ worker_id: workerId, package_sha256: packageSha256, class: outcome.value.number, measured: measurement.ok }, 'worker calibrated');
  return outcome;
}
