import type { Design, Dimension } from './dimension.ts';
import { widthsOf } from './dimension.ts';
import type { Stops } from './curve.ts';
import { jointOf, marginalsOf, varianceOf } from './marginal.ts';
import type { Node } from './tree.ts';

/** What two parameters do together beyond what each does alone. */
export type Pair = {
  first: number;
  second: number;
  /** Its share of the variance over the space. */
  share: number;
  /** Means at the stops of both; those of the second follow each other. */
  surface: Float64Array;
};

/** A joint marginal has up to 65,536 cells in each tree. */
const MOST_TREES = 32;

/**
 * The interactions of pairs of columns: the variance of their joint marginal without that of each alone (Hutter, Hoos &
 * Leyton-Brown 2014, equation 8), the strongest first.
 */
export function pairsOf(design: Design, forest: readonly Node[], among: readonly number[], stops: readonly Stops[]): Pair[] {
  const trees = forest.slice(0, MOST_TREES);
  const widths = design.dimensions.map(widthsOf);
  const alone = trees.map((tree) => {
    const { columns, variance } = marginalsOf(design, tree);
    return { variance, variances: columns.map((means, index) => varianceOf(means, widths[index] as Float64Array)) };
  });
  const pairs = among.flatMap((first, at) => among.slice(at + 1).map((second): Pair => {
    const [down, across] = [stops[first] as Stops, stops[second] as Stops];
    const pair = { first, second, share: 0, surface: new Float64Array(down.levels.length * across.levels.length) };
    const columns = (design.dimensions[second] as Dimension).levels;
    const weights = outer(widths[first] as Float64Array, widths[second] as Float64Array);
    trees.forEach((tree, index) => {
      const { variance, variances } = alone[index] ?? { variance: 0, variances: [] };
      const joint = jointOf(design, tree, first, second);
      if (variance > 0) pair.share += Math.max(0, varianceOf(joint, weights) - (variances[first] ?? 0) - (variances[second] ?? 0)) / variance / trees.length;
      for (let row = 0; row < down.levels.length; row += 1) {
        for (let column = 0; column < across.levels.length; column += 1) {
          const at2 = row * across.levels.length + column;
          pair.surface[at2] = (pair.surface[at2] as number) + (joint[(down.levels[row] as number) * columns + (across.levels[column] as number)] as number) / trees.length;
        }
      }
    });
    return pair;
  }));
  return pairs.sort((left, right) => right.share - left.share);
}

function outer(down: Float64Array, across: Float64Array): Float64Array {
  const product = new Float64Array(down.length * across.length);
  for (let row = 0; row < down.length; row += 1) for (let column = 0; column < across.length; column += 1) product[row * across.length + column] = (down[row] as number) * (across[column] as number);
  return product;
}
