import { isBetter, type Metric } from './experiment.ts';
import type { Grouping } from './grouping.ts';
import { addValue, EMPTY_ROLLUP, type Rollup } from './rollup.ts';
import { configurationKey, type Configuration } from './space.ts';
import { summarise, type Summary } from './stats/summary.ts';
import type { TaskState } from './task.ts';

/** What a group needs of a task. */
export type Member = { id: string; number: number; state: TaskState; value: number | null; config: Configuration };

/** Runs that are looked at together. */
export type Group<Run extends Member = Member> = {
  runs: Run[];
  rollup: Rollup;
  summary: Summary;
  /** The values from the lowest on. */
  sorted: number[];
  best: (Run & { value: number }) | null;
  failed: number;
};

/** The summary of runs; those without a value count only as members, and as failures where they failed. */
export function aggregate<Run extends Member>(runs: readonly Run[], metric: Pick<Metric, 'direction'>): Group<Run> {
  const valued = runs.filter((run): run is Run & { value: number } => run.value !== null && Number.isFinite(run.value));
  const rollup = valued.reduce((sum, run) => addValue(sum, metric, run.value, run.id), EMPTY_ROLLUP);
  const sorted = valued.map((run) => run.value).sort((left, right) => left - right);
  const best = valued.reduce<(Run & { value: number }) | null>((leader, run) => (leader === null || isBetter(metric, run.value, leader.value) ? run : leader), null);
  return { runs: [...runs], rollup, summary: summarise(rollup, sorted), sorted, best, failed: runs.filter((run) => run.state === 'failed').length };
}

/** The runs of each group of a grouping, in its order; a group that nothing falls into is empty. */
export function aggregateBy<Run extends Member>(runs: readonly Run[], grouping: Grouping, metric: Pick<Metric, 'direction'>): Group<Run>[] {
  const members: Run[][] = grouping.groups.map(() => []);
  for (const run of runs) members[grouping.place(run.config)]?.push(run);
  return members.map((group) => aggregate(group, metric));
}

/** The runs of each configuration: all parameters alike, whatever the seed; in the order of their first runs. */
export function aggregateConfigurations<Run extends Member>(runs: readonly Run[], metric: Pick<Metric, 'direction'>): Group<Run>[] {
  return [...Map.groupBy(runs, (run) => configurationKey(run.config)).values()].map((group) => aggregate(group, metric));
}
