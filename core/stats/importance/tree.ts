import type { Random } from '#core/random.ts';
import type { Design, Dimension } from './dimension.ts';
import { RowGroups } from './row-groups.ts';

/** A node that asks: levels below `edge`, or the kinds marked by 1, go left. */
export type Split = { dimension: number; edge: number; kinds: Uint8Array | null; left: Node; right: Node };
/** The mean loss of the rows that came here. */
export type Leaf = { value: number };
export type Node = Split | Leaf;

type Question = Omit<Split, 'left' | 'right'>;

const MOST_DEPTH = 64;
/** Squared differences below this share of the whole are rounding. */
const ROUNDING = 1e-12;

/**
 * A regression tree grown until its leaves are pure (Breiman, Friedman, Olshen & Stone 1984, "Classification and
 * Regression Trees"). Kinds are split in the order of their means, which finds the best of all ways to part them (there,
 * section 9.4). A parameter is asked about only where every row has it: below the choice that makes it active.
 *
 * @param rows indexes of rows, any of them more than once; their order is changed
 */
export function growTree(design: Design, losses: Float64Array, rows: Int32Array, random: Random): Node {
  return new Grower(design, losses, rows, random).grow(0, rows.length, 0);
}

class Grower {
  readonly #design: Design;
  readonly #losses: Float64Array;
  readonly #rows: Int32Array;
  readonly #random: Random;
  readonly #order: Int32Array;
  readonly #groups: RowGroups;

  constructor(design: Design, losses: Float64Array, rows: Int32Array, random: Random) {
    [this.#design, this.#losses, this.#rows, this.#random] = [design, losses, rows, random];
    this.#order = Int32Array.from(design.dimensions.keys());
    this.#groups = new RowGroups(losses, Math.max(1, ...design.dimensions.map((dimension) => dimension.levels)));
  }

  grow(start: number, end: number, depth: number): Node {
    let [sum, squares] = [0, 0];
    for (let at = start; at < end; at += 1) {
      const loss = this.#losses[this.#rows[at] as number] as number;
      sum += loss;
      squares += loss * loss;
    }
    const question = depth < MOST_DEPTH ? this.#best(start, end, sum, squares) : null;
    if (question === null) return { value: sum / (end - start) };
    const middle = this.#part(start, end, question);
    return { ...question, left: this.grow(start, middle, depth + 1), right: this.grow(middle, end, depth + 1) };
  }

  /** Moves the rows that go left to the front and says where the others begin. */
  #part(start: number, end: number, { dimension, edge, kinds }: Question): number {
    const [rows, column] = [this.#rows, this.#design.columns[dimension] as Uint16Array];
    let middle = start;
    for (let at = start; at < end; at += 1) {
      const row = rows[at] as number;
      const level = column[row] as number;
      if (kinds === null ? level >= edge : kinds[level] !== 1) continue;
      rows[at] = rows[middle] as number;
      rows[middle] = row;
      middle += 1;
    }
    return middle;
  }

  /** The question that leaves the least squared difference from the means of both sides; of equal ones any, by chance. */
  #best(start: number, end: number, sum: number, squares: number): Question | null {
    const [n, order, groups] = [end - start, this.#order, this.#groups];
    const before = (sum * sum) / n;
    if (n < 2 || squares - before <= ROUNDING * squares) return null;
    let gain = before + ROUNDING * squares;
    let question: Question | null = null;
    for (let left = order.length; left > 0; left -= 1) {
      const drawn = Math.floor(this.#random() * left);
      const index = order[drawn] as number;
      order[drawn] = order[left - 1] as number;
      order[left - 1] = index;
      const dimension = this.#design.dimensions[index] as Dimension;
      groups.fill(this.#rows, start, end, this.#design.columns[index] as Uint16Array);
      if (groups.count < 2) continue;
      if (!dimension.isOrdered) groups.sortByMean();
      const cut = groups.bestCut(sum, n, gain);
      if (cut === null) continue;
      gain = cut.gain;
      question = questionAfter(groups, cut.after, index, dimension);
    }
    return question;
  }
}

/** Asks what parts the groups up to one from those after it. */
function questionAfter(groups: RowGroups, last: number, index: number, dimension: Dimension): Question {
  const { level, rows, count } = groups;
  if (dimension.isOrdered) return { dimension: index, edge: edgeBetween(dimension, level[last] as number, level[last + 1] as number), kinds: null };
  let balance = 0;
  for (let group = 0; group < count; group += 1) balance += (group <= last ? 1 : -1) * (rows[group] as number);
  // Kinds of which no row here is go with the larger side: nothing is known of them but that most are there.
  const kinds = new Uint8Array(dimension.levels).fill(balance > 0 ? 1 : 0);
  for (let group = 0; group < count; group += 1) kinds[level[group] as number] = group <= last ? 1 : 0;
  return { dimension: index, edge: 0, kinds };
}

/** The edge nearest to the middle between two levels of which none between them has a row. */
function edgeBetween({ edges }: Dimension, lower: number, upper: number): number {
  if (upper - lower === 1) return upper;
  const at = (edge: number) => edges[edge] as number;
  const middle = (at(lower) + at(lower + 1) + at(upper) + at(upper + 1)) / 4;
  let edge = lower + 1;
  while (edge < upper && Math.abs(at(edge + 1) - middle) < Math.abs(at(edge) - middle)) edge += 1;
  return edge;
}
