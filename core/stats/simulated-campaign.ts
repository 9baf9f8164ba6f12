import { seededRandom } from '#core/random.ts';
import { addValue, EMPTY_ROLLUP } from '#core/rollup.ts';
import { candidateCount, confirmationLevel, freshInterval, nextConfirmation, type Candidate } from './confirmation.ts';
import { pooledNoise } from './noise.ts';
import { closeCount, rankContenders, type Contender } from './ranking.ts';

/** A campaign whose truth is known: the true means of its configurations, less is better, and how its tasks are shared. */
export type Simulated = {
  truth: readonly number[];
  /** Runs of each configuration in the search; with 1 the noise is not known before the confirmation. */
  seeds: number;
  /** Tasks of the confirmation. */
  budget: number;
  /** One value's difference from the true mean. */
  draw: () => number;
};

export type Simulation = { named: number; namedRight: number; ledRight: number; covered: number; spent: number };

/** Draws from the standard normal distribution, in pairs (Box & Muller 1958, Annals of Mathematical Statistics 29:610–611). */
export function normalDraws(seed: number): () => number {
  const random = seededRandom(seed);
  let spare: number | null = null;
  return () => {
    if (spare !== null) {
      const kept = spare;
      spare = null;
      return kept;
    }
    const [size, angle] = [Math.sqrt(-2 * Math.log(1 - random())), 2 * Math.PI * random()];
    spare = size * Math.sin(angle);
    return size * Math.cos(angle);
  };
}

/**
 * Plays so many campaigns: each configuration runs with its seeds, the best of what was seen run again as the rule says,
 * and what is said at the end is compared with the truth. The first configuration is the right one.
 */
export function simulate(many: number, simulated: Simulated): Simulation {
  const sum: Simulation = { named: 0, namedRight: 0, ledRight: 0, covered: 0, spent: 0 };
  for (let campaign = 0; campaign < many; campaign += 1) {
    const { named, leader, covered, spent } = play(simulated);
    sum.named += named ? 1 : 0;
    sum.namedRight += named && leader === 0 ? 1 : 0;
    sum.ledRight += leader === 0 ? 1 : 0;
    sum.covered += covered ? 1 : 0;
    sum.spent += spent;
  }
  return sum;
}

function play({ truth, seeds, budget, draw }: Simulated): { named: boolean; leader: number; covered: boolean; spent: number } {
  const searched = truth.map((mean) => Array.from({ length: seeds }, () => mean + draw()));
  const contenders = searched.map((values): Contender => ({ config: {}, runs: [], rollup: values.reduce((rollup, value) => addValue(rollup, { direction: 'minimize' }, value, ''), EMPTY_ROLLUP) }));
  const noise = pooledNoise(contenders.map((one) => one.rollup));
  const ranking = rankContenders(contenders, { direction: 'minimize' }, noise);
  const close = noise === null || ranking === null ? null : closeCount(ranking, contenders);
  const order = [...truth.keys()].sort((left, right) => (contenders[left]?.rollup.mean ?? 0) - (contenders[right]?.rollup.mean ?? 0)).slice(0, candidateCount(budget, close));
  const losses = order.map((): number[] => []);
  const candidates = order.map((index, place): Candidate => ({ losses: losses[place] ?? [], failed: 0, open: 0, searched: searched[index] ?? [] }));
  for (let spent = 0; ; ) {
    const step = nextConfirmation({ candidates, budget, level: confirmationLevel(0) }, spent, noise);
    if (step.state === 'run') {
      for (const place of step.candidates) losses[place]?.push((truth[order[place] ?? 0] ?? 0) + draw());
      spent += step.candidates.length;
      continue;
    }
    const place = 'leader' in step ? step.leader : 0;
    const interval = freshInterval(candidates, place, noise);
    const mean = truth[order[place] ?? 0] ?? 0;
    return { named: step.state === 'separated', leader: order[place] ?? -1, covered: interval !== null && interval.low <= mean && mean <= interval.high, spent };
  }
}
