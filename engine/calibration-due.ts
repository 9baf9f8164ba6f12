import { calibrationConfiguration } from '#core/calibration.ts';
import type { Experiment } from '#core/experiment.ts';
import type { Configuration } from '#core/space.ts';
import type { Requirements } from '#core/worker.ts';
import { findClaimant } from '#store/worker.ts';
import { nextFamily } from './claim-task.ts';
import { findClassOf, mustCalibrate } from './classify-worker.ts';
import type { Engine } from './engine.ts';
import { manifestOf } from './lease-attempt.ts';
import { recordCalibration } from './record-calibration.ts';

/** A short run that says how fast a machine is at a package. It is no task: nobody pays for it, and it has no result. */
export type Calibration = { packageSha256: string; experiment: Experiment; config: Configuration; requires: Requirements };

/** The calibration run that a worker has to make before its next task; null where it has to make none. */
export async function dueCalibration(engine: Engine, workerId: string): Promise<Calibration | null> {
  const { reader } = engine.store;
  for (;;) {
    const claimant = await findClaimant(reader, workerId);
    if (claimant === null || claimant.worker.status !== 'active') return null;
    const family = await nextFamily(reader, claimant.worker);
    if (family === null) return null;
    const { packageSha256, requires } = family;
    const known = await findClassOf(engine, reader, workerId, packageSha256, true);
    if (!(await mustCalibrate(engine, reader, known, packageSha256))) return null;
    const experiment = await manifestOf(engine, reader, packageSha256);
    const config = calibrationConfiguration(experiment.space);
    if (config !== null) return { packageSha256, experiment, config, requires };
    const noted = await recordCalibration(engine, workerId, packageSha256, { ok: false, reason: 'No configuration could be found in the space of the experiment to measure with.' });
    if (!noted.ok) return null;
  }
}
