import { seededRandom, shuffled, type Random } from '#core/random.ts';
import type { Configuration, Parameter, Scalar, Space } from '#core/space.ts';
import { localValue, stopsOf, type Stops } from './curve.ts';
import { designOf, type Design, type Dimension } from './dimension.ts';
import { effectsOf, estimate, readBags, type Estimate } from './fanova.ts';
import { drawRows, growForest } from './forest.ts';
import { observe, type Observations } from './observations.ts';
import { pairsOf } from './pairs.ts';
import { gridsOf, pedAnova } from './ped-anova.ts';
import type { Node } from './tree.ts';

/** A loss along a parameter, with 95 % intervals. */
export type Effect = { mean: number[]; low: number[]; high: number[] };

/** What is known of one parameter. Every estimate is between 0 and 1. */
export type ParameterImportance = {
  name: string;
  /** The share of the variance over the space, on its own scales, that this parameter explains alone. */
  variance: Estimate;
  /** What chance alone would give it: its share in values of which nothing can be explained, as far as these cannot. */
  chance: number;
  /** PED-ANOVA among the best tenth, all together 1. */
  pedAnova: Estimate;
  /** The share in what changing one parameter of the best configuration alone does, all together 1. */
  local: Estimate;
  /** Values for which the curves are told. */
  values: Scalar[];
  /** The mean over everything else, and with everything else as in the best configuration. */
  main: Effect;
  around: Effect;
};

/** What two parameters do together beyond what each does alone, and mean losses over both; those of the second follow each other. */
export type PairImportance = { first: string; second: string; variance: number; firstValues: Scalar[]; secondValues: Scalar[]; surface: number[] };

/** Why there is no importance that would be more than noise. */
export type Lack = 'few' | 'equal' | 'unexplained' | 'nothing_varies';

/** What was looked at. */
export type Basis = Pick<Observations, 'total' | 'capped'> & { used: number; best: Configuration | null; explained: number | null };

export type Importance = ({ ok: true; parameters: ParameterImportance[]; pairs: PairImportance[] } | { ok: false; lack: Lack }) & Basis;

/** Below this number of configurations the fit of pure noise reaches {@link LEAST_EXPLAINED} too often. */
export const FEWEST_CONFIGURATIONS = 20;
/** The share of the variance among configurations not shown to it that a forest has to explain: of pure noise it explains so much once in forty. */
export const LEAST_EXPLAINED = 0.2;

const TREES = 64;
/** Spread evenly over a linear scale, a forest of 64 trees says something else each time; see `docs/importance.md`. */
const TREES_FOR_COMPARISON = 192;
const TREES_OF_CHANCE = 16;
const RESAMPLES = 100;
/** Interactions are told among so many of the most important. */
const MOST_PAIRED = 6;
const MOST_STOPS_OF_PAIRS = 17;
const TWO_SIDED_95 = 1.96;

/**
 * How much each parameter matters, by several measures with 95 % intervals, or why that cannot be said.
 *
 * @param runs one for each run with a value; losses, lower being better, are averaged over the seeds of a configuration
 */
export function assessImportance(space: Space, runs: readonly { config: Configuration; loss: number }[]): Importance {
  const seen = observe(runs);
  const basis: Basis = { total: seen.total, capped: seen.capped, used: seen.configs.length, best: seen.configs[seen.best] ?? null, explained: null };
  const design = designOf(space, seen.configs, 'own');
  if (design.parameters.length === 0) return { ok: false, lack: 'nothing_varies', ...basis };
  if (seen.configs.length < FEWEST_CONFIGURATIONS) return { ok: false, lack: 'few', ...basis };
  const scale = scaleOf(seen.losses);
  if (scale === null) return { ok: false, lack: 'equal', ...basis };
  const losses = seen.losses.map(scale.to);
  const random = seededRandom(0);
  const { trees, explained } = growForest(design, losses, TREES, random);
  if (!(explained >= LEAST_EXPLAINED)) return { ok: false, lack: 'unexplained', ...basis, explained };
  const stops = design.parameters.map(({ name, columns }) => stopsOf(space.parameters[name] as Parameter, design.dimensions[columns[0] ?? 0] as Dimension));
  const own = ownMeasures(design, losses, trees, stops, seen.best, random);
  const chance = chanceOf(design, losses, random).map((share) => share * (1 - explained));
  const ped = pedWithIntervals(space, seen.configs, losses, random);
  const back = ({ mean, low, high }: Effect): Effect => ({ mean: mean.map(scale.from), low: low.map(scale.from), high: high.map(scale.from) });
  const parameters = design.parameters.map(({ name }, index): ParameterImportance => ({
    name,
    variance: own.shares[index] as Estimate,
    chance: chance[index] ?? 0,
    pedAnova: ped[index] as Estimate,
    local: own.local[index] as Estimate,
    values: stops[index]?.values ?? [],
    main: back(own.main[index] as Effect),
    around: back(own.around[index] as Effect),
  }));
  return { ok: true, parameters, pairs: pairsWithNames(space, design, trees, parameters, scale.from), ...basis, explained };
}

/**
 * fANOVA as Optuna's evaluator has it, all importances together 1: numbers count evenly as they are, also where the
 * space is searched on a logarithmic scale, and a choice is a column of yes and no for each of its values, as if these
 * were independent of each other. To be compared with other tools' figures; {@link assessImportance} is what holds for the space.
 */
export function comparableFanova(space: Space, runs: readonly { config: Configuration; loss: number }[]): { name: string; fanova: Estimate }[] {
  const seen = observe(runs);
  const scale = scaleOf(seen.losses);
  if (scale === null || seen.configs.length < FEWEST_CONFIGURATIONS) return [];
  const losses = seen.losses.map(scale.to);
  const random = seededRandom(0);
  const design = designOf(space, seen.configs, 'raw');
  const read = (tree: Node) => effectsOf(design, tree).shares;
  const estimates = estimate(growForest(design, losses, TREES_FOR_COMPARISON, random).trees.map(read), readBags(design, losses, random, read));
  const sum = estimates.reduce((all, one) => all + one.value, 0);
  return design.parameters.map(({ name }, index) => ({ name, fanova: asShare(estimates[index] as Estimate, sum > 0 ? sum : 1) }));
}

type Own = { shares: Estimate[]; local: Estimate[]; main: Effect[]; around: Effect[] };

/** Everything that one forest on the space's own scales says, with intervals by bags of smaller ones. */
function ownMeasures(design: Design, losses: Float64Array, trees: readonly Node[], stops: readonly Stops[], best: number, random: Random): Own {
  const count = stops.length;
  const read = (tree: Node): Float64Array => {
    const { shares, curves } = effectsOf(design, tree);
    const main = stops.map(({ levels }, index) => Array.from(levels, (level) => curves[index]?.[level] ?? 0));
    const around = stops.map(({ levels }, index) => Array.from(levels, (level) => localValue(design, tree, best, index, level)));
    const spreads = around.map(plainVariance);
    const sum = spreads.reduce((left, right) => left + right, 0);
    return Float64Array.from([...shares, ...spreads.map((spread) => (sum > 0 ? spread / sum : 0)), ...main.flat(), ...around.flat()]);
  };
  const estimates = estimate(trees.map(read), readBags(design, losses, random, read));
  let from = 2 * count;
  const effect = ({ levels }: Stops): Effect => {
    const own = estimates.slice(from, (from += levels.length));
    return { mean: own.map((one) => one.value), low: own.map((one) => one.low), high: own.map((one) => one.high) };
  };
  return { shares: estimates.slice(0, count).map((one) => asShare(one)), local: estimates.slice(count, 2 * count).map((one) => asShare(one)), main: stops.map(effect), around: stops.map(effect) };
}

/** The mean share of each parameter in values that are shuffled, so that none of them explains anything. */
function chanceOf(design: Design, losses: Float64Array, random: Random): number[] {
  const mixed = Float64Array.from(shuffled([...losses], random));
  const shares = growForest(design, mixed, TREES_OF_CHANCE, random).trees.map((tree) => effectsOf(design, tree).shares);
  return design.parameters.map((_, index) => shares.reduce((sum, tree) => sum + (tree[index] ?? 0) / shares.length, 0));
}

function pedWithIntervals(space: Space, configs: readonly Configuration[], losses: Float64Array, random: Random): Estimate[] {
  const grids = gridsOf(space, configs);
  const all = Int32Array.from(configs.keys());
  const drawn = Array.from({ length: RESAMPLES }, () => pedAnova(grids, losses, drawRows(configs.length, random)));
  return Array.from(pedAnova(grids, losses, all), (value, index) => {
    const width = TWO_SIDED_95 * Math.sqrt(plainVariance(drawn.map((one) => one[index] ?? 0)));
    return asShare({ value, low: value - width, high: value + width });
  });
}

function pairsWithNames(space: Space, design: Design, trees: readonly Node[], parameters: readonly ParameterImportance[], from: (loss: number) => number): PairImportance[] {
  const among = [...parameters.keys()].sort((left, right) => (parameters[right]?.variance.value ?? 0) - (parameters[left]?.variance.value ?? 0)).slice(0, MOST_PAIRED);
  const stops = parameters.map(({ name }, index) => stopsOf(space.parameters[name] as Parameter, design.dimensions[index] as Dimension, MOST_STOPS_OF_PAIRS));
  return pairsOf(design, trees, among, stops).map(({ first, second, share, surface }) => ({
    first: parameters[first]?.name ?? '',
    second: parameters[second]?.name ?? '',
    variance: share,
    firstValues: stops[first]?.values ?? [],
    secondValues: stops[second]?.values ?? [],
    surface: Array.from(surface, from),
  }));
}

/** Losses around their middle and no larger than 1, whatever their unit: squares of doubles overflow. Null where all are equal. */
function scaleOf(losses: Float64Array): { to: (loss: number) => number; from: (loss: number) => number } | null {
  const sorted = losses.toSorted();
  const [least, most] = [(sorted[0] ?? 0) / 2, (sorted.at(-1) ?? 0) / 2];
  const [middle, half] = [least + most, most - least];
  return half > 0 ? { to: (loss) => loss / half - middle / half, from: (loss) => (loss + middle / half) * half } : null;
}

function plainVariance(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length);
}

function asShare({ value, low, high }: Estimate, whole = 1): Estimate {
  const clamp = (share: number) => Math.min(1, Math.max(0, share / whole));
  return { value: clamp(value), low: clamp(low), high: clamp(high) };
}
