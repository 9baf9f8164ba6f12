import { isBetter, type Metric } from '#core/experiment.ts';
import { parseFilter, printFilter } from '#core/filter.ts';
import type { Field, Filter, Term } from '#core/filter/language.ts';
import type { Scalar, Space } from '#core/space.ts';
import { quantile } from '#core/stats/summary.ts';
import { count, countOf, measuredText } from '#web/parts/number.ts';
import { paths, withQuery, type Query } from '#web/paths.ts';
import type { Axis } from './axis.ts';
import type { Run } from './runs.ts';

/** What every picture of a family knows beside its runs. */
export type Study = {
  metric: Metric;
  space: Space;
  /** The page that shows the picture, without a filter: what filters in the picture leads back to it. */
  page: { path: string; query: Query };
  /** The filter of the address; runs that do not pass it are dimmed already. */
  filter: string;
};

/** A run with a value. */
export type ValuedRun = Run & { value: number };

/** Runs that lie in one place of a picture as one mark: their quantiles and the best of them. */
export type Heap = { index: number; n: number; passing: number; low: number; median: number; high: number; best: ValuedRun };

/** Runs that have a value, in the order given. */
export function valuedRuns(runs: readonly Run[]): ValuedRun[] {
  return runs.filter((run): run is ValuedRun => run.value !== null && Number.isFinite(run.value));
}

/** The best first; equal ones by number. */
export function bestFirst(runs: readonly ValuedRun[], metric: Metric): ValuedRun[] {
  return runs.toSorted((left, right) => (left.value === right.value ? left.number - right.number : isBetter(metric, left.value, right.value) ? -1 : 1));
}

/** The best run; the first of equal ones. */
export function bestOf(runs: readonly ValuedRun[], metric: Metric): ValuedRun | undefined {
  return runs.reduce<ValuedRun | undefined>((best, run) => (best === undefined || isBetter(metric, run.value, best.value) ? run : best), undefined);
}

/** Heaps of runs by an index, which is null for those that belong to none; in the order of their indexes. */
export function heapsOf(runs: readonly ValuedRun[], metric: Metric, indexOf: (run: ValuedRun) => number | null): Heap[] {
  const groups = Map.groupBy(runs, indexOf);
  return [...groups]
    .flatMap(([index, members]): Heap[] => {
      const passing = members.filter((run) => run.dimmed !== true);
      const best = bestOf(passing, metric) ?? bestOf(members, metric);
      if (index === null || best === undefined) return [];
      const sorted = Float64Array.from(members, (run) => run.value).sort();
      const at = (share: number) => quantile(sorted, share);
      return [{ index, n: members.length, passing: passing.length, low: at(0.1), median: at(0.5), high: at(0.9), best }];
    })
    .toSorted((left, right) => left.index - right.index);
}

/** What a heap's mark says when it is pointed at. */
export function heapTitle(metric: Metric, where: (heap: Heap) => string): (heap: Heap) => string {
  return (heap) => `${where(heap)}: n ${count(heap.n)}, ${metric.name} median ${measuredText(heap.median)}, middle 80 % from ${measuredText(heap.low)} to ${measuredText(heap.high)}; best ${measuredText(heap.best.value)} at #${heap.best.number}`;
}

/** The value of a parameter in a run; undefined where it is not active. */
export function parameterOf(run: Pick<Run, 'config'>, name: string): Scalar | undefined {
  return Object.hasOwn(run.config, name) ? run.config[name] : undefined;
}

/** The page of a run: where its mark leads. */
export function runLink(run: Pick<Run, 'id'>): string {
  return paths.task(run.id);
}

/** What the mark of a run says: its number and its value. */
export function runTitle(metric: Metric): (run: ValuedRun) => string {
  return (run) => `#${run.number}: ${metric.name} ${measuredText(run.value)}`;
}

/** The filter of a study; one that cannot be read filters nothing. */
export function filterOf(study: Pick<Study, 'filter' | 'space' | 'metric'>): Filter {
  const parsed = parseFilter(study.filter, { parameters: study.space.parameters, metric: study.metric.name });
  return parsed.ok ? parsed.filter : { terms: [] };
}

/** The page with other terms for one field in its filter. */
export function filterLink(study: Study, field: Field, terms: readonly Omit<Term, 'field' | 'negated'>[]): string {
  const others = filterOf(study).terms.filter((term) => !isSame(term.field, field));
  const filter = printFilter({ terms: [...others, ...terms.map((term) => ({ ...term, field, negated: false }))] });
  return withQuery(study.page.path, { ...study.page.query, filter });
}

/** The page with the runs of one choice alone, or, where that is so already, with those of every choice again. */
export function choiceLink(study: Study, axis: Axis, choice: Scalar): string {
  const term = { comparator: '=' as const, values: [filterValue(choice)] };
  const isChosen = filterOf(study).terms.some((one) => isSame(one.field, axis.field) && one.values.length === 1 && one.values[0]?.text === String(choice));
  return filterLink(study, axis.field, isChosen ? [] : [term]);
}

/** The page with the runs whose value of a field lies in a range, the upper end left out unless `closed`. */
export function rangeLink(study: Study, field: Field, low: number, high: number, closed = false): string {
  return filterLink(study, field, [
    { comparator: '>=', values: [filterValue(low)] },
    { comparator: closed ? '<=' : '<', values: [filterValue(high)] },
  ]);
}

/** A field as it is written in a filter. */
export function fieldText(field: Field): string {
  return printFilter({ terms: [{ field, comparator: '>=', values: [filterValue(0)], negated: false }] }).replace(/>=0$/, '');
}

/** Whether two terms are about the same field. */
export function isSame(left: Field, right: Field): boolean {
  return left.of === right.of && left.name === right.name;
}

/** How many runs a picture shows, and what it leaves out, for its caption. */
export function runsText(runs: readonly Run[], valued: readonly ValuedRun[]): string {
  const failed = runs.filter((run) => run.state === 'failed').length;
  const dimmed = valued.filter((run) => run.dimmed === true).length;
  return [countOf(valued.length, 'run'), dimmed === 0 ? '' : `${count(valued.length - dimmed)} pass the filter`, failed === 0 ? '' : `${count(failed)} failed`].filter((part) => part !== '').join(', ');
}

/** The range of values of an axis for the metric; a log scale where all are positive and span more than two decades. */
export function valueAxis(metric: Metric, range: { low: number; high: number }, values: readonly number[]): Axis {
  const least = values.reduce((left, right) => Math.min(left, right), Infinity);
  const isLog = least > 0 && range.high / least > 100;
  return { name: metric.name, field: { of: 'task', name: 'value' }, scale: isLog ? 'log' : 'linear', low: isLog ? Math.max(range.low, least) : range.low, high: range.high, whole: false, choices: [] };
}

function filterValue(value: Scalar): Term['values'][number] {
  return typeof value === 'number' ? { kind: 'number', text: String(value), number: value } : { kind: 'word', text: String(value) };
}
