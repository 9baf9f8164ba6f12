import { NO_COUNTS, type Brief, type Family } from '#core/brief.ts';
import type { Experiment } from '#core/experiment.ts';
import { EMPTY_ROLLUP } from '#core/rollup.ts';
import type { Attempt, Task } from '#core/task.ts';
import type { Worker } from '#core/worker.ts';
import { insertBrief } from '#store/brief.ts';
import { insertPackage, setCurrentPackage, type Package } from '#store/experiment.ts';
import { insertFamily, saveFamily } from '#store/family.ts';
import { insertAccount } from '#store/ledger.ts';
import type { Store, Tx } from '#store/seam.ts';
import { insertTasks } from '#store/task.ts';
import { insertWorker } from '#store/worker.ts';
import { START_MS } from './start.ts';

/** A small experiment with every kind of parameter, for tests. */
export const SAMPLE_EXPERIMENT: Experiment = {
  name: 'sample',
  title: 'A sample',
  description: 'Nothing is trained.',
  run: ['node', 'train.ts'],
  needs: { node: '>=26' },
  requires: { cpuCores: 1, ramGb: 1, gpuVramGb: 0 },
  metric: { name: 'val_bpb', direction: 'minimize', above: 0 },
  timeBudgetSeconds: 60,
  startupSeconds: 20,
  graceSeconds: 15,
  space: {
    parameters: {
      lr: { type: 'log', low: 0.0001, high: 0.01 },
      d_model: { type: 'choice', values: [32, 64, 128], ordered: true },
      n_heads: { type: 'choice', values: [2, 4] },
      optimizer: { type: 'choice', values: ['adam', 'sgd'] },
      momentum: { type: 'uniform', low: 0, high: 0.99, when: { optimizer: ['sgd'] } },
      d_ff: { type: 'int', low: 64, high: 512, step: 64 },
    },
    constraints: ['d_model % n_heads == 0'],
  },
  bundle: [],
  synthetic: false,
};

export const SAMPLE_PACKAGE: Package = {
  sha256: 'a'.repeat(64),
  experiment: SAMPLE_EXPERIMENT,
  script: 'export {};\n',
  archiveBase64: 'AAEC/w==',
  createdAt: START_MS,
};

export function sampleBrief(id: string, changes: Partial<Brief> = {}): Brief {
  return {
    id,
    ownerId: 'local',
    familyId: `family-of-${id}`,
    title: `Brief ${id}`,
    goal: '',
    experiment: 'sample',
    strategy: { name: 'random', seed: 42, options: {} },
    space: SAMPLE_EXPERIMENT.space,
    numTasks: 10,
    replicates: 1,
    timeBudgetSeconds: 60,
    budgetMicrocredits: 10_000_000,
    spentMicrocredits: 0,
    runPriceMicrocredits: 1_000_000,
    runFeeMicrocredits: 0,
    hardwareProfile: 'any',
    requires: SAMPLE_EXPERIMENT.requires,
    priority: 0,
    verification: null,
    state: 'running',
    createdAt: START_MS,
    launchedAt: START_MS,
    finishedAt: null,
    ...changes,
  };
}

export function sampleFamily(brief: Brief, changes: Partial<Family> = {}): Family {
  return {
    id: brief.familyId,
    briefId: brief.id,
    ownerId: brief.ownerId,
    name: brief.title,
    experiment: brief.experiment,
    packageSha256: SAMPLE_PACKAGE.sha256,
    metric: SAMPLE_EXPERIMENT.metric,
    baseline: null,
    needs: SAMPLE_EXPERIMENT.needs,
    requires: brief.requires,
    verification: brief.verification,
    state: brief.state,
    counts: NO_COUNTS,
    rollup: EMPTY_ROLLUP,
    median: null,
    heldMicrocredits: 0,
    holdMoves: 0,
    runCostMicrocredits: brief.runPriceMicrocredits + brief.runFeeMicrocredits,
    runFeeMicrocredits: brief.runFeeMicrocredits,
    version: 0,
    createdAt: brief.createdAt,
    ...changes,
  };
}

export function sampleTask(family: Pick<Family, 'id' | 'briefId'>, number: number, changes: Partial<Task> = {}): Task {
  return {
    id: `${family.id}-${number}`,
    familyId: family.id,
    briefId: family.briefId,
    number,
    state: 'pending',
    config: { lr: 0.001, d_model: 64, number },
    seed: 42 + number,
    timeBudgetSeconds: 60,
    priority: 0,
    attempt: 0,
    attemptsBefore: 0,
    audits: 0,
    workerId: null,
    value: null,
    metrics: null,
    error: null,
    createdAt: START_MS,
    startedAt: null,
    finishedAt: null,
    ...changes,
  };
}

export function sampleWorker(id: string, changes: Partial<Worker> = {}): Worker {
  return {
    id,
    ownerId: 'local',
    name: `Worker ${id}`,
    hardware: { cpuModel: 'A CPU', cpuCores: 8, ramGb: 15.5, gpus: [], platform: 'linux', arch: 'x64' },
    runtimes: { node: '26.10.0', torch: false },
    slots: 2,
    sandbox: { level: 'bubblewrap', network: 'none', memoryGb: 4, diskGb: 10, processes: 1024, lacks: [] },
    status: 'active',
    standing: 'probation',
    standingReason: null,
    quarantineOpen: false,
    load: null,
    running: 0,
    completed: 0,
    failed: 0,
    lost: 0,
    createdAt: START_MS,
    lastSeenAt: START_MS,
    ...changes,
  };
}

export function sampleAttempt(task: Pick<Task, 'id'>, workerId: string, changes: Partial<Attempt> = {}): Attempt {
  return {
    taskId: task.id,
    attempt: 1,
    workerId,
    leaseToken: `token of ${task.id}`,
    state: 'running',
    leaseExpiresAt: START_MS + 60_000,
    deadlineAt: START_MS + 120_000,
    metrics: null,
    error: null,
    startedAt: START_MS,
    finishedAt: null,
    purpose: 'run',
    verification: null,
    ...changes,
  };
}

/** Registers the sample experiment. */
export async function storeExperiment(store: Store): Promise<void> {
  await store.write(async (tx) => {
    await insertPackage(tx, SAMPLE_PACKAGE);
    await setCurrentPackage(tx, SAMPLE_EXPERIMENT.name, SAMPLE_PACKAGE.sha256, START_MS);
  });
}

/** Writes a worker with its account. */
export async function storeWorker(store: Store, worker: Worker): Promise<Worker> {
  await store.write(async (tx) => {
    await insertAccount(tx, { id: worker.id, kind: 'worker', name: worker.name }, worker.createdAt);
    await insertWorker(tx, worker);
  });
  return worker;
}

/** Writes a brief with its family and that many pending tasks, for which it holds what they cost. */
export async function storeBrief(store: Store, brief: Brief, tasks: number, changes: Partial<Family> = {}): Promise<{ brief: Brief; family: Family; tasks: Task[] }> {
  const family = sampleFamily(brief, { counts: { ...NO_COUNTS, pending: tasks }, heldMicrocredits: tasks * brief.runPriceMicrocredits, holdMoves: 1, ...changes });
  const all = Array.from({ length: tasks }, (_, index) => sampleTask(family, index + 1));
  await store.write(async (tx: Tx) => {
    await insertBrief(tx, brief);
    await insertFamily(tx, family);
    await insertTasks(tx, all, brief.ownerId);
    await saveFamily(tx, family);
  });
  return { brief, family, tasks: all };
}
