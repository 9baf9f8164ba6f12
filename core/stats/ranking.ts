import { isBetter, type Metric } from '#core/experiment.ts';
import { addValue, EMPTY_ROLLUP, type Rollup } from '#core/rollup.ts';
import { configurationKey, type Configuration } from '#core/space.ts';
import { leastDifference, pooledNoise, type Noise } from './noise.ts';

/** A task that may have a value. */
export type RankedRun = { id: string; number: number; config: Configuration; value: number | null };

type Valued = RankedRun & { value: number };

/** A configuration with the values of its seeds. */
export type Contender = { config: Configuration; rollup: Rollup; runs: Valued[] };

/** Who leads and how sure that is. */
export type Ranking = {
  leader: Contender;
  /** The others that cannot be told from the leader, the best mean first; without noise known, only those that equal it. */
  tied: Contender[];
  /** The best of those that are neither. */
  next: Contender | null;
  /** Null where no configuration ran twice. */
  noise: Noise | null;
  configurations: number;
};

/**
 * Ranks configurations by their mean over seeds; null without a value. Where any ran with several seeds, one that ran
 * once leads only if it is better than the best of those by more than the noise: a single run may just have been lucky.
 */
export function rankConfigurations(runs: readonly RankedRun[], metric: Pick<Metric, 'direction'>): Ranking | null {
  const contenders = listContenders(runs, metric);
  return rankContenders(contenders, metric, pooledNoise(contenders.map((one) => one.rollup)));
}

/** {@link rankConfigurations} for configurations whose values are known, each at least one, and with noise that may be known from elsewhere. */
export function rankContenders(contenders: readonly Contender[], metric: Pick<Metric, 'direction'>, noise: Noise | null): Ranking | null {
  const best = (among: readonly Contender[]) => among.reduce<Contender | null>((first, one) => (first === null || isBetter(metric, one.rollup.mean, first.rollup.mean) ? one : first), null);
  const leader = chooseLeader(best(contenders), best(contenders.filter((one) => one.rollup.n > 1)), noise);
  if (leader === null) return null;
  const others = contenders.filter((one) => one !== leader);
  const tied = others.filter((one) => isBetter(metric, one.rollup.mean, leader.rollup.mean) || gapOf(one, leader) <= marginOf(noise, one, leader));
  return { leader, tied, next: best(others.filter((one) => !tied.includes(one))), noise, configurations: contenders.length };
}

/** The configurations that have a value, the best mean first. */
export function listContenders(runs: readonly RankedRun[], metric: Pick<Metric, 'direction'>): Contender[] {
  const valued = runs.filter((run): run is Valued => run.value !== null);
  const contenders = [...Map.groupBy(valued, (run) => configurationKey(run.config)).values()].map((own): Contender => ({
    config: own[0]?.config ?? {},
    runs: own,
    rollup: own.reduce((rollup, run) => addValue(rollup, metric, run.value, run.id), EMPTY_ROLLUP),
  }));
  return contenders.sort((left, right) => compare(metric, left, right));
}

/** How far two means are apart. */
export function gapOf(left: Contender, right: Contender): number {
  return Math.abs(left.rollup.mean - right.rollup.mean);
}

function chooseLeader(best: Contender | null, repeated: Contender | null, noise: Noise | null): Contender | null {
  if (best === null || repeated === null || best.rollup.n > 1) return best;
  return gapOf(best, repeated) > marginOf(noise, best, repeated) ? best : repeated;
}

function marginOf(noise: Noise | null, left: Contender, right: Contender): number {
  return noise === null ? 0 : leastDifference(noise, left.rollup.n, right.rollup.n);
}

function compare(metric: Pick<Metric, 'direction'>, left: Contender, right: Contender): number {
  if (left.rollup.mean === right.rollup.mean) return (left.runs[0]?.number ?? 0) - (right.runs[0]?.number ?? 0);
  return isBetter(metric, left.rollup.mean, right.rollup.mean) ? -1 : 1;
}
