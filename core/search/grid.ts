import { checkOptions, type Option } from '#core/option.ts';
import { levelsOf, type Parameter, type Space } from '#core/space.ts';
import { drawDistinct } from './distinct.ts';
import type { Strategy } from './strategy.ts';

const LEVELS = { name: 'levels', title: 'Levels of the grid', description: 'Values per range.', type: 'int', low: 1, high: 100, default: 5 } satisfies Option;
const OPTIONS: readonly Option[] = [LEVELS];

/**
 * The product of all choices and of `levels` evenly spread values of each range, in an order shuffled by the seed,
 * so that a brief that stops early, or asks for fewer tasks than the grid has, has still looked everywhere.
 */
export const grid: Strategy = {
  name: 'grid',
  title: 'Grid search',
  description: 'Every combination of the choices and of evenly spread levels of each range (option "levels", 5 by default), in shuffled order.',
  options: OPTIONS,
  checkOptions: (given) => checkOptions(OPTIONS, given, 'strategy', 'grid search'),
  isAdaptive: false,
  propose: (request) => {
    const drawn = drawDistinct({ ...request, space: discretize(request.space, Number(request.options['levels'] ?? LEVELS.default)) });
    return drawn.ok ? { ...drawn, note: 'A point of the grid, in shuffled order.' } : drawn;
  },
};

function discretize(space: Space, levels: number): Space {
  const parameters = Object.entries(space.parameters).map(([name, parameter]): [string, Parameter] => [
    name,
    { type: 'choice', values: levelsOf(parameter, levels), when: parameter.when },
  ]);
  return { ...space, parameters: Object.fromEntries(parameters) };
}
