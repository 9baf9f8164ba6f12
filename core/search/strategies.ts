import { auto } from './auto.ts';
import { gp } from './gp.ts';
import { grid } from './grid.ts';
import { random } from './random.ts';
import { sobol } from './sobol.ts';
import type { Strategy } from './strategy.ts';

/** Every strategy a brief can name. */
export const STRATEGIES: readonly Strategy[] = [auto, gp, random, sobol, grid];

/** The strategy of a brief that names none. */
export const DEFAULT_STRATEGY = 'random';

/** The strategy with this name, or null. */
export function findStrategy(name: string): Strategy | null {
  return STRATEGIES.find((strategy) => strategy.name === name) ?? null;
}
