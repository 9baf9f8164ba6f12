import { seededRandom, shuffled, type Random } from '#core/random.ts';
import { configurationKey, constraintsOf, contains, countValues, isActive, searchOrder, valueAt, type Configuration, type Parameter, type Scalar, type Space } from '#core/space.ts';
import type { Proposal, ProposalRequest } from './strategy.ts';

/** Spaces up to this many combinations are listed whole when drawing at random no longer finds new ones. */
const MOST_LISTED = 200_000;

/** After this many draws without a new configuration a space is given up; 0.2 s, for which the server stands still. */
const MOST_IN_VAIN = 100_000;

/**
 * Draws distinct configurations that meet the constraints, uniformly over each parameter's scale.
 *
 * Drawing is by rejection; when a small or heavily constrained space yields no new ones, it is listed whole, so
 * the answer is exact: a space with enough configurations is never refused, one with too few says how many it has.
 * Where listing is out of reach, `fits` is the number found.
 */
export function drawDistinct({ space, seed, count, taken }: ProposalRequest): Proposal {
  const random = seededRandom(seed, taken.length);
  const seen = new Set(taken.map(configurationKey));
  const found: Configuration[] = [];
  const constraints = constraintsOf(space);
  const order = searchOrder(space) ?? [];
  const combinations = countCombinations(space);
  const keep = (config: Configuration): void => {
    // The cheapest test first: a heavily constrained space sends a million draws through here.
    if (!constraints.every((constraint) => constraint.holds(config))) return;
    const key = configurationKey(config);
    if (seen.has(key)) return;
    seen.add(key);
    found.push(inSpaceOrder(space, config));
  };
  const mostDraws = combinations <= MOST_LISTED ? 20 * count + 200 : 100 * count + MOST_IN_VAIN;
  for (let draw = 0, vain = 0; draw < mostDraws && vain < MOST_IN_VAIN && found.length < count; draw += 1) {
    const before = found.length;
    keep(drawConfiguration(space, order, random));
    vain = found.length > before ? 0 : vain + 1;
  }
  if (found.length < count && combinations <= MOST_LISTED) {
    for (const config of shuffled([...listConfigurations(space, order)], random)) {
      if (found.length < count) keep(config);
    }
  }
  return found.length === count ? { ok: true, configurations: found } : { ok: false, fits: found.length };
}

/** How many combinations there are at most; a parameter whose condition no other parameter can meet adds none. */
function countCombinations(space: Space): number {
  const isReachable = (parameter: Parameter): boolean =>
    Object.entries(parameter.when ?? {}).every(([name, values]) => {
      const other = space.parameters[name];
      return other !== undefined && values.some((value) => contains(other, value));
    });
  return Object.values(space.parameters).reduce((product, parameter) => product * (isReachable(parameter) ? countValues(parameter) : 1), 1);
}

function drawConfiguration(space: Space, order: string[], random: Random): Configuration {
  const config: Configuration = {};
  for (const name of order) {
    const parameter = space.parameters[name];
    // One number is drawn for an inactive parameter too, so that a condition does not shift its neighbours' draws.
    const share = random();
    if (parameter !== undefined && isActive(parameter, config)) config[name] = valueAt(parameter, share);
  }
  return config;
}

function* listConfigurations(space: Space, order: string[], depth = 0, config: Configuration = {}): Generator<Configuration> {
  const name = order[depth];
  const parameter = name === undefined ? undefined : space.parameters[name];
  if (name === undefined || parameter === undefined) {
    yield config;
  } else if (!isActive(parameter, config)) {
    yield* listConfigurations(space, order, depth + 1, config);
  } else {
    for (const value of allValues(parameter)) yield* listConfigurations(space, order, depth + 1, { ...config, [name]: value });
  }
}

function allValues(parameter: Space['parameters'][string]): Scalar[] {
  const count = countValues(parameter);
  if (parameter.type === 'int') return Array.from({ length: count }, (_, index) => parameter.low + index * (parameter.step ?? 1));
  return Array.from({ length: count }, (_, index) => valueAt(parameter, (index + 0.5) / count));
}

/** Keys in the order in which the experiment declares them, which is the order in which people read them. */
function inSpaceOrder(space: Space, config: Configuration): Configuration {
  return Object.fromEntries(Object.keys(space.parameters).filter((name) => Object.hasOwn(config, name)).map((name) => [name, config[name] as Scalar]));
}
