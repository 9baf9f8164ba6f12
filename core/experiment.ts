import type { Space } from './space.ts';
import { NETWORK, type Needs, type Requirements } from './worker.ts';

/** The number an experiment reports: its name, which way is better, and the bound every real value lies above. */
export type Metric = { name: string; direction: 'minimize' | 'maximize'; above: number | null };

/** A file that an experiment declares to be data: its path in the package, and the hash of its bytes. */
export type DataFile = { path: string; sha256: string };

/** What can be run: the contract of a script, as its `experiment.yaml` declares it. */
export type Experiment = {
  name: string;
  title: string;
  description: string;
  run: string[];
  needs: Needs;
  requires: Requirements;
  metric: Metric;
  timeBudgetSeconds: number;
  startupSeconds: number;
  graceSeconds: number;
  space: Space;
  /** npm packages packed beside the script, so that it runs where nothing is installed. */
  bundle: string[];
  /** Files of the package that are data, with their own hashes; absent in packages of before, where only the package's hash covers them. */
  data?: DataFile[];
  /** A synthetic experiment reports made-up values and says so on every page. */
  synthetic: boolean;
};

/** Whether a task of this experiment may reach the network where the worker's owner allows it. */
export function asksForNetwork({ needs }: Pick<Experiment, 'needs'>): boolean {
  return needs[NETWORK] === true;
}

/** Whether value `a` is better than `b` for the metric. */
export function isBetter(metric: Pick<Metric, 'direction'>, a: number, b: number): boolean {
  return metric.direction === 'minimize' ? a < b : a > b;
}
