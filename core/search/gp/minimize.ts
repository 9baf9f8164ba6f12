/** A smooth function: gives its value at `at` and writes its gradient; Infinity where it has none. */
export type Smooth = (at: Float64Array, gradient: Float64Array) => number;

export type Minimum = { at: Float64Array; value: number };

const ARMIJO = 1e-4;
const MOST_HALVINGS = 12;

/**
 * A minimum of a smooth function in a box, by projected BFGS: steps are Newton's with the inverse Hessian learned so far,
 * over the variables that are not held at their bound by the gradient (Bertsekas 1982, SIAM J. Control 20:221–246;
 * updates after Nocedal & Wright 2006, section 6.1).
 *
 * @param evaluations how often the function may be asked
 * @param stepSize length of the first step, in the unit of the variables
 */
export function minimize(smooth: Smooth, start: Float64Array, bounds: { low: Float64Array; high: Float64Array }, limits: { evaluations: number; stepSize: number; tolerance: number }): Minimum {
  const size = start.length;
  const { low, high } = bounds;
  let at: Float64Array = Float64Array.from(start);
  let gradient = new Float64Array(size);
  let value = smooth(at, gradient);
  let evaluations = 1;
  const inverse = new Float64Array(size * size);
  const direction = new Float64Array(size);
  let isFresh = true;
  reset(inverse, size, 1);
  while (evaluations < limits.evaluations && Number.isFinite(value)) {
    const isFree = (index: number): boolean => !(((at[index] as number) <= (low[index] as number) && (gradient[index] as number) >= 0) || ((at[index] as number) >= (high[index] as number) && (gradient[index] as number) <= 0));
    const slope = steer(inverse, gradient, direction, isFree);
    if (slope > -1e-300) {
      if (isFresh) break;
      reset(inverse, size, 1);
      isFresh = true;
      continue;
    }
    const longest = direction.reduce((most, step) => Math.max(most, Math.abs(step)), 0);
    let share = isFresh ? limits.stepSize / longest : Math.min(1, (16 * limits.stepSize) / longest);
    let next: Float64Array | null = null;
    const nextGradient = new Float64Array(size);
    let nextValue = value;
    for (let halving = 0; halving < MOST_HALVINGS && evaluations < limits.evaluations; halving += 1) {
      const tried = at.map((from, index) => Math.min(high[index] as number, Math.max(low[index] as number, from + share * (direction[index] as number))));
      nextValue = smooth(tried, nextGradient);
      evaluations += 1;
      if (nextValue <= value + ARMIJO * share * slope) {
        next = tried;
        break;
      }
      share *= nextValue - value < 1e9 ? quadraticShrink(value, slope * share, nextValue) : 0.1;
    }
    if (next === null) {
      if (isFresh) break;
      reset(inverse, size, 1);
      isFresh = true;
      continue;
    }
    const gained = value - nextValue;
    update(inverse, size, at, next, gradient, nextGradient, isFresh);
    isFresh = false;
    at = next;
    gradient = Float64Array.from(nextGradient);
    value = nextValue;
    if (gained < limits.tolerance) break;
  }
  return { at, value };
}

/** The direction −H g over the free variables, and its slope. */
function steer(inverse: Float64Array, gradient: Float64Array, direction: Float64Array, isFree: (index: number) => boolean): number {
  const size = gradient.length;
  const free = Array.from({ length: size }, (_, index) => isFree(index));
  let slope = 0;
  for (let row = 0; row < size; row += 1) {
    let step = 0;
    if (free[row] === true) {
      for (let column = 0; column < size; column += 1) {
        if (free[column] === true) step -= (inverse[row * size + column] as number) * (gradient[column] as number);
      }
    }
    direction[row] = step;
    slope += step * (gradient[row] as number);
  }
  return slope;
}

/** Where a parabola through the start, its slope and the failed try has its minimum, as a share of that try. */
function quadraticShrink(value: number, slope: number, tried: number): number {
  const share = -slope / (2 * (tried - value - slope));
  return Number.isFinite(share) ? Math.min(0.5, Math.max(0.1, share)) : 0.1;
}

function update(inverse: Float64Array, size: number, at: Float64Array, next: Float64Array, gradient: Float64Array, nextGradient: Float64Array, isFirst: boolean): void {
  const step = next.map((value, index) => value - (at[index] as number));
  const change = nextGradient.map((value, index) => value - (gradient[index] as number));
  const curvature = inner(step, change);
  if (!(curvature > 1e-12 * Math.sqrt(inner(step, step) * inner(change, change)))) return;
  if (isFirst) reset(inverse, size, curvature / inner(change, change));
  const turned = new Float64Array(size);
  for (let row = 0; row < size; row += 1) {
    let sum = 0;
    for (let column = 0; column < size; column += 1) sum += (inverse[row * size + column] as number) * (change[column] as number);
    turned[row] = sum;
  }
  const scale = (1 + inner(change, turned) / curvature) / curvature;
  for (let row = 0; row < size; row += 1) {
    for (let column = 0; column < size; column += 1) {
      const cross = (step[row] as number) * (turned[column] as number) + (turned[row] as number) * (step[column] as number);
      inverse[row * size + column] = (inverse[row * size + column] as number) + scale * (step[row] as number) * (step[column] as number) - cross / curvature;
    }
  }
}

function reset(inverse: Float64Array, size: number, diagonal: number): void {
  inverse.fill(0);
  for (let index = 0; index < size; index += 1) inverse[index * size + index] = diagonal;
}

function inner(left: Float64Array, right: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < left.length; index += 1) sum += (left[index] as number) * (right[index] as number);
  return sum;
}
