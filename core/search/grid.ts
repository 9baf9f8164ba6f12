import { levelsOf, type Parameter, type Space } from '#core/space.ts';
import { drawDistinct } from './distinct.ts';
import type { Strategy } from './strategy.ts';

const DEFAULT_LEVELS = 5;
const MOST_LEVELS = 100;

/**
 * The product of all choices and of `levels` evenly spread values of each range, in an order shuffled by the seed,
 * so that a brief that stops early, or asks for fewer tasks than the grid has, has still looked everywhere.
 */
export const grid: Strategy = {
  name: 'grid',
  title: 'Grid search',
  description: 'Every combination of the choices and of evenly spread levels of each range (option "levels", 5 by default), in shuffled order.',
  checkOptions: (options) =>
    Object.entries(options).flatMap(([name, value]) => {
      if (name !== 'levels') return [{ path: `strategy.${name}`, message: 'is not an option of grid search; it has "levels"' }];
      const fine = Number.isInteger(value) && Number(value) >= 1 && Number(value) <= MOST_LEVELS;
      return fine ? [] : [{ path: 'strategy.levels', message: `must be a whole number from 1 to ${MOST_LEVELS}` }];
    }),
  propose: (request) => drawDistinct({ ...request, space: discretize(request.space, Number(request.options['levels'] ?? DEFAULT_LEVELS)) }),
};

function discretize(space: Space, levels: number): Space {
  const parameters = Object.entries(space.parameters).map(([name, parameter]): [string, Parameter] => [
    name,
    { type: 'choice', values: levelsOf(parameter, levels), when: parameter.when },
  ]);
  return { ...space, parameters: Object.fromEntries(parameters) };
}
