import { normalBelow, normalDensity, normalQuantile } from './normal.ts';

/** Intervals of Simpson's rule between the two boundaries: even, and as good as exact for smooth densities. */
const INTERVALS = 60;
const CLOSE = 1e-7;
const MOST_STEPS = 40;
const MOST_KEPT = 500;

const known = new Map<string, number>();

/**
 * How far, in standard errors at the last look, a difference must be from 0 at any of several looks so that with the given
 * probability it never gets there by chance: at the look that has seen the share t of all values the statistic must be
 * larger than this over √t (O'Brien & Fleming 1979, "A multiple testing procedure for clinical trials", Biometrics
 * 35:549–556). Early looks need overwhelming differences, and the last one little more than a single test would.
 * Computed by passing the density of the sum from look to look (Armitage, McPherson & Rowe 1969, JRSS A 132:235–244).
 *
 * @param level the probability of ever crossing by chance, both sides together
 * @param looks the shares of all values that each look sees, rising to 1
 */
export function sequentialBoundary(level: number, looks: readonly number[]): number {
  const key = `${level} ${looks.join(' ')}`;
  let boundary = known.get(key);
  if (boundary === undefined) {
    if (known.size >= MOST_KEPT) known.clear();
    boundary = solve(level, looks);
    known.set(key, boundary);
  }
  return boundary;
}

/** Between a single test and what holds for looks without end, 4(1 − Φ(c)) by the reflection principle. */
function solve(level: number, looks: readonly number[]): number {
  let [low, high] = [normalQuantile(1 - level / 2), normalQuantile(1 - level / 4)];
  let [atLow, atHigh] = [crossing(low, looks) - level, crossing(high, looks) - level];
  for (let step = 0; step < MOST_STEPS && high - low > CLOSE && atLow > CLOSE; step += 1) {
    const middle = low + (atLow * (high - low)) / (atLow - atHigh);
    const at = crossing(middle, looks) - level;
    if (Math.abs(at) < CLOSE) return middle;
    if (at > 0) {
      [low, atLow] = [middle, at];
      atHigh /= 2;
    } else {
      [high, atHigh] = [middle, at];
      atLow /= 2;
    }
  }
  return low;
}

/** The probability that a Brownian motion that is looked at so often is ever outside of ±c. */
function crossing(c: number, looks: readonly number[]): number {
  const step = (2 * c) / INTERVALS;
  const place = (index: number): number => index * step - c;
  let before = 0;
  let density: Float64Array | null = null;
  let crossed = 0;
  for (const look of looks) {
    const spread = Math.sqrt(look - before);
    const [from, next] = [density, new Float64Array(INTERVALS + 1)];
    const outside = (start: number): number => normalBelow((-c - start) / spread) + normalBelow((start - c) / spread);
    if (from === null) crossed += outside(0);
    else for (let index = 0; index <= INTERVALS; index += 1) crossed += (from[index] ?? 0) * simpson(index) * step * outside(place(index));
    for (let to = 0; to <= INTERVALS; to += 1) next[to] = arriving(from, place(to), place, spread, step);
    [density, before] = [next, look];
  }
  return crossed;
}

function arriving(from: Float64Array | null, to: number, place: (index: number) => number, spread: number, step: number): number {
  if (from === null) return normalDensity(to / spread) / spread;
  let sum = 0;
  for (let index = 0; index <= INTERVALS; index += 1) sum += (from[index] ?? 0) * simpson(index) * normalDensity((to - place(index)) / spread);
  return (sum * step) / spread;
}

function simpson(index: number): number {
  return index === 0 || index === INTERVALS ? 1 / 3 : index % 2 === 1 ? 4 / 3 : 2 / 3;
}
