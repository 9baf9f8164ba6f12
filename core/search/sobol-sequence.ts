import { seededRandom } from '#core/random.ts';
import { DIRECTIONS } from './sobol-directions.ts';

/** So many dimensions a sequence can have, as many as a space can have parameters. */
export const MOST_DIMENSIONS = DIRECTIONS.length + 1;

const BITS = 32;

/** Writes the point with a number from 0 into the array: one number in [0, 1) for each dimension. */
export type Sequence = (number: number, point: Float64Array) => void;

/**
 * Sobol' points (1967), which fill a unit cube evenly from the first one on, in the order of the Gray code (Antonov & Saleev
 * 1979). With a seed they are scrambled by a random linear matrix (Matoušek 1998, J. Complexity 14:527–556) and a random
 * digital shift, which keeps their evenness and makes each point uniformly distributed; without one they are the plain points.
 */
export function sobolSequence(dimensions: number, seed: number | null): Sequence {
  const columns = Array.from({ length: dimensions }, (_, dimension) => directionsOf(dimension));
  const shifts = new Uint32Array(dimensions);
  if (seed !== null) {
    columns.forEach((directions, dimension) => {
      // Each dimension has a stream of its own, so that a parameter more does not change the numbers of the others.
      const random = seededRandom(seed, -1 - dimension);
      const rows = Array.from({ length: BITS }, (_, row) => lowerRow(row, random() * 2 ** BITS));
      directions.forEach((direction, index) => (directions[index] = multiply(rows, direction)));
      shifts[dimension] = random() * 2 ** BITS;
    });
  }
  return (number, point) => {
    const gray = (number ^ (number >>> 1)) >>> 0;
    for (let dimension = 0; dimension < dimensions; dimension += 1) {
      const directions = columns[dimension] as Uint32Array;
      let digits = shifts[dimension] as number;
      for (let left = gray, bit = 0; left !== 0; left >>>= 1, bit += 1) if ((left & 1) === 1) digits ^= directions[bit] as number;
      point[dimension] = (digits >>> 0) / 2 ** BITS;
    }
  };
}

/** The direction numbers of a dimension as binary fractions (Bratley & Fox 1988, ACM TOMS 14:88–100). */
function directionsOf(dimension: number): Uint32Array {
  const directions = new Uint32Array(BITS);
  const [coefficients = 0, ...initial] = DIRECTIONS[dimension - 1] ?? [];
  const degree = initial.length;
  for (let index = 0; index < BITS; index += 1) {
    if (dimension === 0) directions[index] = 2 ** (BITS - 1 - index);
    else if (index < degree) directions[index] = (initial[index] ?? 0) * 2 ** (BITS - 1 - index);
    else {
      let direction = (directions[index - degree] ?? 0) ^ ((directions[index - degree] ?? 0) >>> degree);
      for (let back = 1; back < degree; back += 1) if (((coefficients >>> (degree - 1 - back)) & 1) === 1) direction ^= directions[index - back] ?? 0;
      directions[index] = direction;
    }
  }
  return directions;
}

/** A row of a lower triangular matrix of bits with a diagonal of ones; the most significant bit is the first column. */
function lowerRow(row: number, chance: number): number {
  const diagonal = 2 ** (BITS - 1 - row);
  const before = row === 0 ? 0 : (-1 << (BITS - row)) >>> 0;
  return ((Math.floor(chance) & before) | diagonal) >>> 0;
}

function multiply(rows: readonly number[], vector: number): number {
  let product = 0;
  for (const row of rows) product = (product << 1) | parity(row & vector);
  return product >>> 0;
}

function parity(bits: number): number {
  let folded = bits ^ (bits >>> 16);
  folded ^= folded >>> 8;
  folded ^= folded >>> 4;
  folded ^= folded >>> 2;
  return (folded ^ (folded >>> 1)) & 1;
}
