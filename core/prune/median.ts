import { compareWithFinished, PLACES, placesOf } from './percentile.ts';
import type { Pruner } from './pruner.ts';

/** The median stopping rule (Golovin et al. 2017, "Google Vizier", section 3.2.2). */
export const median: Pruner = {
  name: 'median',
  title: 'Median rule',
  description: 'Stops a task whose best value so far is worse than the median of what finished tasks had at the same share of their budget.',
  options: PLACES,
  rungs: (options) => placesOf(options, PLACES),
  decide: (request) => compareWithFinished(request, 0.5, 'the better half'),
};
