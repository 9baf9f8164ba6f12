import type { Design, Dimension } from './dimension.ts';
import type { Node } from './tree.ts';

/**
 * Means of a tree over a space, exactly: a leaf counts with the share of the space that it covers (Hutter, Hoos &
 * Leyton-Brown 2014, "An efficient approach for assessing hyperparameter importance", ICML, algorithm 2). Where a
 * parameter is not active a tree does not ask for it, so that what it would be makes no difference there.
 */

/** Where a leaf holds: in each column from a level on and before another, or for the kinds marked by 1; and the share of each that is. */
export type Box = { low: Int32Array; high: Int32Array; kinds: (Uint8Array | null)[]; width: Float64Array };

/** @param volume the share of the space that the leaf covers */
export type VisitLeaf = (value: number, volume: number, box: Box) => void;

/** Visits every leaf of a tree with its box, which changes afterwards. */
export function visitLeaves(design: Design, tree: Node, visit: VisitLeaf): void {
  const { dimensions } = design;
  const box: Box = { low: new Int32Array(dimensions.length), high: Int32Array.from(dimensions, (dimension) => dimension.levels), kinds: dimensions.map(() => null), width: new Float64Array(dimensions.length).fill(1) };
  descend(design, tree, 1, box, visit);
}

/** Means by level of each column, the variance of the whole, and its mean. */
export function marginalsOf(design: Design, tree: Node): { columns: Float64Array[]; mean: number; variance: number } {
  const columns = design.dimensions.map((dimension) => new Float64Array(dimension.levels + 1));
  let [mean, square] = [0, 0];
  visitLeaves(design, tree, (value, volume, box) => {
    mean += value * volume;
    square += value * value * volume;
    for (let index = 0; index < columns.length; index += 1) addSpan(columns[index] as Float64Array, box, index, (value * volume) / (box.width[index] as number));
  });
  for (const steps of columns) for (let level = 1; level < steps.length; level += 1) steps[level] = (steps[level] as number) + (steps[level - 1] as number);
  return { columns: columns.map((steps) => steps.subarray(0, -1)), mean, variance: Math.max(0, square - mean * mean) };
}

/** Means by the levels of two columns: those of the second follow each other. */
export function jointOf(design: Design, tree: Node, first: number, second: number): Float64Array {
  const [width, height] = [(design.dimensions[second] as Dimension).levels, (design.dimensions[first] as Dimension).levels];
  const steps = new Float64Array((width + 1) * (height + 1));
  visitLeaves(design, tree, (value, volume, box) => {
    const weighted = (value * volume) / (box.width[first] as number) / (box.width[second] as number);
    forSpans(box, first, (top, bottom) => {
      forSpans(box, second, (left, right) => {
        add(steps, top * (width + 1) + left, weighted);
        add(steps, top * (width + 1) + right, -weighted);
        add(steps, bottom * (width + 1) + left, -weighted);
        add(steps, bottom * (width + 1) + right, weighted);
      });
    });
  });
  const means = new Float64Array(width * height);
  for (let row = 0; row < height; row += 1) {
    let running = 0;
    for (let column = 0; column < width; column += 1) {
      running += steps[row * (width + 1) + column] as number;
      means[row * width + column] = running + (row === 0 ? 0 : (means[(row - 1) * width + column] as number));
    }
  }
  return means;
}

/** Means by every combination of columns of two levels each: bit `i` of the index is the level of the column `i` of those named. */
export function cellsOf(design: Design, tree: Node, columns: readonly number[]): Float64Array {
  const cells = new Float64Array(2 ** columns.length);
  visitLeaves(design, tree, (value, volume, box) => {
    let [weighted, free, fixed] = [value * volume, 0, 0];
    columns.forEach((column, bit) => {
      weighted /= box.width[column] as number;
      if (box.width[column] === 1) free |= 1 << bit;
      else if (box.low[column] === 1) fixed |= 1 << bit;
    });
    // Every subset of the free bits: the next lower one is found by borrowing through those that are not free.
    for (let subset = free; ; subset = (subset - 1) & free) {
      add(cells, fixed | subset, weighted);
      if (subset === 0) break;
    }
  });
  return cells;
}

/** The variance of values that have these weights, which add up to 1. */
export function varianceOf(values: Float64Array, weights: Float64Array): number {
  let [mean, square] = [0, 0];
  for (let index = 0; index < values.length; index += 1) mean += (values[index] as number) * (weights[index] as number);
  for (let index = 0; index < values.length; index += 1) square += ((values[index] as number) - mean) ** 2 * (weights[index] as number);
  return square;
}

function descend(design: Design, node: Node, volume: number, box: Box, visit: VisitLeaf): void {
  if (!('left' in node)) return visit(node.value, volume, box);
  const { dimension: index, edge, kinds } = node;
  const { edges, levels } = design.dimensions[index] as Dimension;
  const whole = box.width[index] as number;
  const into = (child: Node, width: number): void => {
    box.width[index] = width;
    descend(design, child, (volume * width) / whole, box, visit);
  };
  if (kinds === null) {
    const [low, high] = [box.low[index] as number, box.high[index] as number];
    box.high[index] = edge;
    into(node.left, (edges[edge] as number) - (edges[low] as number));
    box.high[index] = high;
    box.low[index] = edge;
    into(node.right, (edges[high] as number) - (edges[edge] as number));
    box.low[index] = low;
  } else {
    const held = box.kinds[index] ?? null;
    for (const [child, wanted] of [[node.left, 1], [node.right, 0]] as const) {
      const kept = kinds.map((one, kind) => ((held === null || held[kind] === 1) && one === wanted ? 1 : 0));
      box.kinds[index] = kept;
      into(child, countOnes(kept) / levels);
    }
    box.kinds[index] = held;
  }
  box.width[index] = whole;
}

/** Notes where a leaf begins and ends, so that one pass over the levels adds up what holds at each. */
function addSpan(steps: Float64Array, box: Box, index: number, weighted: number): void {
  const kinds = box.kinds[index];
  if (kinds === null || kinds === undefined) {
    add(steps, box.low[index] as number, weighted);
    add(steps, box.high[index] as number, -weighted);
    return;
  }
  for (let kind = 0; kind < kinds.length; kind += 1) {
    if (kinds[kind] !== 1) continue;
    add(steps, kind, weighted);
    add(steps, kind + 1, -weighted);
  }
}

/** The runs of levels that belong to a box. */
function forSpans(box: Box, index: number, take: (low: number, high: number) => void): void {
  const kinds = box.kinds[index];
  if (kinds === null || kinds === undefined) return take(box.low[index] as number, box.high[index] as number);
  for (let kind = 0; kind < kinds.length; kind += 1) if (kinds[kind] === 1) take(kind, kind + 1);
}

function countOnes(kinds: Uint8Array): number {
  let ones = 0;
  for (const one of kinds) ones += one;
  return ones;
}

function add(steps: Float64Array, at: number, what: number): void {
  steps[at] = (steps[at] as number) + what;
}
