import type { Family } from '#core/brief.ts';
import { robustNoise, type Noise } from '#core/stats/noise.ts';
import { listContenders } from '#core/stats/ranking.ts';
import type { Reader, Store } from '#store/seam.ts';
import { listValuedRuns } from '#store/task.ts';
import type { Engine } from './engine.ts';

/** The noise is judged by at most so many values. */
const MOST_RUNS = 2000;
/** It changes slowly, and reading it for each audit would cost more than all else about it. */
const KEPT_MS = 60_000;
const MOST_KEPT = 1000;

const known = new WeakMap<Store, Map<string, { noise: Noise | null; at: number }>>();

/**
 * How much runs of one configuration of a family differ, as of the last minute; null where too few ran twice. Made-up
 * values are among them until they are refuted, and must not make room for themselves.
 */
export async function noiseOf(engine: Engine, reader: Reader, family: Pick<Family, 'id' | 'metric'>): Promise<Noise | null> {
  const kept = known.get(engine.store) ?? new Map<string, { noise: Noise | null; at: number }>();
  known.set(engine.store, kept);
  const before = kept.get(family.id);
  if (before !== undefined && engine.now() - before.at < KEPT_MS) return before.noise;
  const noise = robustNoise(listContenders(await listValuedRuns(reader, family.id, MOST_RUNS), family.metric).map(({ rollup }) => rollup));
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(family.id, { noise, at: engine.now() });
  return noise;
}
