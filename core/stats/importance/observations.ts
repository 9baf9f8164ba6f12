import { configurationKey, type Configuration } from '#core/space.ts';
import { quantile } from '#core/stats/summary.ts';

/** Configurations with a loss each, lower being better, in the order in which they were first tried. */
export type Observations = {
  configs: Configuration[];
  losses: Float64Array;
  /** The index of the lowest loss. */
  best: number;
  /** How many configurations there are, of which these may be an even sample. */
  total: number;
  /** How many losses were brought in to the fence. */
  capped: number;
};

/** A forest of more rows than these says little more, and takes longer. */
export const MOST_ROWS = 1000;
/** A loss further above the middle half than this many times its width lies at the fence: one diverged run would outweigh all the others. */
const FENCES = 4;
const FEWEST_FOR_FENCES = 8;

/**
 * Means over the seeds of each configuration; an even sample of many, with the best among them. Losses far above all
 * others count as the fence that the pictures draw them at (Tukey 1977, "Exploratory Data Analysis", at four times the
 * middle half).
 */
export function observe(runs: readonly { config: Configuration; loss: number }[], most = MOST_ROWS): Observations {
  const groups = [...Map.groupBy(runs, (run) => configurationKey(run.config)).values()];
  const all = groups.map((own) => ({ config: own[0]?.config ?? {}, loss: own.reduce((sum, run) => sum + run.loss / own.length, 0) }));
  const lowest = all.reduce((best, one, index) => (one.loss < (all[best]?.loss ?? Infinity) ? index : best), 0);
  const kept = sampled(all.length, lowest, most).flatMap((index) => all[index] ?? []);
  const sorted = kept.map((one) => one.loss).sort((left, right) => left - right);
  const [lower, upper] = [quantile(sorted, 0.25), quantile(sorted, 0.75)];
  const fence = sorted.length < FEWEST_FOR_FENCES || upper === lower ? Infinity : upper + FENCES * (upper - lower);
  const losses = Float64Array.from(kept, (one) => Math.min(fence, one.loss));
  return { configs: kept.map((one) => one.config), losses, best: losses.indexOf(sorted[0] ?? 0), total: all.length, capped: kept.filter((one) => one.loss > fence).length };
}

/** Indexes evenly spread over so many, with one that has to be among them. */
function sampled(count: number, needed: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, index) => index);
  const chosen = Array.from({ length: most }, (_, index) => Math.floor((index * count) / most));
  chosen[Math.min(most - 1, Math.floor((needed * most) / count))] = needed;
  return chosen;
}
