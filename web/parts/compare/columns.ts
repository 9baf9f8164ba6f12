import { aggregate, type Group } from '#core/aggregate.ts';
import type { Family } from '#core/brief.ts';
import { configurationKey, type Configuration, type Scalar } from '#core/space.ts';
import { leastDifference, type Noise } from '#core/stats/noise.ts';
import { rankContenders, type Contender } from '#core/stats/ranking.ts';
import type { Task } from '#core/task.ts';
import type { Worker } from '#core/worker.ts';
import { gpuText } from '#web/parts/machine.ts';

/** A task with what it belongs to. */
export type Compared = { task: Task; family: Family; worker: Worker | null };

/** One configuration with its seeds: a column of the comparison. */
export type ComparedColumn = {
  letter: string;
  /** What tells its configuration from the others', in short; empty where nothing does. */
  summary: string;
  members: readonly Compared[];
  first: Compared;
  group: Group<Task>;
  /** What it was measured on: the device that the script named, or the machine's. */
  hardware: string;
  /** The index of the set of columns whose values may be ranked against each other. */
  kind: number;
};

/**
 * How a column stands to the best of its kind: by how much its mean differs, and up to which difference it may be noise,
 * null where the noise is not known.
 */
export type Standing = { isBest: boolean; isTie: boolean; by: number; margin: number | null };

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const CPU = 'CPU';
const MOST_TOLD = 2;

/**
 * Tasks as columns: the seeds of one configuration together, in the order in which they were asked for. Columns are of
 * one kind when the same experiment, metric, training time and kind of hardware made their values; only those are ranked.
 */
export function columnsOf(compared: readonly Compared[]): ComparedColumn[] {
  const groups = [...Map.groupBy(compared, ({ task, family }) => `${family.packageSha256} ${task.timeBudgetSeconds} ${configurationKey(task.config)}`).values()];
  const kinds: string[] = [];
  const summaries = summariesOf(groups.map((members) => members[0]?.task.config ?? {}));
  return groups.flatMap((members, index): ComparedColumn[] => {
    const [first] = members;
    if (first === undefined) return [];
    const { family, task } = first;
    const hardware = [...new Set(members.filter((one) => one.task.value !== null).map(hardwareOf))].sort().join(' and ');
    const key = JSON.stringify([family.experiment, family.metric.name, family.metric.direction, task.timeBudgetSeconds, hardware]);
    const kind = kinds.includes(key) ? kinds.indexOf(key) : kinds.push(key) - 1;
    return [{ letter: LETTERS[index] ?? String(index + 1), summary: summaries[index] ?? '', members, first, group: aggregate(members.map((one) => one.task), family.metric), hardware, kind }];
  });
}

/**
 * How each column stands to the best of its kind, by the ranking that the page of a brief uses; null where it has no value.
 *
 * @param noises what is known of the noise of each kind
 */
export function standings(columns: readonly ComparedColumn[], noises: readonly (Noise | null)[]): (Standing | null)[] {
  const contenders = columns.map(({ group }): Contender => ({ config: {}, rollup: group.rollup, runs: [] }));
  const rankings = [...new Set(columns.map((column) => column.kind))].map((kind) => {
    const members = columns.flatMap((column, index) => (column.kind === kind && column.group.rollup.n > 0 ? [index] : []));
    const metric = columns[members[0] ?? 0]?.first.family.metric ?? { direction: 'minimize' };
    return { noise: noises[kind] ?? null, ranking: rankContenders(members.flatMap((index) => contenders[index] ?? []), metric, noises[kind] ?? null) };
  });
  return columns.map((column, index) => {
    const [own, { noise, ranking }] = [contenders[index], rankings[column.kind] ?? { noise: null, ranking: null }];
    if (own === undefined || ranking === null || own.rollup.n === 0) return null;
    const { leader, tied } = ranking;
    const margin = noise === null ? null : leastDifference(noise, own.rollup.n, leader.rollup.n);
    return { isBest: own === leader, isTie: tied.includes(own), by: own.rollup.mean - leader.rollup.mean, margin };
  });
}

/** Of the parameters in which configurations differ at most two, texts before numbers, e.g. `cosine, lr 0.0012`. */
function summariesOf(configs: readonly Configuration[]): string[] {
  const names = [...new Set(configs.flatMap((config) => Object.keys(config)))].filter((name) => new Set(configs.map((config) => (Object.hasOwn(config, name) ? config[name] : null))).size > 1);
  const isText = (name: string) => configs.some((config) => typeof config[name] === 'string');
  const chosen = [...names.filter(isText), ...names.filter((name) => !isText(name))].slice(0, MOST_TOLD);
  return configs.map((config) => chosen.filter((name) => Object.hasOwn(config, name)).map((name) => told(name, config[name])).join(', '));
}

function told(name: string, value: Scalar | undefined): string {
  return typeof value === 'string' ? value : `${name} ${typeof value === 'number' ? String(Number(value.toPrecision(2))) : String(value)}`;
}

/** Scripts that report a device name what computed; otherwise a task that needs a GPU ran on one. */
function hardwareOf({ task, family, worker }: Compared): string {
  const device = task.metrics !== null && Object.hasOwn(task.metrics, 'device') ? task.metrics['device'] : null;
  if (typeof device === 'string' && device !== '') return device;
  return family.requires.gpuVramGb > 0 && worker !== null ? gpuText(worker.hardware) || CPU : CPU;
}
