import { addValue, EMPTY_ROLLUP, standardDeviation } from './rollup.ts';

/** A place of a learning curve: seconds or steps, and the value there. */
export type Place = { x: number; y: number };

/** How curves run together at one place: how many reach it, their mean, and how far they lie apart. */
export type BandPlace = { x: number; n: number; mean: number; sd: number | null };

/** Keeps the lowest and the highest place of each of equal runs of places, and both ends: at most `most` of them. */
export function thinCurve(places: readonly Place[], most: number): Place[] {
  if (places.length <= most) return [...places];
  const runs = Math.max(1, Math.floor(most / 2) - 1);
  const inner = places.slice(1, -1);
  const kept = Array.from({ length: runs }, (_, run) => {
    const part = inner.slice(Math.floor((run * inner.length) / runs), Math.floor(((run + 1) * inner.length) / runs));
    return part.length < 3 ? part : extremes(part);
  });
  return [...places.slice(0, 1), ...kept.flat(), ...places.slice(-1)];
}

/**
 * The mean and the standard deviation of curves on a common grid. A curve counts only between its own first and last
 * place, where it is interpolated linearly: none is carried on beyond what was measured, so n may fall along the way.
 *
 * @param curves each in the order of x; empty ones count for nothing
 */
export function bandOf(curves: readonly (readonly Place[])[], places: number): BandPlace[] {
  const drawn = curves.filter((curve) => curve.length > 0);
  const from = Math.min(...drawn.map((curve) => curve[0]?.x ?? Infinity));
  const until = Math.max(...drawn.map((curve) => curve.at(-1)?.x ?? -Infinity));
  if (drawn.length === 0) return [];
  const grid = until > from ? Array.from({ length: places }, (_, index) => (index === places - 1 ? until : from + ((until - from) * index) / (places - 1))) : [from];
  const walkers = drawn.map((curve) => ({ curve, at: 0 }));
  return grid.flatMap((x) => {
    const sum = walkers.reduce((rollup, walker) => {
      const value = valueAt(walker, x);
      return value === null ? rollup : addValue(rollup, { direction: 'minimize' }, value, '');
    }, EMPTY_ROLLUP);
    return sum.n === 0 ? [] : [{ x, n: sum.n, mean: sum.mean, sd: standardDeviation(sum) }];
  });
}

/** The value of a curve at x, which never falls from one call to the next. */
function valueAt(walker: { curve: readonly Place[]; at: number }, x: number): number | null {
  const { curve } = walker;
  while (walker.at < curve.length - 1 && (curve[walker.at + 1]?.x ?? Infinity) <= x) walker.at += 1;
  const [left, right] = [curve[walker.at], curve[walker.at + 1]];
  if (left === undefined || x < left.x) return null;
  if (x === left.x) return left.y;
  return right === undefined ? null : left.y + ((right.y - left.y) * (x - left.x)) / (right.x - left.x);
}

function extremes(part: readonly Place[]): Place[] {
  const low = part.reduce((left, right) => (right.y < left.y ? right : left));
  const high = part.reduce((left, right) => (right.y > left.y ? right : left));
  if (low === high) return [low];
  return low.x <= high.x ? [low, high] : [high, low];
}
