import { drawDistinct } from '#core/search/distinct.ts';
import { STRATEGIES } from '#core/search/strategies.ts';
import type { Strategy } from '#core/search/strategy.ts';

/**
 * For tests of the engine alone: a strategy whose proposals depend on every loss that it is told of, so that a history
 * that differs anywhere gives other configurations. It searches nothing.
 */
const LEARNER: Strategy = {
  name: 'test-learner',
  title: 'For tests',
  description: 'Draws at random, from a seed that every result changes.',
  isAdaptive: true,
  options: [],
  checkOptions: () => [],
  propose: (request) => {
    const losses = request.trials.map((trial) => trial.loss);
    const drawn = drawDistinct({ ...request, seed: losses.reduce((seed: number, loss) => (31 * seed + Math.round(1000 * (loss ?? 1))) % 1_000_003, request.seed) });
    return drawn.ok ? { ...drawn, note: `Chosen after ${losses.filter((loss) => loss !== null).length} results.` } : drawn;
  },
};

/** Makes the strategy one that briefs of this process can name, and returns its name. */
export function useLearningStrategy(): string {
  if (!STRATEGIES.includes(LEARNER)) (STRATEGIES as Strategy[]).push(LEARNER);
  return LEARNER.name;
}
