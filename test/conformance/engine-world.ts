import assert from 'node:assert/strict';
import { before } from 'node:test';
import { actionsFor, type BriefRequest } from '#core/brief.ts';
import type { Outcome, Refusal } from '#core/errors.ts';
import type { Experiment } from '#core/experiment.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { seededRandom } from '#core/random.ts';
import type { Result } from '#core/result.ts';
import type { Task } from '#core/task.ts';
import { changeBrief } from '#engine/change-brief.ts';
import { claimTasks, type ClaimedTask } from '#engine/claim-task.ts';
import type { Engine } from '#engine/engine.ts';
import type { LeaseClaim } from '#engine/lease.ts';
import { newLedgerSigner } from '#engine/ledger-crypto.ts';
import { registerExperiment } from '#engine/register-experiment.ts';
import { registerWorker, type WorkerIntroduction } from '#engine/register-worker.ts';
import { submitBrief } from '#engine/submit-brief.ts';
import { findBrief, listBriefs } from '#store/brief.ts';
import type { Store } from '#store/seam.ts';
import { listTasks } from '#store/task.ts';
import type { TestDatabase } from './databases.ts';
import { SAMPLE_EXPERIMENT } from './samples.ts';
import { START_MS } from './start.ts';

/** An engine on a test database whose clock and chance belong to the test, and shorthands for what tests do most. */
export type World = {
  engine: Engine;
  clock: { now: number };
  /** One line per change of state, as the engine logged them. */
  logged: { level: string; fields: Record<string, unknown>; message: string }[];
  submit(changes?: Partial<BriefRequest>): Promise<{ briefId: string; familyId: string }>;
  register(changes?: Partial<WorkerIntroduction>): Promise<string>;
  claim(workerId: string, slots?: number): Promise<ClaimedTask[]>;
  tasks(familyId: string): Promise<Task[]>;
  /** Cancels every brief that is not over, so that a test begins with an empty queue. */
  emptyQueue(): Promise<void>;
};

export const LEASE_MS = 60_000;
export const DEADLINE_SLACK_MS = 30_000;

export const SAMPLE_REQUEST: BriefRequest = {
  title: 'A campaign',
  goal: '',
  experiment: SAMPLE_EXPERIMENT.name,
  strategy: { name: 'random', seed: 42, options: {} },
  space: { parameters: {}, constraints: [] },
  numTasks: 4,
  replicates: 1,
  timeBudgetSeconds: null,
  budgetMicrocredits: 1_000_000_000,
  hardwareProfile: 'any',
  requires: {},
  priority: 0,
  verification: null,
  draft: false,
};

export const SAMPLE_INTRODUCTION: WorkerIntroduction = {
  name: 'A worker',
  hardware: { cpuModel: 'A CPU', cpuCores: 8, ramGb: 16, gpus: [], platform: 'linux', arch: 'x64' },
  runtimes: { node: '26.10.0' },
  slots: 1,
  sandbox: null,
};

/** The world of a suite, with the sample experiment registered before its first test. */
export function worldOn(database: TestDatabase, experiments: Experiment[] = [SAMPLE_EXPERIMENT]): World {
  const world = worldAround(() => database.store);
  before(() => registerSamples(world, experiments));
  return world;
}

/** Makes experiments known to a world. */
export async function registerSamples({ engine }: World, experiments: Experiment[] = [SAMPLE_EXPERIMENT]): Promise<void> {
  for (const experiment of experiments) await registerExperiment(engine, { experiment, archive: new TextEncoder().encode(experiment.name), script: 'export {};\n' });
}

/** A world around a store, which may be another one after each look. */
export function worldAround(store: () => Store, seed = 1): World {
  const random = seededRandom(seed);
  const clock = { now: START_MS };
  const logged: World['logged'] = [];
  const log = (level: string) => (fields: Record<string, unknown>, message: string) => void logged.push({ level, fields, message });
  const engine: Engine = {
    get store() {
      return store();
    },
    now: () => clock.now,
    randomBytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
    settings: { heartbeatMs: 10_000, leaseMs: LEASE_MS, deadlineSlackMs: DEADLINE_SLACK_MS },
    log: { info: log('info'), warn: log('warn'), error: log('error') },
    ledgerSigner: newLedgerSigner(),
    refreshExperiments: async () => undefined,
  };
  return {
    engine,
    clock,
    logged,
    async submit(changes = {}) {
      const { briefId } = accepted(await submitBrief(engine, LOCAL_ID, { ...SAMPLE_REQUEST, ...changes }, null));
      const brief = await findBrief(engine.store.reader, briefId);
      assert.ok(brief !== null);
      return { briefId, familyId: brief.familyId };
    },
    async register(changes = {}) {
      return accepted(await registerWorker(engine, LOCAL_ID, { ...SAMPLE_INTRODUCTION, ...changes }, null)).workerId;
    },
    async claim(workerId, slots = 1) {
      return accepted(await claimTasks(engine, workerId, slots));
    },
    async emptyQueue() {
      for (const brief of await listBriefs(engine.store.reader, { limit: 1000, before: null, state: null })) {
        if (actionsFor(brief.state).includes('cancel')) accepted(await changeBrief(engine, brief.id, 'cancel'));
      }
    },
    tasks: (familyId) => listTasks(engine.store.reader, { limit: 500, sort: 'oldest', after: null, familyId, state: null, workerId: null }),
  };
}

/** The value of an outcome that must be accepted. */
export function accepted<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) assert.fail(`refused: ${JSON.stringify(outcome.refusal)}`);
  return outcome.value;
}

/** The refusal of an outcome that must be refused. */
export function refused<T>(outcome: Outcome<T>): Refusal {
  if (outcome.ok) assert.fail(`accepted: ${JSON.stringify(outcome.value)}`);
  return outcome.refusal;
}

/** What the worker shows to prove that a claimed task is in its hands. */
export function leaseOf(claimed: ClaimedTask): LeaseClaim {
  assert.ok(claimed.task.workerId !== null);
  return { taskId: claimed.task.id, workerId: claimed.task.workerId, attempt: claimed.task.attempt, leaseToken: claimed.leaseToken };
}

/** The first of some things, which must exist. */
export function firstOf<T>(things: readonly T[]): T {
  const [first] = things;
  if (first === undefined) assert.fail('there is nothing here');
  return first;
}

/** A result with a value of the sample experiment's metric. */
export function completed(value: number): Result {
  return { outcome: 'completed', metrics: { val_bpb: value, steps_completed: 10 }, error: null };
}

export const CRASHED: Result = { outcome: 'failed', metrics: {}, error: { kind: 'exit_code', message: 'The script ended with exit code 1.' } };
