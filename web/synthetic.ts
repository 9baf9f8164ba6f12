import { listExperiments } from '#store/experiment.ts';
import type { Reader } from '#store/seam.ts';

const MOST_EXPERIMENTS = 1000;

/** Names of experiments that report made-up values; whatever shows a value of theirs says so. */
export async function readSyntheticNames(reader: Reader): Promise<ReadonlySet<string>> {
  const registered = await listExperiments(reader, MOST_EXPERIMENTS);
  return new Set(registered.filter((one) => one.experiment.synthetic).map((one) => one.experiment.name));
}
