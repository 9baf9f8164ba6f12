import type { Climb, Pruner } from '#core/prune/pruner.ts';
import { openTrial, type Strategy, type Trial } from '#core/search/strategy.ts';
import type { Configuration } from '#core/space.ts';
import { charLm, decadesOff, OBJECTIVES } from './search-objectives.ts';
import { standardNormal } from './search-simulation.ts';

/** The steps of a run that goes to its end, and how many runs a campaign tries. */
const STEPS = 27;
const TRIALS = 200;
const NOISE = 0.01;

/** How runs are stopped early; null where none is. */
export type Rule = { pruner: Pruner; options: Record<string, unknown> } | null;

/** What became of a campaign: the best true value of what ran to its end, and of all that was tried. */
export type Pruned = { steps: number; completed: number; best: number; suggested: number };

/** What a run of a configuration has at a step: it ends at its value, and what is quick at first may end worse. */
export function charLmCurve(config: Configuration, step: number, steps: number): number {
  const final = charLm(config);
  const rate = 6 * 2 ** (0.9 * Math.max(-1.5, Math.min(1, decadesOff(config))));
  const share = (Math.exp((-rate * step) / steps) - Math.exp(-rate)) / (1 - Math.exp(-rate));
  return final + (4.2 - final) * share;
}

/** Plays one campaign, one run after the other. A rung between two steps is looked at after the second, by the value between both. */
export function prunedCampaign(strategy: Strategy, rule: Rule, seed: number): Pruned {
  const space = OBJECTIVES.find(({ name }) => name === 'charlm')?.space ?? { parameters: {}, constraints: [] };
  const rungs = rule === null ? [] : rule.pruner.rungs(rule.options);
  const trials: Trial[] = [];
  const climbs: Climb[] = [];
  let [steps, completed, best, suggested] = [0, 0, Infinity, Infinity];
  // What does not ask for results is asked once for all.
  const listed = strategy.isAdaptive ? null : strategy.propose({ space, seed, options: {}, count: TRIALS, trials, earlier: [], total: TRIALS, parallel: 1, noise: null });
  for (let number = 0; number < TRIALS; number += 1) {
    const proposal = listed ?? strategy.propose({ space, seed, options: {}, count: 1, trials, earlier: [], total: TRIALS, parallel: 1, noise: null });
    const config = proposal.ok ? proposal.configurations[listed === null ? 0 : number] : undefined;
    if (config === undefined) throw new Error(`${strategy.name} found no configuration ${number + 1}`);
    const lossAt = (step: number): number => charLmCurve(config, step, STEPS) + NOISE * standardNormal(seed * 100 + number, step);
    const { climb, stoppedAt } = run(rule, rungs, lossAt, climbs, number + 1);
    const final = stoppedAt === null ? lossAt(STEPS) : null;
    climbs.push({ ...climb, final });
    trials.push({ ...openTrial(config), ...(final === null ? { state: 'pruned', stopped: { share: (stoppedAt ?? 0) / STEPS, loss: climb.losses.at(-1) ?? Number.NaN } } : { state: 'measured', loss: final, runs: 1 }) });
    steps += stoppedAt ?? STEPS;
    completed += final === null ? 0 : 1;
    suggested = Math.min(suggested, charLm(config));
    if (final !== null) best = Math.min(best, charLm(config));
  }
  return { steps, completed, best, suggested };
}

function run(rule: Rule, rungs: readonly number[], lossAt: (step: number) => number, others: readonly Climb[], number: number): { climb: Climb; stoppedAt: number | null } {
  const losses: number[] = [];
  const climb: Climb = { number, losses, final: null };
  for (const share of rungs) {
    const place = share * STEPS;
    const step = Math.max(1, Math.ceil(place - 1e-9));
    const before = Math.max(1, step - 1);
    losses.push(lossAt(step) + (lossAt(before) - lossAt(step)) * Math.max(0, step - place) * (step - before));
    if (rule?.pruner.decide({ options: rule.options, trial: climb, others }).stops === true) return { climb, stoppedAt: step };
  }
  return { climb, stoppedAt: null };
}
