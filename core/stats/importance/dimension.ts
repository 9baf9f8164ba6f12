import { countValues, shareOf, type Configuration, type Parameter, type Scalar, type Space } from '#core/space.ts';

/**
 * One column of what trees see. Its values are whole numbers: intervals between `edges`, which are shares of a scale, or
 * kinds without an order, each as likely as the others.
 */
export type Dimension = {
  isOrdered: boolean;
  /** How many intervals or kinds there are. */
  levels: number;
  /** Where the intervals begin and end, from 0 to 1; empty where kinds have no order. */
  edges: Float64Array;
};

/** Configurations as columns of levels, and which columns belong to each of the parameters that differ. */
export type Design = { dimensions: Dimension[]; columns: Uint16Array[]; rows: number; parameters: { name: string; columns: number[] }[] };

/**
 * How parameters become columns, and so what an even spread over the space is.
 *
 * `own`: by the scales on which the space is searched, so that every decade of a logarithmic one counts the same;
 * choices without an order are kinds. `raw`: numbers evenly as they are, and a column of yes and no for each choice,
 * which is what Optuna's fANOVA does and what makes its figures comparable.
 */
export type Coding = 'own' | 'raw';

/** Stands where a parameter is not active. */
export const INACTIVE = 65535;

/** Of more values than the first, as many intervals as the second make no difference to a forest, and each costs time. */
const MOST_DISTINCT = 256;
const INTERVALS = 128;
/** Columns of yes and no have two to the power of their number of cells together; more choices stay kinds. */
const MOST_COLUMNS = 8;

type Column = [Dimension, Uint16Array];

/** The parameters that differ, as columns. */
export function designOf(space: Space, configs: readonly Configuration[], coding: Coding): Design {
  const design: Design = { dimensions: [], columns: [], rows: configs.length, parameters: [] };
  for (const [name, parameter] of Object.entries(space.parameters)) {
    if (countValues(parameter) < 2) continue;
    const values = configs.map((config) => (Object.hasOwn(config, name) ? (config[name] ?? null) : null));
    const columns = columnsOf(parameter, values, coding);
    design.parameters.push({ name, columns: columns.map((_, index) => design.dimensions.length + index) });
    for (const [dimension, column] of columns) {
      design.dimensions.push(dimension);
      design.columns.push(column);
    }
  }
  return design;
}

/** The level in which a share of the scale lies. */
export function levelAt({ edges, levels }: Pick<Dimension, 'edges' | 'levels'>, share: number): number {
  let [low, high] = [0, levels - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((edges[middle] ?? 1) <= share) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The share of the space that each level of a column takes. */
export function widthsOf({ isOrdered, levels, edges }: Dimension): Float64Array {
  return Float64Array.from({ length: levels }, (_, level) => (isOrdered ? (edges[level + 1] ?? 1) - (edges[level] ?? 0) : 1 / levels));
}

function columnsOf(parameter: Parameter, values: readonly (Scalar | null)[], coding: Coding): Column[] {
  if (parameter.type === 'fixed') return [];
  if (parameter.type !== 'choice') return [intervals(values.map((value) => (value === null ? null : coding === 'own' ? shareOf(parameter, value) : rawShare(parameter, value))))];
  const choices = values.map((value) => (value === null ? null : parameter.values.indexOf(value)));
  if (coding === 'raw' && parameter.values.length <= MOST_COLUMNS) return parameter.values.map((_, choice) => yesOrNo(choices, choice));
  if (coding === 'own' && parameter.ordered === true) return [intervals(values.map((value) => (value === null ? null : shareOf(parameter, value))))];
  return [[{ isOrdered: false, levels: parameter.values.length, edges: new Float64Array(0) }, Uint16Array.from(choices, (choice) => (choice === null || choice < 0 ? INACTIVE : choice))]];
}

/** A whole number has its place between halves, so that each takes the same part. */
function rawShare(parameter: Extract<Parameter, { low: number }>, value: Scalar): number {
  const half = parameter.type === 'int' ? (parameter.step ?? 1) / 2 : 0;
  const share = (Number(value) - parameter.low + half) / (parameter.high - parameter.low + 2 * half);
  return Math.min(1, Math.max(0, share));
}

function yesOrNo(choices: readonly (number | null)[], choice: number): Column {
  return [{ isOrdered: true, levels: 2, edges: Float64Array.of(0, 0.5, 1) }, Uint16Array.from(choices, (one) => (one === null ? INACTIVE : one === choice ? 1 : 0))];
}

function intervals(shares: readonly (number | null)[]): Column {
  const edges = edgesOf(shares.filter((share) => share !== null).sort((left, right) => left - right));
  const dimension: Dimension = { isOrdered: true, levels: edges.length - 1, edges };
  return [dimension, Uint16Array.from(shares, (share) => (share === null ? INACTIVE : levelAt(dimension, share)))];
}

/** An edge in the middle between neighbours, so that each interval has a value of its own; quantiles where there are too many. */
function edgesOf(sorted: readonly number[]): Float64Array {
  const distinct = sorted.filter((share, index) => index === 0 || share !== sorted[index - 1]);
  const chosen = distinct.length <= MOST_DISTINCT ? distinct : [...new Set(Array.from({ length: INTERVALS }, (_, index) => sorted[Math.floor(((index + 0.5) * sorted.length) / INTERVALS)] ?? 0))];
  const between = chosen.slice(1).map((share, index) => (share + (chosen[index] ?? 0)) / 2);
  return Float64Array.from([0, ...between, 1]);
}
