import { drawDistinct } from './search/distinct.ts';
import { seededRandom } from './random.ts';
import { configurationAt, constraintsOf, type Configuration, type Space } from './space.ts';

/** The seed of every calibration run, so that all machines do the same work. */
export const CALIBRATION_SEED = 1;

const DRAWS = 500;

/**
 * The configuration that a machine's speed is measured with, the same for all machines: the middle of every range or, where a
 * constraint forbids that, the first that holds of draws which spread from the middle on. Null where none can be found.
 */
export function calibrationConfiguration(space: Space): Configuration | null {
  const constraints = constraintsOf(space);
  const names = Object.keys(space.parameters);
  const random = seededRandom(CALIBRATION_SEED);
  for (let draw = 0; draw <= DRAWS; draw += 1) {
    const reach = draw / DRAWS;
    // Just below a half: the middle of an odd number of choices, and the smaller of two.
    const shares = Object.fromEntries(names.map((name) => [name, 0.499 + (random() - 0.5) * reach]));
    const config = configurationAt(space, shares);
    if (constraints.every((constraint) => constraint.holds(config))) return config;
  }
  const drawn = drawDistinct({ space, seed: CALIBRATION_SEED, count: 1, trials: [] });
  return drawn.ok ? (drawn.configurations[0] ?? null) : null;
}
