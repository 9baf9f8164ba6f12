import type { Random } from '#core/random.ts';
import { shareOf, type Configuration } from '#core/space.ts';
import { INACTIVE, keyOf, settle, valueOf, type Dimension, type Geometry, type Point } from './dimensions.ts';
import { minimize } from './minimize.ts';
import type { Posterior } from './posterior.ts';

/** A place in the space: all coordinates filled in, and those it really has. */
type Place = { latent: Point; point: Point; config: Configuration; value: number };

/** What is asked of a search: where the space is looked at first, what is taken, and how much may be spent. */
export type Search = { geometry: Geometry; posterior: Posterior; random: Random; elites: readonly Point[]; taken: ReadonlySet<string>; effort: { draws: number; climbs: number } };

/** How far from the best the draws go that look around them. */
const REACHES = [0.2, 0.06, 0.02, 0.005];

/** Finite dimensions of more levels are walked as if they were continuous, and then to the next levels. */
const MANY_LEVELS = 8;

const SWEEPS = 3;

/**
 * The configuration of the highest expected improvement that is not taken, or null where none was found: the best of
 * many draws, from the whole space and around the best points, each climbed by gradient where it is continuous and
 * value by value where it is not.
 */
export function acquire(search: Search): Configuration | null {
  const { geometry, taken, effort } = search;
  const places = drawPlaces(search).toSorted((left, right) => right.value - left.value);
  const starts = apart(places, effort.climbs);
  const climbed = starts.map((place) => climb(search, place)).toSorted((left, right) => right.value - left.value);
  for (const place of [...climbed, ...places]) {
    if (!taken.has(keyOf(geometry, place.config))) return place.config;
  }
  return null;
}

function drawPlaces(search: Search): Place[] {
  const { geometry, random, elites, effort } = search;
  const { dimensions } = geometry;
  const places: Place[] = [];
  const keep = (latent: Point): void => {
    const place = placeAt(search, latent);
    if (place !== null && place.value > -Infinity) places.push(place);
  };
  for (let draw = 0; draw < effort.draws; draw += 1) keep(Float64Array.from(dimensions, (dimension) => drawCoordinate(dimension, random)));
  for (const elite of elites) {
    for (const reach of REACHES) {
      for (let draw = 0; draw < 4; draw += 1) {
        const share = draw % 2 === 0 ? 1 : Math.max(0.25, 1.5 / dimensions.length);
        keep(Float64Array.from(dimensions, (dimension, index) => strayFrom(dimension, elite[index] as number, reach, share, random)));
      }
    }
  }
  return places;
}

/** The best places of which none is a near neighbour of a better one. */
function apart(places: readonly Place[], count: number): Place[] {
  const chosen: Place[] = [];
  for (const place of places) {
    if (chosen.length >= count) break;
    const isNear = chosen.some((other) => place.point.every((coordinate, index) => Math.abs(coordinate - (other.point[index] as number)) < 0.05));
    if (!isNear) chosen.push(place);
  }
  return chosen;
}

function climb(search: Search, start: Place): Place {
  let best = start;
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const before = best.value;
    best = slide(search, best);
    const stepped = step(search, best);
    const isSame = stepped === best;
    best = stepped;
    if (isSame || best.value - before < 1e-3) break;
  }
  return best;
}

/** Along the gradient, in the dimensions that are continuous or nearly so and on which no other's presence depends. */
function slide(search: Search, start: Place): Place {
  const { geometry, posterior } = search;
  const free = geometry.dimensions.flatMap((dimension, index) => (start.point[index] !== INACTIVE && dimension.kind === 'number' && dimension.levels > MANY_LEVELS && !geometry.conditions.has(dimension.name) ? [index] : []));
  if (free.length === 0) return start;
  const point = start.point.slice();
  const latent = start.latent.slice();
  const scratch = start.point.slice();
  const gradient = new Float64Array(point.length);
  const smooth = (at: Float64Array, slope: Float64Array): number => {
    free.forEach((index, order) => (point[index] = at[order] as number));
    if (geometry.constraints.length > 0) {
      free.forEach((index, order) => (latent[index] = at[order] as number));
      if (settle(geometry, latent, scratch) === null) return Infinity;
    }
    const value = posterior.logImprovement(point, gradient);
    free.forEach((index, order) => (slope[order] = -(gradient[index] as number)));
    return Number.isFinite(value) ? -value : Infinity;
  };
  const bounds = { low: new Float64Array(free.length), high: new Float64Array(free.length).fill(1) };
  const found = minimize(smooth, Float64Array.from(free, (index) => start.point[index] as number), bounds, { evaluations: 30 + 2 * free.length, stepSize: 0.02, tolerance: 1e-4 });
  const moved = start.latent.slice();
  free.forEach((index, order) => (moved[index] = found.at[order] as number));
  const place = placeAt(search, moved);
  return place !== null && place.value > start.value ? place : start;
}

/** Value by value: for each finite dimension the best of its other levels, or of its neighbours where there are many. */
function step(search: Search, start: Place): Place {
  let best = start;
  search.geometry.dimensions.forEach((dimension, index) => {
    if (dimension.levels === Infinity || best.point[index] === INACTIVE) return;
    for (const coordinate of otherLevels(dimension, best.point[index] as number, search.random)) {
      const latent = best.latent.slice();
      latent[index] = coordinate;
      const place = placeAt(search, latent);
      if (place !== null && place.value > best.value) best = place;
    }
  });
  return best;
}

function placeAt(search: Search, latent: Point): Place | null {
  const { geometry, posterior, taken } = search;
  const point = latent.slice();
  const config = settle(geometry, latent, point);
  if (config === null) return null;
  const isTaken = geometry.isFinite && taken.has(keyOf(geometry, config));
  const filled = latent.map((coordinate, index) => (point[index] === INACTIVE ? coordinate : (point[index] as number)));
  return { latent: filled, point, config, value: isTaken ? -Infinity : posterior.logImprovement(point, null) };
}

function drawCoordinate(dimension: Dimension, random: Random): number {
  if (dimension.parameter.type !== 'choice') return random();
  return dimension.coordinates[Math.floor(random() * dimension.coordinates.length)] as number;
}

/** A coordinate near another with the given probability, else the same; an absent one is drawn anew. */
function strayFrom(dimension: Dimension, from: number, reach: number, share: number, random: Random): number {
  if (from === INACTIVE) return drawCoordinate(dimension, random);
  if (random() >= share) return from;
  if (dimension.kind === 'category') return random() < Math.min(0.5, 2 * reach) ? drawCoordinate(dimension, random) : from;
  // The sum of three uniform draws is as good as a normal one here.
  return Math.min(1, Math.max(0, from + 2 * reach * (random() + random() + random() - 1.5)));
}

function otherLevels(dimension: Dimension, from: number, random: Random): number[] {
  const { parameter } = dimension;
  if (parameter.type === 'choice') {
    const others = dimension.coordinates.filter((coordinate) => coordinate !== from);
    if (dimension.kind === 'number' && others.length > MANY_LEVELS) return others.filter((coordinate) => Math.abs(coordinate - from) * (dimension.levels - 1) < 2.5);
    return others.length <= MANY_LEVELS ? others : Array.from({ length: MANY_LEVELS }, () => others[Math.floor(random() * others.length)] as number);
  }
  if (parameter.type !== 'int') return [];
  const stride = parameter.step ?? 1;
  const levels = Array.from({ length: dimension.levels <= MANY_LEVELS ? dimension.levels : 0 }, (_, index) => parameter.low + index * stride);
  const here = Number(valueOf(dimension, from));
  const near = [-2, -1, 1, 2].map((off) => here + off * stride).filter((value) => value >= parameter.low && value <= parameter.high);
  return (levels.length > 0 ? levels : near).map((value) => shareOf(parameter, value)).filter((coordinate) => coordinate !== from);
}
