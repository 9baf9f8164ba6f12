import type { Brief, Family } from '#core/brief.ts';
import type { Experiment, Metric } from '#core/experiment.ts';
import { addValue, EMPTY_ROLLUP } from '#core/rollup.ts';
import { rankConfigurations } from '#core/stats/ranking.ts';
import type { Task } from '#core/task.ts';
import type { Worker } from '#core/worker.ts';
import type { Run } from '#web/parts/pictures/runs.ts';
import type { Standing } from '#web/parts/standing.ts';
import { MADE_SPACE, madeRuns } from './made-runs.ts';
import { NOW } from './specimen.ts';

const METRIC: Metric = { name: 'val_bpb', direction: 'minimize', above: 0 };
const REQUIRES = { cpuCores: 2, ramGb: 4, gpuVramGb: 0 };

export const MADE_EXPERIMENT: Experiment = {
  name: 'char-lm', title: 'Character-level transformer', description: 'A small decoder-only transformer.', run: ['node', 'train.ts'], needs: { node: '>=26' }, requires: REQUIRES, metric: METRIC,
  timeBudgetSeconds: 60, startupSeconds: 60, graceSeconds: 15, space: MADE_SPACE, bundle: [], synthetic: true,
};

/** Runs of which each configuration has so many seeds, so that its noise is known. */
export function madeSeeds(configurations: number, seeds: number): Run[] {
  return madeRuns(configurations).flatMap((run, index) => Array.from({ length: seeds }, (_, seed): Run => {
    const number = index * seeds + seed + 1;
    return { ...run, id: `specimen-${number}`, number, seed, value: run.value === null ? null : run.value + 0.02 * Math.sin(number * 7.1) };
  }));
}

/** A campaign of these runs; its name is its brief's title. */
export function madeFamily(runs: readonly Run[], changes: Partial<Family> = {}): Family {
  const rollup = runs.reduce((sum, run) => (run.value === null ? sum : addValue(sum, METRIC, run.value, run.id)), EMPTY_ROLLUP);
  const counts = { pending: 19, running: 3, completed: rollup.n, failed: runs.length - rollup.n, cancelled: 0 };
  return {
    id: 'specimen-family', briefId: 'specimen-brief', ownerId: 'local', name: 'Which schedule wins?', experiment: MADE_EXPERIMENT.name, packageSha256: 'a1b2c3d4'.repeat(8), metric: METRIC, baseline: null,
    needs: MADE_EXPERIMENT.needs, requires: REQUIRES, verification: null, state: 'running', counts, rollup, median: null,
    heldMicrocredits: 22_000_000, holdMoves: 1, runCostMicrocredits: 1_000_000, runFeeMicrocredits: 0, version: 1, createdAt: NOW - 3_600_000, ...changes,
  };
}

export function madeBrief(changes: Partial<Brief> = {}): Brief {
  return {
    id: 'specimen-brief', ownerId: 'local', familyId: 'specimen-family', title: 'Which schedule wins?', goal: 'Find out which schedule to use.', experiment: MADE_EXPERIMENT.name, strategy: { name: 'random', seed: 42, options: {} },
    space: MADE_SPACE, numTasks: 60, replicates: 1, timeBudgetSeconds: 60, budgetMicrocredits: 60_000_000, spentMicrocredits: 38_000_000, runPriceMicrocredits: 1_000_000, runFeeMicrocredits: 0, hardwareProfile: 'any', requires: REQUIRES, priority: 0, verification: null,
    state: 'running', createdAt: NOW - 3_600_000, launchedAt: NOW - 3_600_000, finishedAt: null, ...changes,
  };
}

/** Who leads among these runs; null where none has a value. */
export function madeStanding(runs: readonly Run[]): Standing | null {
  const ranking = rankConfigurations(runs, METRIC);
  return ranking === null ? null : { ...ranking, tiedCount: ranking.tied.length, only: null };
}

/** A run as the task that it is of. */
export function madeTask(run: Run, changes: Partial<Task> = {}): Task {
  const { id, number, state, config, seed, value, workerId, startedAt, finishedAt } = run;
  return {
    id, familyId: 'specimen-family', briefId: 'specimen-brief', number, state, config, seed, timeBudgetSeconds: 60, priority: 0, attempt: 1, attemptsBefore: 0, audits: 0, workerId, value,
    metrics: value === null ? null : { [METRIC.name]: value, steps: 1200 + number, device: 'cpu' }, error: value === null ? { kind: 'exit_code', message: 'The script ended with status 1.' } : null, createdAt: NOW - 3_600_000, startedAt, finishedAt, ...changes,
  };
}

export function madeWorker(changes: Partial<Worker> = {}): Worker {
  return {
    id: 'specimen-worker', ownerId: 'local', name: 'lab-3', hardware: { cpuModel: 'Example 9 CPU @ 3.6 GHz', cpuCores: 8, ramGb: 32, gpus: [], platform: 'linux', arch: 'x64' }, runtimes: { node: '26.10.0' }, slots: 2, status: 'active', standing: 'probation', standingReason: null, quarantineOpen: false,
    sandbox: { level: 'limits', network: 'all', memoryGb: 8, diskGb: 10, processes: 1024, lacks: ['bubblewrap (bwrap) is not installed.'] },
    load: { cpuPercent: 93, ramUsedGb: 12.4, gpuPercent: null }, running: 1, completed: 38, failed: 3, lost: 1, lastSeenAt: NOW - 2000, createdAt: NOW - 86_400_000, ...changes,
  };
}
