import type { Random } from '#core/random.ts';
import { studentQuantile } from '#core/stats/student.ts';
import { widthsOf, type Design, type Dimension } from './dimension.ts';
import { drawRows } from './forest.ts';
import { cellsOf, marginalsOf, varianceOf } from './marginal.ts';
import { growTree, type Node } from './tree.ts';

/** The main effect of each parameter in one tree: its share of the variance over the space, and means by level of its column where it has one. */
type Effects = { shares: Float64Array; curves: (Float64Array | null)[] };

/** An estimate with its 95 % interval. */
export type Estimate = { value: number; low: number; high: number };

/** Figures of trees or of forests: one list of numbers each. */
type Sample = Float64Array;

const BAGS = 32;
const TREES_PER_BAG = 4;

/**
 * The share of a tree's variance over the whole space that each parameter explains alone (Hutter, Hoos & Leyton-Brown
 * 2014): the variance of its marginal over that of the tree. All 0 for a tree that says the same everywhere.
 */
export function effectsOf(design: Design, tree: Node): Effects {
  const { columns, variance } = marginalsOf(design, tree);
  const share = (part: number) => (variance > 0 ? part / variance : 0);
  const curves = design.parameters.map((parameter) => (parameter.columns.length === 1 ? (columns[parameter.columns[0] ?? 0] ?? null) : null));
  const shares = Float64Array.from(design.parameters, (parameter, index) => {
    const curve = curves[index] ?? null;
    if (curve !== null) return share(varianceOf(curve, widthsOf(design.dimensions[parameter.columns[0] ?? 0] as Dimension)));
    const cells = cellsOf(design, tree, parameter.columns);
    return share(varianceOf(cells, new Float64Array(cells.length).fill(1 / cells.length)));
  });
  return { shares, curves };
}

/**
 * Grows small forests, each from rows drawn with replacement from rows drawn with replacement: what they say differs as
 * it would had other configurations been tried ("bootstrap of little bags", Sexton & Laake 2009, Computational Statistics
 * & Data Analysis 53:801–811; Athey, Tibshirani & Wager 2019, Annals of Statistics 47:1148–1178).
 *
 * @returns what `read` made of every tree, bag by bag
 */
export function readBags(design: Design, losses: Float64Array, random: Random, read: (tree: Node) => Sample): Sample[][] {
  return Array.from({ length: BAGS }, () => {
    const bag = drawRows(design.rows, random);
    return Array.from({ length: TREES_PER_BAG }, () => read(growTree(design, losses, drawRows(design.rows, random, bag), random)));
  });
}

/**
 * Means over the trees of a forest with 95 % intervals. Their variance is that between bags without what chance in growing
 * so few trees adds to it, and with what it adds to the forest itself.
 */
export function estimate(trees: readonly Sample[], bags: readonly (readonly Sample[])[]): Estimate[] {
  const spread = studentQuantile(0.975, bags.length - 1);
  return Array.from(meanOf(trees), (value, index) => {
    const means = bags.map((bag) => bag.reduce((sum, tree) => sum + (tree[index] ?? 0), 0) / bag.length);
    const within = bags.reduce((sum, bag, at) => sum + bag.reduce((square, tree) => square + ((tree[index] ?? 0) - (means[at] ?? 0)) ** 2, 0) / (bag.length - 1), 0) / bags.length;
    const middle = means.reduce((sum, mean) => sum + mean, 0) / means.length;
    const between = means.reduce((sum, mean) => sum + (mean - middle) ** 2, 0) / (means.length - 1);
    const width = spread * Math.sqrt(Math.max(between / 3, between - within / TREES_PER_BAG) + within / trees.length);
    return { value, low: value - width, high: value + width };
  });
}

function meanOf(samples: readonly Sample[]): Float64Array {
  const mean = new Float64Array(samples[0]?.length ?? 0);
  for (const sample of samples) for (let index = 0; index < mean.length; index += 1) mean[index] = (mean[index] as number) + (sample[index] as number) / samples.length;
  return mean;
}
