import { seededRandom, type Random } from '#core/random.ts';
import { inSpaceOrder, configurationKey, type Configuration } from '#core/space.ts';
import type { ProposalRequest } from '#core/search/strategy.ts';
import { acquire } from './acquire.ts';
import { geometryOf, pointOf, type Geometry, type Point } from './dimensions.ts';
import { fitKernel, type Data, type Fit } from './fit.ts';
import { historyOf } from './history.ts';
import { posteriorOf } from './posterior.ts';
import { thin } from './thin.ts';

/** The cubic parts see at most this many points: 1.5 ms for a posterior of 200, 0.6 ms for each step of a fit to 96. */
const MOST_POINTS = 200;
const MOST_FITTED = 96;

/** How many fantasies of the open results one choice averages over. */
const DRAWS = 8;

const ELITES = 4;

/** Configurations chosen by the model one after the other, each as if those before it were under way. */
export function proposeByModel(request: ProposalRequest, count: number): Configuration[] {
  const geometry = geometryOf(request.space);
  const history = historyOf(geometry, request.trials, request.earlier);
  const fit = rememberedFit(geometry, history.data, request.noise);
  const data = thin(geometry.dimensions, history.data, MOST_POINTS, fit.weights);
  const elites = elitesOf(data);
  const taken = new Set(request.trials.map((trial) => configurationKey(trial.config)));
  const open = [...history.open];
  const chosen: Configuration[] = [];
  while (chosen.length < count) {
    const random = seededRandom(request.seed, request.trials.length + chosen.length);
    const posterior = posteriorOf(geometry.dimensions, data, fit, open, drawNormals(open.length, random));
    const config = posterior === null ? null : acquire({ geometry, posterior, random, elites, taken, effort: { draws: 150 + 10 * geometry.dimensions.length, climbs: 4 } });
    if (config === null) break;
    chosen.push(inSpaceOrder(request.space, config));
    taken.add(configurationKey(config));
    open.push(pointOf(geometry, config) as Point);
  }
  return chosen;
}

/**
 * The fit to the first results, as many as there were when they had last grown by a tenth or so: it depends on nothing
 * else, so it is the same after a restart, and the same for a dozen choices in a row.
 */
function rememberedFit(geometry: Geometry, data: Data, noise: number | null): Fit {
  const size = milestone(data.points.length);
  const first: Data = { points: data.points.slice(0, size), losses: data.losses.slice(0, size), runs: data.runs.slice(0, size) };
  const sample = thin(geometry.dimensions, first, MOST_FITTED, null);
  const known = remembered.find((memory) => isSame(memory, geometry, sample, noise));
  if (known !== undefined) return known.fit;
  const fit = fitKernel(geometry.dimensions, sample, noise);
  remembered.unshift({ space: JSON.stringify(geometry.space), sample, noise, fit });
  remembered.length = Math.min(remembered.length, MOST_REMEMBERED);
  return fit;
}

const MOST_REMEMBERED = 16;

type Memory = { space: string; sample: Data; noise: number | null; fit: Fit };

/** The latest fits, by all that they depend on: forgetting one costs time and changes nothing. */
const remembered: Memory[] = [];

function isSame(memory: Memory, geometry: Geometry, sample: Data, noise: number | null): boolean {
  return (
    memory.noise === noise &&
    memory.sample.points.length === sample.points.length &&
    memory.sample.losses.every((loss, index) => loss === sample.losses[index] && memory.sample.runs[index] === sample.runs[index]) &&
    memory.sample.points.every((point, index) => point.every((coordinate, at) => coordinate === sample.points[index]?.[at])) &&
    memory.space === JSON.stringify(geometry.space)
  );
}

/** The largest number up to `size` of a series that grows by a tenth to a twentieth. */
function milestone(size: number): number {
  const step = 2 ** Math.max(0, Math.floor(Math.log2(size / 10)));
  return size - (size % step);
}

/** The best few points, around which it pays to look closely. */
function elitesOf(data: Data): Point[] {
  const order = data.losses.map((_, index) => index).toSorted((left, right) => (data.losses[left] as number) - (data.losses[right] as number) || left - right);
  return order.slice(0, ELITES).map((index) => data.points[index] as Point);
}

/** Normal draws in pairs of opposite sign, so that their mean is the model's own. Box & Muller 1958. */
function drawNormals(size: number, random: Random): Float64Array[] {
  const draws: Float64Array[] = [];
  while (draws.length < DRAWS) {
    const draw = Float64Array.from({ length: size }, () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
    draws.push(draw, draw.map((value) => -value));
  }
  return draws;
}
