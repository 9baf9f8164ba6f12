import { INACTIVE, type Dimension, type Point } from './dimensions.ts';

/**
 * The angle over which a conditional number is bent, so that one place, off its line, is equally far from all of its
 * values: there lies the absent parameter (Swersky et al. 2014, "Raiders of the lost architecture"). At a quarter turn
 * the values themselves are hardly nearer to each other than on a straight line.
 */
const BEND = Math.PI / 2;

/** Matérn 5/2 at a squared distance in units of the length scale (Rasmussen & Williams 2006, equation 4.17). */
export function matern(squared: number): number {
  const root = Math.sqrt(5 * squared);
  return (1 + root + root * root * (1 / 3)) * Math.exp(-root);
}

/** Its derivative by the squared distance. */
export function maternSlope(squared: number): number {
  const root = Math.sqrt(5 * squared);
  return (-5 / 6) * (1 + root) * Math.exp(-root);
}

/** The squared distance of two coordinates of a dimension, before it is weighted. */
export function separation(dimension: Dimension, left: number, right: number): number {
  if (dimension.kind === 'category') return left === right ? 0 : 1;
  if (!dimension.isConditional) return (left - right) * (left - right);
  if (left === INACTIVE || right === INACTIVE) return left === right ? 0 : 1 / (BEND * BEND);
  return (2 / (BEND * BEND)) * (1 - Math.cos(BEND * (left - right)));
}

/**
 * Coordinates in which distances are weighted and straight, so that a thousand of them are quick: one for a number, two
 * for a conditional one. Categories keep their index.
 */
export type Embedding = {
  /** For each straight coordinate, the dimension that it comes from. */
  straight: readonly number[];
  categories: readonly number[];
  categoryWeights: Float64Array;
  /** Writes the straight coordinates of a point. */
  place: (point: Point, into: Float64Array, offset: number) => void;
  /** Turns a gradient by the straight coordinates into one by the coordinates of the point. */
  pullBack: (point: Point, gradient: Float64Array, into: Float64Array) => void;
};

/** @param weights of each dimension's squared distance: one over the square of its length scale */
export function embeddingOf(dimensions: readonly Dimension[], weights: Float64Array): Embedding {
  const roots = weights.map(Math.sqrt);
  const straight = dimensions.flatMap((dimension, index) => (dimension.kind === 'category' ? [] : dimension.isConditional ? [index, index] : [index]));
  const categories = dimensions.flatMap((dimension, index) => (dimension.kind === 'category' ? [index] : []));
  const bent = dimensions.map((dimension) => dimension.kind === 'number' && dimension.isConditional);
  return {
    straight,
    categories,
    categoryWeights: Float64Array.from(categories, (index) => weights[index] as number),
    place: (point, into, offset) => {
      for (let at = 0; at < straight.length; at += 1) {
        const index = straight[at] as number;
        const coordinate = point[index] as number;
        const root = roots[index] as number;
        if (bent[index] !== true) {
          into[offset + at] = root * coordinate;
          continue;
        }
        into[offset + at] = coordinate === INACTIVE ? 0 : (root / BEND) * Math.cos(BEND * coordinate);
        into[offset + at + 1] = coordinate === INACTIVE ? 0 : (root / BEND) * Math.sin(BEND * coordinate);
        at += 1;
      }
    },
    pullBack: (point, gradient, into) => {
      into.fill(0);
      for (let at = 0; at < straight.length; at += 1) {
        const index = straight[at] as number;
        const coordinate = point[index] as number;
        const root = roots[index] as number;
        if (bent[index] !== true) {
          into[index] = root * (gradient[at] as number);
          continue;
        }
        if (coordinate !== INACTIVE) into[index] = root * (Math.cos(BEND * coordinate) * (gradient[at + 1] as number) - Math.sin(BEND * coordinate) * (gradient[at] as number));
        at += 1;
      }
    },
  };
}
