import type { Dimension, Point } from './dimensions.ts';
import type { Data } from './fit.ts';
import { separation } from './kernel.ts';

/** Of more points than this, only every so manieth is asked for how far it lies from those chosen. */
const MOST_COMPARED = 1500;

/**
 * At most `most` of the data: the best half for what matters most, and others spread as far as they go, so that the
 * model still knows where it is bad (farthest points first, Gonzalez 1985). In the order given.
 *
 * @param weights of the squared distances of each dimension; null for equal ones
 */
export function thin(dimensions: readonly Dimension[], data: Data, most: number, weights: Float64Array | null): Data {
  const size = data.points.length;
  if (size <= most) return data;
  const byLoss = Array.from({ length: size }, (_, index) => index).toSorted((left, right) => (data.losses[left] as number) - (data.losses[right] as number) || left - right);
  const chosen = byLoss.slice(0, most >> 1);
  const rest = byLoss.slice(most >> 1);
  const stride = Math.max(1, Math.floor(rest.length / MOST_COMPARED));
  const others = rest.filter((_, index) => index % stride === 0);
  const distances = new Float64Array(others.length).fill(Infinity);
  const near = (from: number): void => {
    const point = data.points[from] as Point;
    for (let index = 0; index < others.length; index += 1) {
      const other = data.points[others[index] as number] as Point;
      let sum = 0;
      for (let dimension = 0; dimension < dimensions.length; dimension += 1) {
        sum += (weights?.[dimension] ?? 1) * separation(dimensions[dimension] as Dimension, point[dimension] as number, other[dimension] as number);
      }
      distances[index] = Math.min(distances[index] as number, sum);
    }
  };
  // The best few stand for all of the best, which lie close together.
  for (const index of chosen.slice(0, 8)) near(index);
  while (chosen.length < most) {
    let farthest = 0;
    for (let index = 1; index < others.length; index += 1) {
      if ((distances[index] as number) > (distances[farthest] as number)) farthest = index;
    }
    if ((distances[farthest] as number) === -1) break;
    chosen.push(others[farthest] as number);
    near(others[farthest] as number);
    distances[farthest] = -1;
  }
  const order = chosen.toSorted((left, right) => left - right);
  return { points: order.map((index) => data.points[index] as Point), losses: order.map((index) => data.losses[index] as number), runs: order.map((index) => data.runs[index] as number) };
}
