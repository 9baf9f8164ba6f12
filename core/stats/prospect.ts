/** What more tasks would gain over the best so far, lower losses being better: its mean, an 80 % interval, and how likely any gain is. */
export type Gain = { mean: number; low: number; high: number; chance: number };

/** The best of what was tried lately, as far as they say where the next ones will lie. */
export type Tail = {
  best: number;
  /** Losses below this one are in the tail: its `excesses` are how far. */
  threshold: number;
  excesses: Float64Array;
  /** Out of so many losses. */
  of: number;
  /** Of so many that were drawn alike; null where results steered the search, so that later ones are not like earlier ones. */
  alike: number | null;
  /** No gain can be more than this: what the best lies above the least that is possible. */
  room: number;
};

/** One distribution of excesses that may be the true one, and how likely it is. */
type Shape = { xi: number; sigma: number; weight: number };

/** Below this number of configurations the tail of their losses is anybody's guess. */
export const FEWEST_TRIED = 20;
const [FEWEST_IN_TAIL, MOST_IN_TAIL] = [8, 40];
const SHARE_IN_TAIL = 0.15;
/** The interval holds the gain with this probability. */
const COVERED = 0.8;
const [XI_FROM, XI_TO, XI_STEPS] = [-1.6, 0.4, 21];
const [SIGMA_FROM, SIGMA_TO, SIGMA_STEPS] = [0.25, 6, 25];
/** What is known of the shape beforehand: near a smooth optimum in d dimensions that matter it is −2/d. */
const [XI_MEAN, XI_DEVIATION] = [-0.4, 0.4];
const BISECTIONS = 40;
const MEAN_STEPS = 64;

/**
 * The tail of losses; null where there are too few, or nothing tells the best of them apart.
 *
 * @param losses one for each configuration, in the order in which they were chosen
 * @param isAdaptive whether results steered the search: only the later half says then what comes next
 * @param least no loss is below this one
 */
export function tailOf(losses: readonly number[], isAdaptive: boolean, least = -Infinity): Tail | null {
  if (losses.length < FEWEST_TRIED) return null;
  const recent = isAdaptive ? losses.slice(-Math.max(FEWEST_TRIED, Math.ceil(losses.length / 2))) : losses;
  const sorted = Float64Array.from(recent).sort();
  const many = Math.min(MOST_IN_TAIL, Math.max(FEWEST_IN_TAIL, Math.round(SHARE_IN_TAIL * sorted.length)));
  const threshold = sorted[many] ?? 0;
  const excesses = Float64Array.from({ length: many }, (_, index) => threshold - (sorted[index] ?? 0));
  const best = losses.reduce((lowest, loss) => Math.min(lowest, loss), Infinity);
  return excesses[0] !== undefined && excesses[0] > 0 && Number.isFinite(excesses[0]) ? { best, threshold, excesses, of: sorted.length, alike: isAdaptive ? null : losses.length, room: best - least } : null;
}

/**
 * What each of several numbers of further configurations would gain, if these are like those of the tail.
 *
 * Excesses over a high threshold follow a generalised Pareto distribution, whatever the losses themselves do (Pickands
 * 1975, Annals of Statistics 3:119–131). Its shape and scale are not known: the gain is averaged over all that fit, by
 * their likelihood and what is known of shapes beforehand, so that its interval holds what is not known either.
 */
export function gainsOf(tail: Tail, counts: readonly number[]): Gain[] {
  const shapes = shapesOf(tail.excesses);
  return counts.map((count) => gainOf(tail, shapes, count));
}

function gainOf(tail: Tail, shapes: readonly Shape[], count: number): Gain {
  const reached = tail.threshold - tail.best;
  const share = tail.excesses.length / tail.of;
  const within = (gain: number): number => {
    let probability = 0;
    for (const { xi, sigma, weight } of shapes) probability += weight * (1 - share * beyond(reached + gain, xi, sigma)) ** count;
    return probability;
  };
  // The best of so many alike is any of them with the same probability, whatever their distribution.
  const [fitted, none] = [within(0), tail.alike === null ? within(0) : tail.alike / (tail.alike + count)];
  /** The probability that the gain is no more than this. */
  const upTo = (gain: number): number => (gain >= tail.room ? 1 : fitted < 1 ? 1 - ((1 - none) * (1 - within(gain))) / (1 - fitted) : none);
  let most = Math.min(reached, tail.room);
  while (upTo(most) < 1 - 1e-4 && most < 1e6 * reached) most *= 2;
  const quantileOf = (probability: number): number => {
    if (none >= probability) return 0;
    let [low, high] = [0, most];
    for (let step = 0; step < BISECTIONS; step += 1) {
      const middle = (low + high) / 2;
      if (upTo(middle) < probability) low = middle;
      else high = middle;
    }
    return high;
  };
  // Where no gain at all is likely the interval begins there, and all that is left out lies above.
  const outside = (1 - COVERED) / 2;
  const low = quantileOf(outside);
  return { mean: meanOf(upTo, most), low, high: quantileOf(low > 0 ? 1 - outside : COVERED), chance: 1 - none };
}

/** The integral of the probability that the gain is more, by steps that grow: most of it lies near 0. */
function meanOf(upTo: (gain: number) => number, most: number): number {
  let [sum, before, at] = [0, 1 - upTo(0), 0];
  for (let step = 1; step <= MEAN_STEPS; step += 1) {
    const next = most * (step / MEAN_STEPS) ** 3;
    const after = 1 - upTo(next);
    sum += ((before + after) / 2) * (next - at);
    [before, at] = [after, next];
  }
  return sum;
}

/** The probability of an excess beyond this one. */
function beyond(excess: number, xi: number, sigma: number): number {
  if (Math.abs(xi) < 1e-9) return Math.exp(-excess / sigma);
  const base = 1 + (xi * excess) / sigma;
  return base <= 0 ? 0 : base ** (-1 / xi);
}

/** Every shape and scale on a grid that these excesses do not exclude. */
function shapesOf(excesses: Float64Array): Shape[] {
  const mean = excesses.reduce((sum, excess) => sum + excess / excesses.length, 0);
  const shapes: { xi: number; sigma: number; log: number }[] = [];
  for (let across = 0; across < XI_STEPS; across += 1) {
    const xi = XI_FROM + ((XI_TO - XI_FROM) * across) / (XI_STEPS - 1);
    for (let up = 0; up < SIGMA_STEPS; up += 1) {
      const sigma = mean * SIGMA_FROM * (SIGMA_TO / SIGMA_FROM) ** (up / (SIGMA_STEPS - 1));
      const log = likelihood(excesses, xi, sigma) - ((xi - XI_MEAN) / XI_DEVIATION) ** 2 / 2;
      if (Number.isFinite(log)) shapes.push({ xi, sigma, log });
    }
  }
  const most = shapes.reduce((top, shape) => Math.max(top, shape.log), -Infinity);
  const likely = shapes.map(({ xi, sigma, log }) => ({ xi, sigma, weight: Math.exp(log - most) })).filter(({ weight }) => weight > 1e-6);
  const whole = likely.reduce((sum, { weight }) => sum + weight, 0);
  return likely.map((shape) => ({ ...shape, weight: shape.weight / whole }));
}

function likelihood(excesses: Float64Array, xi: number, sigma: number): number {
  let log = -excesses.length * Math.log(sigma);
  for (const excess of excesses) {
    const base = 1 + (xi * excess) / sigma;
    if (base <= 0) return -Infinity;
    log -= Math.abs(xi) < 1e-9 ? excess / sigma : (1 + 1 / xi) * Math.log(base);
  }
  return log;
}
