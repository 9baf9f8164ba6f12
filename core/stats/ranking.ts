import { isBetter, type Metric } from '#core/experiment.ts';
import { addValue, EMPTY_ROLLUP, type Rollup } from '#core/rollup.ts';
import { configurationKey, type Configuration } from '#core/space.ts';
import { dunnettQuantile } from './dunnett.ts';
import { pooledNoise, type Noise } from './noise.ts';
import { studentQuantile } from './student.ts';

/** A task that may have a value. */
export type RankedRun = { id: string; number: number; config: Configuration; value: number | null };

type Valued = RankedRun & { value: number };

/** A configuration with the values of its seeds. */
export type Contender = { config: Configuration; rollup: Rollup; runs: Valued[] };

/** Who leads and how sure that is. */
export type Ranking = {
  leader: Contender;
  /** The others that cannot be told from the best, the best mean first; without noise known, only those that equal the leader. */
  tied: Contender[];
  /** The best of those that are neither. */
  next: Contender | null;
  /** Null where no configuration ran twice. */
  noise: Noise | null;
  /** How many standard errors apart two means must be, so that with 95 % no difference is chance among all that are compared; null without noise. */
  factor: number | null;
  configurations: number;
};

/** One-sided, so that of two that are truly equal both stay in with 95 %: with one comparison this is Student's two-sided test. */
const CONFIDENCE = 0.975;
const CLOSE = 0.8;

/**
 * Ranks configurations by their mean over seeds; null without a value. Where any ran with several seeds, one that ran
 * once leads only if it is better than the best of those by more than the noise: a single run may just have been lucky.
 */
export function rankConfigurations(runs: readonly RankedRun[], metric: Pick<Metric, 'direction'>): Ranking | null {
  const contenders = listContenders(runs, metric);
  return rankContenders(contenders, metric, pooledNoise(contenders.map((one) => one.rollup)));
}

/**
 * {@link rankConfigurations} for configurations whose values are known, each at least one, and with noise that may be known from elsewhere.
 *
 * Tied is whatever no other mean beats by more than its margin: a set that holds the truly best configuration with 95 %,
 * however many are compared (Gupta 1965, "On some multiple decision rules", Technometrics 7:225–245; Edwards & Hsu 1983,
 * "Multiple comparisons with the best treatment", JASA 78:965–971, for means of unlike numbers of values).
 */
export function rankContenders(contenders: readonly Contender[], metric: Pick<Metric, 'direction'>, noise: Noise | null): Ranking | null {
  const best = (among: readonly Contender[]) => among.reduce<Contender | null>((first, one) => (first === null || isBetter(metric, one.rollup.mean, first.rollup.mean) ? one : first), null);
  const certainty = { noise, factor: factorOf(contenders, noise) };
  const leader = chooseLeader(best(contenders), best(contenders.filter((one) => one.rollup.n > 1)), certainty);
  if (leader === null) return null;
  // Of as many values only the best mean can beat another, so that ten thousand are compared with a few.
  const rivals = [...Map.groupBy(contenders, (one) => one.rollup.n).values()].map((alike) => best(alike) ?? leader);
  const isBeaten = (one: Contender): boolean => rivals.some((rival) => isBetter(metric, rival.rollup.mean, one.rollup.mean) && gapOf(one, rival) > (marginOf(certainty, one.rollup.n, rival.rollup.n) ?? 0));
  const others = contenders.filter((one) => one !== leader);
  const tied = others.filter((one) => isBetter(metric, one.rollup.mean, leader.rollup.mean) || (noise === null ? gapOf(one, leader) === 0 : !isBeaten(one)));
  const among = new Set(tied);
  return { leader, tied, next: best(others.filter((one) => !among.has(one))), ...certainty, configurations: contenders.length };
}

/** Up to which difference the means of two configurations may differ by chance, over so many values each; null where the noise is not known. */
export function marginOf({ noise, factor }: Pick<Ranking, 'noise' | 'factor'>, left: number, right: number): number | null {
  return noise === null || factor === null ? null : factor * noise.deviation * Math.sqrt(1 / left + 1 / right);
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

/**
 * How many configurations are close enough to the leader to run again with it, itself among them: those behind it by less
 * than one comparison alone would call chance. They share few runs, so that the correction that names ties would let in too
 * many. Null where the noise is not known.
 */
export function closeCount({ leader, noise }: Pick<Ranking, 'leader' | 'noise'>, contenders: readonly Contender[]): number | null {
  if (noise === null) return null;
  const factor = studentQuantile(CLOSE, noise.degrees) * noise.deviation;
  return contenders.reduce((many, one) => many + (gapOf(one, leader) <= factor * Math.sqrt(1 / one.rollup.n + 1 / leader.rollup.n) ? 1 : 0), 0);
}

/** How far two means are apart. */
export function gapOf(left: Contender, right: Contender): number {
  return Math.abs(left.rollup.mean - right.rollup.mean);
}

function chooseLeader(best: Contender | null, repeated: Contender | null, certainty: Pick<Ranking, 'noise' | 'factor'>): Contender | null {
  if (best === null || repeated === null || best.rollup.n > 1) return best;
  return gapOf(best, repeated) > (marginOf(certainty, best.rollup.n, repeated.rollup.n) ?? 0) ? best : repeated;
}

/** One factor for all: by the least correlation that any two differences have, which makes no margin too small. */
function factorOf(contenders: readonly Contender[], noise: Noise | null): number | null {
  if (noise === null) return null;
  let [fewest, most] = [Infinity, 1];
  for (const { rollup } of contenders) [fewest, most] = [Math.min(fewest, rollup.n), Math.max(most, rollup.n)];
  return dunnettQuantile(CONFIDENCE, contenders.length - 1, noise.degrees, fewest / (fewest + most));
}

function compare(metric: Pick<Metric, 'direction'>, left: Contender, right: Contender): number {
  if (left.rollup.mean === right.rollup.mean) return (left.runs[0]?.number ?? 0) - (right.runs[0]?.number ?? 0);
  return isBetter(metric, left.rollup.mean, right.rollup.mean) ? -1 : 1;
}
