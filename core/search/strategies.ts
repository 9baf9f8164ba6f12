import { grid } from './grid.ts';
import { random } from './random.ts';
import type { Strategy } from './strategy.ts';

/** Every strategy a brief can name. */
export const STRATEGIES: readonly Strategy[] = [random, grid];

/** The strategy with this name, or null. */
export function findStrategy(name: string): Strategy | null {
  return STRATEGIES.find((strategy) => strategy.name === name) ?? null;
}
