import { countValues, shareOf, valueAt, type Parameter, type Scalar } from '#core/space.ts';
import { INACTIVE, levelAt, type Design, type Dimension } from './dimension.ts';
import type { Node } from './tree.ts';

/** Values of a parameter at which its effect is told, and the level of its column that each belongs to. */
export type Stops = { values: Scalar[]; levels: Int32Array };

/** Stops of a scale that has more values than these. */
export const MOST_STOPS = 33;

/** Every value of a parameter that has few; of others values in the middle of equal parts of its scale. */
export function stopsOf(parameter: Parameter, dimension: Dimension, most = MOST_STOPS): Stops {
  const count = Math.min(most, countValues(parameter));
  const shares = Array.from({ length: count }, (_, index) => (index + 0.5) / count);
  if (parameter.type === 'choice') {
    const values = shares.map((share) => valueAt(parameter, share));
    return { values, levels: Int32Array.from(values, (value) => (dimension.isOrdered ? levelAt(dimension, shareOf(parameter, value)) : parameter.values.indexOf(value))) };
  }
  const values = [...new Set(shares.map((share) => valueAt(parameter, share)))];
  return { values, levels: Int32Array.from(values, (value) => levelAt(dimension, shareOf(parameter, value))) };
}

/**
 * What a tree says at a level of one column when everything else stays as in a row: the local view of a parameter around
 * a configuration (Biedenkapp, Marben, Lindauer & Hutter 2018, "CAVE: Configuration assessment, visualization and
 * evaluation", LION). Where it asks for a parameter that the row does not have, both answers count by their share.
 */
export function localValue(design: Design, node: Node, row: number, column: number, level: number): number {
  if (!('left' in node)) return node.value;
  const asked = node.dimension === column ? level : ((design.columns[node.dimension] as Uint16Array)[row] as number);
  if (asked !== INACTIVE) return localValue(design, (node.kinds === null ? asked < node.edge : node.kinds[asked] === 1) ? node.left : node.right, row, column, level);
  const { edges, levels } = design.dimensions[node.dimension] as Dimension;
  const share = node.kinds === null ? (edges[node.edge] ?? 0.5) : node.kinds.reduce((sum, one) => sum + one, 0) / levels;
  return share * localValue(design, node.left, row, column, level) + (1 - share) * localValue(design, node.right, row, column, level);
}
