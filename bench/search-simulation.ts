import type { Trial, Strategy } from '#core/search/strategy.ts';
import { openTrial } from '#core/search/strategy.ts';
import type { Objective } from './search-objectives.ts';

/** How a campaign goes: how many trials it has in all, and how many of them are always pending. */
export type Course = { seed: number; trials: number; pending: number };

/**
 * Plays one campaign, and scores it after each number of trials by the true value of the trial with the lowest observation
 * so far, the earliest of equal ones: what somebody who takes the apparent winner gets.
 *
 * One configuration is asked for at a time. With several pending, the results arrive in the order in which the trials began.
 */
export function simulate(strategy: Strategy, objective: Objective, { seed, trials: total, pending }: Course): number[] {
  const trials: Trial[] = [];
  const scores: number[] = [];
  let [lowest, score] = [Infinity, Infinity];
  for (let number = 0; number < total; number += 1) {
    if (number >= pending) measure(number - pending);
    const proposal = strategy.propose({ space: objective.space, seed, options: {}, count: 1, trials, earlier: [], total, parallel: pending, noise: null });
    const config = proposal.ok ? proposal.configurations[0] : undefined;
    if (config === undefined) throw new Error(`${strategy.name} found no configuration ${number + 1} of ${objective.name}`);
    trials.push(openTrial(config));
    const observation = observe(objective, trials, number, seed);
    if (observation < lowest) [lowest, score] = [observation, objective.valueOf(config)];
    scores.push(score);
  }
  return scores;

  function measure(number: number): void {
    const trial = trials[number];
    if (trial !== undefined) trials[number] = { ...trial, state: 'measured', loss: observe(objective, trials, number, seed), runs: 1 };
  }
}

/** A standard normal number that depends on nothing but the seed of a campaign and the number of a trial, from 0 (Box & Muller 1958). */
export function standardNormal(seed: number, trial: number): number {
  const draw = mulberry32(Math.imul(seed, 1_000_003) + Math.imul(trial, 7919) + 12_345);
  const [u, v] = [draw(), draw()];
  return Math.sqrt(-2 * Math.log(1 - u)) * Math.cos(2 * Math.PI * v);
}

function observe(objective: Objective, trials: readonly Trial[], number: number, seed: number): number {
  const value = objective.valueOf(trials[number]?.config ?? {});
  return objective.noise === 0 ? value : value + objective.noise * standardNormal(seed, number);
}

/** The 32-bit generator of T. Ettinger, which the public comparison uses too. */
function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
