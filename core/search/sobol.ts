import { checkOptions } from '#core/option.ts';
import { countValues, searchOrder, type Space } from '#core/space.ts';
import { drawDistinct, type SharesOf } from './distinct.ts';
import { sobolSequence } from './sobol-sequence.ts';
import type { Strategy } from './strategy.ts';

/** The points of a scrambled Sobol' sequence, which leave no corner empty and no two close together. */
export const sobol: Strategy = {
  name: 'sobol',
  title: 'Sobol sequence',
  description: 'Points that fill the space evenly, where random ones leave gaps and clusters (a scrambled Sobol sequence).',
  options: [],
  checkOptions: (given) => checkOptions([], given, 'strategy', 'the Sobol sequence'),
  isAdaptive: false,
  propose: (request) => {
    const drawn = drawDistinct(request, sobolShares(request.space, request.seed, request.trials.length));
    return drawn.ok ? { ...drawn, note: 'The next point of a Sobol sequence, which fills the space evenly.' } : drawn;
  },
};

/**
 * Shares from the points of a sequence, from the number of trials on. Where points were left out because they broke a
 * constraint, the first ones are met again, which are then known as taken: so a long sequence and one in parts are the same.
 */
function sobolShares(space: Space, seed: number, first: number): SharesOf {
  // What has one value only takes no dimension: the first ones are the most even.
  const searched = (searchOrder(space) ?? []).map((name) => {
    const parameter = space.parameters[name];
    return parameter !== undefined && countValues(parameter) > 1;
  });
  const dimensions = searched.filter(Boolean).length;
  const [sequence, point] = [sobolSequence(dimensions, seed), new Float64Array(dimensions)];
  return (draw) => {
    sequence(first + draw, point);
    let [place, dimension] = [0, 0];
    return () => (searched[place++] === true ? (point[dimension++] ?? 0.5) : 0.5);
  };
}
