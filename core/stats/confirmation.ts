import { sequentialBoundary } from './boundary.ts';
import { normalBelow } from './normal.ts';
import type { Noise } from './noise.ts';
import { studentQuantile } from './student.ts';
import type { Interval } from './summary.ts';

/** A configuration that runs again. Losses are values, turned so that less is better. */
export type Candidate = {
  /** Of its fresh seeds, in any order. They alone decide. */
  losses: readonly number[];
  /** Runs with fresh seeds that ended without a value. */
  failed: number;
  /** Runs with fresh seeds that have not ended. */
  open: number;
  /** Of the search. They only say which configuration is worth the next runs, since the luck that chose it is in them. */
  searched: readonly number[];
};

/** One confirmation: so many runs at most, and the probability of naming a wrong winner that it may use up. */
export type Confirmation = { candidates: readonly Candidate[]; budget: number; level: number };

export type ConfirmationStep =
  /** These candidates run next, one run for each mention. */
  | { state: 'run'; candidates: number[] }
  /** What runs has to end first. */
  | { state: 'wait' }
  /** One is better than each of the others by more than chance. */
  | { state: 'separated'; leader: number }
  /** The budget is used up, and these cannot be told from the leader. */
  | { state: 'tied'; leader: number; tied: number[] }
  /** No run with a fresh seed gave a value. */
  | { state: 'failed' };

/** A wrong winner may be named in so many of all campaigns: most of it is for the first confirmation, so that it decides early. */
const FIRST_LEVEL = 0.035;
const LATER_LEVELS = 0.01;
const FIRST_SEEDS = 2;
const FARTHEST = 1e-12;
const LATER_ROUNDS = 5;
/** Rounds of fewer runs would look at too little to be worth a look, and leave machines idle. */
const LEAST_ROUND = 2;
const MOST_CANDIDATES = 7;
const TAIL = 0.025;

/**
 * The probability of a wrong winner in the n-th confirmation of a campaign, the first being 0: 4 %, then half of what is
 * left of 5 %, so that asking until the answer pleases finds no winner where there is none.
 */
export function confirmationLevel(earlier: number): number {
  return earlier === 0 ? FIRST_LEVEL : LATER_LEVELS / 2 ** earlier;
}

/**
 * How many of the leading configurations share so many runs: too few miss the best, with too many none gets enough.
 *
 * @param close how many could not be told from the best before, itself among them; null where that is not known
 */
export function candidateCount(budget: number, close: number | null): number {
  return Math.max(2, Math.min(MOST_CANDIDATES, Math.floor(budget / 2) + 1, close ?? Infinity));
}

/**
 * The 95 % interval of a candidate's mean over its fresh seeds: Student's t with the deviation pooled over all candidates,
 * and with the tail divided by their number (Bonferroni), since whichever of them looks best is the one that is shown.
 * Null without two values of any, or where it has none.
 */
export function freshInterval(candidates: readonly Candidate[], shown: number, noise: Noise | null): Interval | null {
  const standings = candidates.map(standingOf);
  const [own, spread] = [standings[shown], pooledSpread(standings, noise)];
  if (own === undefined || own.n === 0 || spread === null) return null;
  const width = (studentQuantile(1 - TAIL / candidates.length, spread.degrees) * spread.deviation) / Math.sqrt(own.n);
  return { low: own.mean - width, high: own.mean + width };
}

/**
 * What a confirmation does next. It looks after each round of runs, when all of them have ended, so that the order in which
 * results come changes nothing.
 *
 * The winner is the candidate whose mean over fresh seeds is better than that of each other one by more than chance, by
 * Student's t with the pooled deviation. Comparing the best mean with every other at one level keeps that level however
 * many there are (Gutmann & Maymin 1987, "Is the selected population the best?", Annals of Statistics 15:456–461; Hung &
 * Fithian 2019, "Rank verification for exponential families", Annals of Statistics 47:758–782). Looking several times is
 * paid for by O'Brien & Fleming's boundary over the share of the budget that is used, as a significance level for the t
 * statistic (Jennison & Turnbull 2000, "Group Sequential Methods", 4.4). The next runs go where the evidence is weakest:
 * to the closest rival, or to the leader as long as its runs squared are fewer than those of its rivals squared and summed
 * (Chen & Ryzhov 2023, "Balancing optimal large deviations in sequential selection", Management Science 69:3457–3473).
 *
 * @param spent how many runs of this confirmation were begun
 * @param noise how much runs of equal configurations differed in the search; null where nothing ran twice
 */
export function nextConfirmation({ candidates, budget, level }: Confirmation, spent: number, noise: Noise | null): ConfirmationStep {
  if (candidates.some((one) => one.open > 0)) return { state: 'wait' };
  const standings = candidates.map(standingOf);
  const spread = pooledSpread(standings, noise);
  const rounds = roundsOf(budget, candidates.length);
  const leader = bestOf(standings, (one) => (one.n === 0 ? null : one.mean));
  if (leader !== null && spent > 0) {
    const factor = factorOf(spread, { level, rounds, share: Math.min(1, spent / budget) });
    const close = standings.flatMap((one, index) => (!one.isOut && !isBehind(one, standings[leader] ?? one, factor) ? [index] : []));
    if (close.length === 1 && (standings[leader]?.n ?? 0) > 1) return { state: 'separated', leader };
    // Where the seed changes nothing, more seeds tell nothing.
    if (spent >= budget || (spread?.deviation === 0 && close.every((index) => (standings[index]?.n ?? 0) > 0))) return tiedAmong(standings, close);
  }
  if (spent >= budget) return { state: 'failed' };
  return { state: 'run', candidates: nextRuns(standings, (rounds.find((end) => end > spent) ?? budget) - spent, seedsOf(budget, candidates.length)) };
}

/** A candidate in figures. */
type Standing = { runs: number; n: number; mean: number; m2: number; allN: number; allMean: number; isOut: boolean };

function standingOf({ losses, failed, searched }: Candidate): Standing {
  const n = losses.length;
  const sum = losses.reduce((total, loss) => total + loss, 0);
  const mean = n === 0 ? 0 : sum / n;
  const m2 = losses.reduce((total, loss) => total + (loss - mean) ** 2, 0);
  const allN = n + searched.length;
  return { runs: n + failed, n, mean, m2, allN, allMean: allN === 0 ? 0 : (sum + searched.reduce((total, loss) => total + loss, 0)) / allN, isOut: n === 0 && failed >= FIRST_SEEDS };
}

function pooledSpread(standings: readonly Standing[], noise: Noise | null): Noise | null {
  let [squares, degrees] = noise === null ? [0, 0] : [noise.deviation ** 2 * noise.degrees, noise.degrees];
  for (const { n, m2 } of standings) {
    if (n < 2) continue;
    squares += m2;
    degrees += n - 1;
  }
  const deviation = Math.sqrt(squares / degrees);
  return degrees > 0 && Number.isFinite(deviation) ? { deviation, degrees } : null;
}

function seedsOf(budget: number, candidates: number): number {
  return candidates * FIRST_SEEDS <= budget / 2 ? FIRST_SEEDS : 1;
}

/** After how many runs it looks: when each candidate has its first seeds, and then five times in equal steps. */
function roundsOf(budget: number, candidates: number): number[] {
  const first = Math.min(budget, candidates * seedsOf(budget, candidates));
  const step = Math.max(LEAST_ROUND, Math.ceil((budget - first) / LATER_ROUNDS));
  return Array.from({ length: 1 + Math.ceil((budget - first) / step) }, (_, index) => Math.min(budget, first + index * step));
}

/** How far behind, in units of √(1/n₁ + 1/n₂), a mean must be at this look; infinite where the noise is not known. */
function factorOf(spread: Noise | null, { level, rounds, share }: { level: number; rounds: readonly number[]; share: number }): number {
  if (spread === null) return Infinity;
  const boundary = sequentialBoundary(level, rounds.map((end) => end / (rounds.at(-1) ?? end))) / Math.sqrt(share);
  const below = normalBelow(boundary);
  // So far out neither a double nor any real noise follows Student's distribution.
  return below > 1 - FARTHEST ? Infinity : studentQuantile(below, spread.degrees) * spread.deviation;
}

function isBehind(one: Standing, leader: Standing, factor: number): boolean {
  return one.n > 0 && one.mean - leader.mean > factor * Math.sqrt(1 / one.n + 1 / leader.n);
}

function tiedAmong(standings: readonly Standing[], close: readonly number[]): ConfirmationStep {
  const leader = close.reduce((best, index) => ((standings[index]?.allMean ?? 0) < (standings[best]?.allMean ?? 0) ? index : best), close[0] ?? 0);
  return { state: 'tied', leader, tied: close.filter((index) => index !== leader) };
}

function bestOf(standings: readonly Standing[], lossOf: (one: Standing) => number | null): number | null {
  let [best, least] = [-1, Infinity];
  for (const [index, one] of standings.entries()) {
    const loss = lossOf(one);
    if (loss !== null && loss < least) [best, least] = [index, loss];
  }
  return best < 0 ? null : best;
}

/** Who runs next: first whoever lacks its first seeds, then the leader or the rival that is closest to it, as if each planned run had ended as it stands. */
function nextRuns(standings: readonly Standing[], size: number, seeds: number): number[] {
  const planned = standings.map((one) => ({ ...one, runs: one.runs, n: one.allN }));
  const lacking = standings.flatMap((one, index) => Array<number>(Math.max(0, seeds - one.runs)).fill(index)).slice(0, size);
  for (const index of lacking) (planned[index] as { n: number }).n += 1;
  const leader = bestOf(standings, (one) => (one.isOut || one.allN === 0 ? null : one.allMean));
  const chosen = [...lacking];
  while (chosen.length < size) {
    const next = leader === null ? chosen.length % standings.length : closest(planned, leader);
    (planned[next] as { n: number }).n += 1;
    chosen.push(next);
  }
  return chosen;
}

function closest(planned: readonly Standing[], leader: number): number {
  const first = planned[leader];
  if (first === undefined) return 0;
  let [rival, least, squares] = [leader, Infinity, 0];
  for (const [index, one] of planned.entries()) {
    if (index === leader || one.isOut) continue;
    squares += one.n * one.n;
    const distance = (one.allMean - first.allMean) / Math.sqrt(1 / Math.max(1, one.n) + 1 / first.n);
    if (distance < least) [rival, least] = [index, distance];
  }
  return first.n * first.n < squares ? leader : rival;
}
