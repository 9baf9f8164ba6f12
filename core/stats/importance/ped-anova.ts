import { cumulative } from '#core/search/gp/normal.ts';
import { countValues, type Configuration, type Parameter, type Scalar, type Space } from '#core/space.ts';

/**
 * PED-ANOVA (Watanabe, Bansal & Hutter 2023, "PED-ANOVA: Efficiently quantifying hyperparameter importance in arbitrary
 * subspaces", IJCAI, arXiv:2304.10255): how far the distribution of a parameter among the best tenth differs from that
 * among all, as Pearson's divergence. It says what it takes to be among the best, not what drives values in general.
 *
 * Densities are Parzen estimates on at most 50 places of the parameter's own scale, with a normal kernel by Scott's rule
 * (Scott 1992, "Multivariate Density Estimation") and one vote for an even spread, as Optuna's are.
 */

/** The best of so many are compared with all. */
export const BEST_SHARE = 0.1;
const FEWEST_BEST = 2;
const MOST_PLACES = 50;
/** Keeps a quotient of densities finite. */
const LEAST_DENSITY = 1e-12;

/** One parameter on a grid: the place of each configuration, −1 where it is not active. */
type Grid = { name: string; isOrdered: boolean; size: number; places: Int16Array };

/** The parameters that differ, on their grids. */
export function gridsOf(space: Space, configs: readonly Configuration[]): Grid[] {
  return Object.entries(space.parameters).flatMap(([name, parameter]) => {
    if (parameter.type === 'fixed' || countValues(parameter) < 2) return [];
    const size = placesOf(parameter);
    const places = Int16Array.from(configs, (config) => (Object.hasOwn(config, name) ? placeOf(parameter, size, config[name] ?? '') : -1));
    return [{ name, isOrdered: parameter.type !== 'choice', size, places }];
  });
}

/**
 * The importance of each grid's parameter for being among the best, all together 1; each alike where nothing tells the
 * best from the rest. A parameter that is not always active counts by the share of configurations that have it.
 *
 * @param rows the configurations that are looked at, any of them more than once
 */
export function pedAnova(grids: readonly Grid[], losses: Float64Array, rows: Int32Array): Float64Array {
  const sorted = Float64Array.from(rows, (row) => losses[row] ?? 0).sort();
  const cutoff = sorted[Math.max(FEWEST_BEST, Math.ceil(BEST_SHARE * sorted.length)) - 1] ?? Infinity;
  const best = rows.filter((row) => (losses[row] ?? Infinity) <= cutoff);
  const divergences = Float64Array.from(grids, (grid) => divergenceOf(grid, best, rows));
  const sum = divergences.reduce((left, right) => left + right, 0);
  return sum > 0 ? divergences.map((one) => one / sum) : divergences.fill(1 / grids.length);
}


function divergenceOf(grid: Grid, best: Int32Array, all: Int32Array): number {
  const [among, whole] = [countPlaces(grid, best), countPlaces(grid, all)];
  if (among.total < FEWEST_BEST) return 0;
  const [density, reference] = [densityOf(grid, among), densityOf(grid, whole)];
  let divergence = 0;
  for (let place = 0; place < grid.size; place += 1) {
    const usual = (reference[place] ?? 0) + LEAST_DENSITY;
    divergence += usual * (((density[place] ?? 0) + LEAST_DENSITY) / usual - 1) ** 2;
  }
  return (divergence * whole.total) / all.length;
}

type Counts = { at: Float64Array; total: number };

function countPlaces({ size, places }: Grid, rows: Int32Array): Counts {
  const at = new Float64Array(size);
  let total = 0;
  for (const row of rows) {
    const place = places[row] ?? -1;
    if (place < 0) continue;
    at[place] = (at[place] ?? 0) + 1;
    total += 1;
  }
  return { at, total };
}

function densityOf({ isOrdered, size }: Grid, counts: Counts): Float64Array {
  return isOrdered ? orderedDensity(size, counts) : kindDensity(size, counts);
}

/** Each configuration votes for its own kind, and a little for every one; the even spread has one vote. */
function kindDensity(size: number, { at, total }: Counts): Float64Array {
  const different = at.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  const each = 1 / (different + 1);
  const votes = 1 + size * each;
  return at.map((count) => (count * (1 / votes) + (total * each) / votes + 1 / size) / (total + 1));
}

/** A mixture of normal kernels, cut off at the ends, each spread over the places by what of it lies around them. */
function orderedDensity(size: number, counts: Counts): Float64Array {
  const density = new Float64Array(size);
  const share = 1 / (counts.total + 1);
  const below = normalTable(size, bandwidthOf(counts));
  for (let centre = 0; centre < size; centre += 1) {
    const count = counts.at[centre] ?? 0;
    if (count === 0) continue;
    // The table holds the normal distribution at half steps from −size + ½ on.
    const from = size - 1 - centre;
    const whole = (below[from + size] ?? 1) - (below[from] ?? 0);
    for (let place = 0; place < size; place += 1) density[place] = (density[place] ?? 0) + (count * share * ((below[from + place + 1] ?? 1) - (below[from + place] ?? 0))) / whole;
  }
  const middle = (size - 1) / 2;
  const even = Float64Array.from({ length: size + 1 }, (_, edge) => cumulative((edge - 0.5 - middle) / size));
  const whole = (even[size] ?? 1) - (even[0] ?? 0);
  return density.map((one, place) => one + (share * ((even[place + 1] ?? 1) - (even[place] ?? 0))) / whole);
}

function normalTable(size: number, deviation: number): Float64Array {
  return Float64Array.from({ length: 2 * size }, (_, index) => cumulative((index - size + 0.5) / deviation));
}

/** Scott's rule with the smaller of the standard deviation and what the middle half suggests; never less than what keeps 90 % in one place. */
function bandwidthOf({ at, total }: Counts): number {
  const places = [...at.keys()].filter((place) => (at[place] ?? 0) > 0);
  const mean = places.reduce((sum, place) => sum + place * (at[place] ?? 0), 0) / total;
  const squares = places.reduce((sum, place) => sum + (place - mean) ** 2 * (at[place] ?? 0), 0);
  const upTo: number[] = [];
  for (const place of places) upTo.push((upTo.at(-1) ?? 0) + (at[place] ?? 0));
  const lower = upTo.findIndex((count) => count >= Math.floor(total / 4));
  const upper = upTo.findIndex((count) => count > Math.floor((total * 3) / 4));
  const half = (places[upper < 0 ? places.length - 1 : upper] ?? 0) - (places[Math.max(0, lower)] ?? 0);
  const deviation = Math.sqrt(squares / Math.max(1, total - 1));
  return Math.max(0.5 / 1.64, 1.059 * Math.min(half / 1.34, deviation) * total ** -0.2);
}

function placesOf(parameter: Exclude<Parameter, { type: 'fixed' }>): number {
  if (parameter.type === 'choice') return parameter.values.length;
  if (parameter.type !== 'int') return MOST_PLACES;
  if (parameter.log === true) return Math.min(MOST_PLACES, Math.ceil(Math.log2(parameter.high - parameter.low + 1)) + 1);
  return Math.min(MOST_PLACES, countValues(parameter));
}

function placeOf(parameter: Exclude<Parameter, { type: 'fixed' }>, size: number, value: Scalar): number {
  if (parameter.type === 'choice') return parameter.values.indexOf(value);
  const { low, high } = parameter;
  const isLog = parameter.type === 'log' || (parameter.type === 'int' && parameter.log === true);
  const share = isLog ? Math.log(Number(value) / low) / Math.log(high / low) : (Number(value) - low) / (high - low);
  return Math.min(size - 1, Math.max(0, Math.ceil(share * (size - 1) - 0.5)));
}
