import { isBetter, type Metric } from '#core/experiment.ts';
import { quantile } from '#core/stats/summary.ts';

/** A task with a value, as pictures need it. */
export type Valued = { id: string; number: number; value: number };

/** A run of tasks as one mark: its quantiles and its best task. */
export type Bin = { from: number; to: number; n: number; low: number; median: number; high: number; best: Valued };

/** The part of the axis that shows the values which matter. */
export type ValueRange = {
  low: number;
  high: number;
  /** The end of the axis on the worse side. */
  worst: number;
  holds: (value: number) => boolean;
  clamp: (value: number) => number;
};

/** A worse value lies beyond the axis when it is further from the middle half than this many times its width. */
const FENCES = 4;
const FEWEST_FOR_FENCES = 8;
const PADDING = 0.06;
/** Below this width an axis has no ticks that doubles can tell apart. */
const NARROWEST = 1e-290;
const MOST_RECORDS = 150;

/**
 * The range of an axis on which one diverged run does not flatten all the others: far outliers on the worse side lie
 * beyond it (Tukey's fences, Tukey 1977, "Exploratory Data Analysis", at four times the middle half). Better values
 * are never cut off.
 */
export function plainRange(tasks: readonly Valued[], metric: Pick<Metric, 'direction'>): ValueRange {
  const values = tasks.map((task) => task.value).sort((left, right) => left - right);
  const [least, most] = [values[0] ?? 0, values.at(-1) ?? 1];
  const [lower, upper] = [quantile(values, 0.25), quantile(values, 0.75)];
  const reach = values.length < FEWEST_FOR_FENCES || upper === lower ? Infinity : FENCES * (upper - lower);
  const isWorseHigh = metric.direction === 'minimize';
  const bottom = isWorseHigh ? least : (values.find((value) => value >= lower - reach) ?? least);
  const summit = isWorseHigh ? (values.findLast((value) => value <= upper + reach) ?? most) : most;
  const padding = Math.max(NARROWEST, summit > bottom ? PADDING * (summit / 4 - bottom / 4) * 4 : Math.abs(summit) * PADDING || 1);
  const [low, high] = [finite(bottom - padding), finite(summit + padding)];
  return {
    low,
    high,
    worst: isWorseHigh ? high : low,
    holds: (value) => value >= bottom && value <= summit,
    clamp: (value) => Math.min(high, Math.max(low, value)),
  };
}

/** The tasks that were the best until their time, in the order given. */
export function records(tasks: readonly Valued[], metric: Pick<Metric, 'direction'>): Valued[] {
  const found: Valued[] = [];
  for (const task of tasks) {
    const before = found.at(-1);
    if (before === undefined || isBetter(metric, task.value, before.value)) found.push(task);
  }
  return found;
}

/** At most 150 of the records: the last of each of equal runs, so that the final best always stays. */
export function thinRecords(found: readonly Valued[]): Valued[] {
  if (found.length <= MOST_RECORDS) return [...found];
  return Array.from({ length: MOST_RECORDS }, (_, run) => found[Math.floor(((run + 1) * found.length) / MOST_RECORDS) - 1]).filter((task) => task !== undefined);
}

/** Tasks in equal runs of numbers from 1 to `last`; runs without a value are left out. */
export function binValues(tasks: readonly Valued[], last: number, bins: number, metric: Pick<Metric, 'direction'>): Bin[] {
  const width = Math.max(1, Math.ceil(last / bins));
  const runs = Map.groupBy(tasks, (task) => Math.floor((task.number - 1) / width));
  return [...runs].map(([run, members]) => {
    const values = members.map((task) => task.value).sort((left, right) => left - right);
    return {
      from: run * width + 1,
      to: Math.min(last, (run + 1) * width),
      n: values.length,
      low: quantile(values, 0.1),
      median: quantile(values, 0.5),
      high: quantile(values, 0.9),
      best: members.reduce((best, task) => (isBetter(metric, task.value, best.value) ? task : best)),
    };
  });
}

function finite(value: number): number {
  return Math.min(Number.MAX_VALUE / 4, Math.max(-Number.MAX_VALUE / 4, value));
}
