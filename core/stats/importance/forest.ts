import type { Random } from '#core/random.ts';
import type { Design } from './dimension.ts';
import { growTree, type Node } from './tree.ts';

/** Trees, each grown from rows drawn with replacement (Breiman 2001, "Random forests", Machine Learning 45:5–32), and how well they predict. */
export type Forest = {
  trees: Node[];
  /** The share of the variance that the trees explain of rows that they were not grown from (R² out of bag); below 0 where they know nothing. */
  explained: number;
};

/** Grows a forest; each tree considers every column at every node, as scikit-learn's regression forests do. */
export function growForest(design: Design, losses: Float64Array, count: number, random: Random): Forest {
  const [sums, times] = [new Float64Array(design.rows), new Int32Array(design.rows)];
  const trees = Array.from({ length: count }, () => {
    const rows = drawRows(design.rows, random);
    const used = new Uint8Array(design.rows);
    for (const row of rows) used[row] = 1;
    const tree = growTree(design, losses, rows, random);
    for (let row = 0; row < design.rows; row += 1) {
      if (used[row] === 1) continue;
      sums[row] = (sums[row] as number) + predict(design, tree, row);
      times[row] = (times[row] as number) + 1;
    }
    return tree;
  });
  return { trees, explained: explainedBy(losses, sums, times) };
}

/** So many rows drawn with replacement; from those given, where they are. */
export function drawRows(count: number, random: Random, from: Int32Array | null = null): Int32Array {
  return Int32Array.from({ length: count }, () => {
    const drawn = Math.floor(random() * count);
    return from === null ? drawn : (from[drawn] ?? 0);
  });
}

/** What a tree says of a row. Where it asks for a parameter that the row does not have, it goes on by what most rows would do there. */
function predict({ columns }: Design, tree: Node, row: number): number {
  let node = tree;
  while ('left' in node) {
    const level = (columns[node.dimension] as Uint16Array)[row] as number;
    const isLeft = node.kinds === null ? level < node.edge : node.kinds[level] === 1;
    node = isLeft ? node.left : node.right;
  }
  return node.value;
}

function explainedBy(losses: Float64Array, sums: Float64Array, times: Int32Array): number {
  const seen = [...times.keys()].filter((row) => (times[row] as number) > 0);
  const mean = seen.reduce((sum, row) => sum + (losses[row] as number), 0) / seen.length;
  let [left, whole] = [0, 0];
  for (const row of seen) {
    left += ((losses[row] as number) - (sums[row] as number) / (times[row] as number)) ** 2;
    whole += ((losses[row] as number) - mean) ** 2;
  }
  return whole > 0 ? 1 - left / whole : 0;
}
