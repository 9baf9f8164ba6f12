import type { Configuration, Parameter, Scalar } from './space.ts';

/** Which configurations belong to a group. */
export type Condition =
  | { kind: 'equal'; value: Scalar }
  /** At least `from` and less than `below`; null where there is no such end. */
  | { kind: 'range'; from: number | null; below: number | null }
  | { kind: 'absent' }
  | { kind: 'other' };

/** A partition of configurations by one parameter. */
export type Grouping = {
  name: string;
  groups: readonly { label: string; condition: Condition }[];
  /** The index of the group that a configuration falls into. */
  place: (config: Configuration) => number;
};

/** Up to this many values each get a group of their own. */
const MOST_VALUES = 8;
/** More numbers than that are parted into this many bins, about equally full. */
const BINS = 5;
/** An end may lie this share of all values away from its quantile where that makes it a rounder number. */
const SLACK = 0.03;
const ABSENT = 'not set';

/**
 * Groups by the values of one parameter that occur. Many distinct numbers become bins between their quantiles, whose
 * ends are rounded to as few digits as keep the values on their sides; ends lie in the middle of their neighbours, on a
 * log scale where the parameter has one. Of many distinct texts the most frequent stay, and the rest is one group.
 *
 * @param parameter how the space describes it, where it does; choices keep its order
 */
export function groupBy(name: string, configs: readonly Configuration[], parameter: Parameter | null = null): Grouping {
  const values = configs.flatMap((config) => (Object.hasOwn(config, name) ? [config[name] as Scalar] : []));
  const distinct = [...new Set(values)];
  const numbers = values.filter((value) => typeof value === 'number');
  const isAbsent = values.length < configs.length;
  if (distinct.length > MOST_VALUES && numbers.length === values.length) return binned(name, numbers, isLog(parameter), isAbsent);
  const chosen = distinct.length > MOST_VALUES ? mostFrequent(values) : distinct.sort(inOrder(parameter));
  const places = new Map(chosen.map((value, index) => [value, index]));
  const other = chosen.length < distinct.length ? chosen.length : -1;
  const absent = chosen.length + (other < 0 ? 0 : 1);
  return {
    name,
    groups: [
      ...chosen.map((value) => ({ label: String(value), condition: { kind: 'equal', value } as const })),
      ...(other < 0 ? [] : [{ label: `${distinct.length - chosen.length} others`, condition: { kind: 'other' } as const }]),
      ...(isAbsent ? [{ label: ABSENT, condition: { kind: 'absent' } as const }] : []),
    ],
    place: (config) => (Object.hasOwn(config, name) ? (places.get(config[name] as Scalar) ?? other) : absent),
  };
}

function binned(name: string, numbers: readonly number[], log: boolean, isAbsent: boolean): Grouping {
  const sorted = [...numbers].sort((left, right) => left - right);
  const edges = edgesOf(sorted, log && (sorted[0] ?? 0) > 0);
  const ends = [null, ...edges, null];
  const bins = ends.slice(1).map((below, index) => ({ from: ends[index] ?? null, below }));
  return {
    name,
    groups: [
      ...bins.map(({ from, below }) => ({ label: rangeLabel(from, below), condition: { kind: 'range', from, below } as const })),
      ...(isAbsent ? [{ label: ABSENT, condition: { kind: 'absent' } as const }] : []),
    ],
    place: (config) => {
      const value = config[name];
      return typeof value === 'number' ? edges.filter((edge) => value >= edge).length : bins.length;
    },
  };
}

/** Ends between neighbouring values about the quantiles, each once: of those near enough the one with the fewest digits. */
function edgesOf(sorted: readonly number[], log: boolean): number[] {
  const slack = Math.floor(sorted.length * SLACK);
  const edges = Array.from({ length: BINS - 1 }, (_, index) => {
    const wanted = Math.round(((index + 1) * sorted.length) / BINS);
    const around = Array.from({ length: 2 * slack + 1 }, (__, step) => wanted + (step % 2 === 0 ? step / 2 : -(step + 1) / 2));
    // Where all about the quantile is one value, the next step up parts it from the rest.
    const step = sorted.findIndex((value, at) => at >= wanted && value > (sorted[at - 1] ?? value));
    const candidates = [...around, ...(around.some((at) => sorted[at] !== sorted[at - 1]) ? [] : [step])].flatMap((at) => {
      const [below, above] = [sorted[at - 1], sorted[at]];
      return below === undefined || above === undefined || below === above ? [] : [roundBetween(below, above, log)];
    });
    return candidates.reduce<number | null>((best, edge) => (best === null || String(edge).length < String(best).length ? edge : best), null) ?? [];
  });
  return [...new Set(edges.flat())].sort((left, right) => left - right);
}

/** The middle of two numbers, with the fewest digits that keep it above the lower and at most the upper one. */
function roundBetween(below: number, above: number, log: boolean): number {
  const middle = log && below > 0 ? Math.sqrt(below) * Math.sqrt(above) : below / 2 + above / 2;
  for (let digits = 1; digits <= 15; digits += 1) {
    const rounded = Number(middle.toPrecision(digits));
    if (rounded > below && rounded <= above) return rounded;
  }
  return above;
}

function rangeLabel(from: number | null, below: number | null): string {
  if (from === null) return below === null ? 'all' : `< ${below}`;
  return below === null ? `≥ ${from}` : `${from} … ${below}`;
}

function mostFrequent(values: readonly Scalar[]): Scalar[] {
  const counts = [...Map.groupBy(values, (value) => value)].map(([value, same]) => ({ value, count: same.length }));
  return counts.sort((left, right) => right.count - left.count || compare(left.value, right.value)).slice(0, MOST_VALUES - 1).map(({ value }) => value);
}

function inOrder(parameter: Parameter | null): (left: Scalar, right: Scalar) => number {
  const order = parameter?.type === 'choice' ? parameter.values : [];
  return (left, right) => order.indexOf(left) - order.indexOf(right) || compare(left, right);
}

function compare(left: Scalar, right: Scalar): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  return String(left) < String(right) ? -1 : String(left) > String(right) ? 1 : 0;
}

function isLog(parameter: Parameter | null): boolean {
  return parameter?.type === 'log' || (parameter?.type === 'int' && parameter.log === true);
}
