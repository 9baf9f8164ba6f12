import { INACTIVE } from './dimension.ts';

/** Fewer rows than these are sorted; more are counted by level. */
const FEW_ROWS = 16;

/** Where to part groups, and what that leaves explained. */
export type Cut = { after: number; gain: number };

/** The rows of a node by their level in one column, lowest first. One of these serves a whole tree: it is filled again and again. */
export class RowGroups {
  count = 0;
  readonly level: Int32Array;
  readonly sum: Float64Array;
  readonly rows: Int32Array;
  readonly #losses: Float64Array;
  readonly #sumAt: Float64Array;
  readonly #rowsAt: Int32Array;
  readonly #few = new Int32Array(FEW_ROWS);

  /** @param levels the most that any column has */
  constructor(losses: Float64Array, levels: number) {
    const most = Math.max(FEW_ROWS, levels);
    this.#losses = losses;
    [this.level, this.sum, this.rows] = [new Int32Array(most), new Float64Array(most), new Int32Array(most)];
    [this.#sumAt, this.#rowsAt] = [new Float64Array(most), new Int32Array(most)];
  }

  /** There are no groups where the column's parameter is not active in every row. */
  fill(rows: Int32Array, start: number, end: number, column: Uint16Array): void {
    this.count = 0;
    if (end - start <= FEW_ROWS) this.#sort(rows, start, end, column);
    else this.#tally(rows, start, end, column);
  }

  /** Few groups, nearly always: an insertion sort is as quick as any. */
  sortByMean(): void {
    const { level, sum, rows } = this;
    for (let from = 1; from < this.count; from += 1) {
      const [movedLevel, movedSum, movedRows] = [level[from] as number, sum[from] as number, rows[from] as number];
      let place = from;
      for (; place > 0 && (sum[place - 1] as number) / (rows[place - 1] as number) > movedSum / movedRows; place -= 1) {
        level[place] = level[place - 1] as number;
        sum[place] = sum[place - 1] as number;
        rows[place] = rows[place - 1] as number;
      }
      level[place] = movedLevel;
      sum[place] = movedSum;
      rows[place] = movedRows;
    }
  }

  /** The cut that explains most, where it explains more than `least`. */
  bestCut(whole: number, n: number, least: number): Cut | null {
    let [gain, after] = [least, -1];
    let [sum, rows] = [0, 0];
    for (let group = 0; group < this.count - 1; group += 1) {
      sum += this.sum[group] as number;
      rows += this.rows[group] as number;
      const explained = (sum * sum) / rows + ((whole - sum) * (whole - sum)) / (n - rows);
      if (explained <= gain) continue;
      gain = explained;
      after = group;
    }
    return after < 0 ? null : { after, gain };
  }

  #sort(rows: Int32Array, start: number, end: number, column: Uint16Array): void {
    const [few, losses] = [this.#few, this.#losses];
    for (let at = start; at < end; at += 1) {
      const row = rows[at] as number;
      const level = column[row] as number;
      if (level === INACTIVE) return;
      let place = at - start;
      for (; place > 0 && (column[few[place - 1] as number] as number) > level; place -= 1) few[place] = few[place - 1] as number;
      few[place] = row;
    }
    let count = 0;
    for (let place = 0; place < end - start; place += 1) {
      const row = few[place] as number;
      const level = column[row] as number;
      if (count > 0 && this.level[count - 1] === level) {
        this.sum[count - 1] = (this.sum[count - 1] as number) + (losses[row] as number);
        this.rows[count - 1] = (this.rows[count - 1] as number) + 1;
        continue;
      }
      this.level[count] = level;
      this.sum[count] = losses[row] as number;
      this.rows[count] = 1;
      count += 1;
    }
    this.count = count;
  }

  #tally(rows: Int32Array, start: number, end: number, column: Uint16Array): void {
    const [sumAt, rowsAt, losses] = [this.#sumAt, this.#rowsAt, this.#losses];
    let [least, most] = [INACTIVE, 0];
    let isActive = true;
    for (let at = start; at < end; at += 1) {
      const row = rows[at] as number;
      const level = column[row] as number;
      if (level === INACTIVE) {
        isActive = false;
        break;
      }
      sumAt[level] = (sumAt[level] as number) + (losses[row] as number);
      rowsAt[level] = (rowsAt[level] as number) + 1;
      if (level < least) least = level;
      if (level > most) most = level;
    }
    let count = 0;
    for (let level = least; level <= most; level += 1) {
      if (rowsAt[level] === 0) continue;
      this.level[count] = level;
      this.sum[count] = sumAt[level] as number;
      this.rows[count] = rowsAt[level] as number;
      sumAt[level] = 0;
      rowsAt[level] = 0;
      count += 1;
    }
    this.count = isActive ? count : 0;
  }
}
