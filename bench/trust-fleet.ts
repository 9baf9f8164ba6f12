import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BriefRequest } from '#core/brief.ts';
import { assert, type Outcome } from '#core/errors.ts';
import type { Experiment } from '#core/experiment.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { seededRandom, shuffled } from '#core/random.ts';
import { DEFAULT_VERIFICATION } from '#core/verify.ts';
import { addAccount } from '#engine/add-account.ts';
import { claimTasks, type ClaimedTask } from '#engine/claim-task.ts';
import type { Engine } from '#engine/engine.ts';
import { finishTask } from '#engine/finish-task.ts';
import { newLedgerSigner } from '#engine/ledger-crypto.ts';
import { registerExperiment } from '#engine/register-experiment.ts';
import { registerWorker } from '#engine/register-worker.ts';
import { submitBrief } from '#engine/submit-brief.ts';
import { setQuarantinedAside } from '#engine/set-quarantined-aside.ts';
import { sweep } from '#engine/sweep.ts';
import { openStore } from '#store/open.ts';
import { report, type Behaviour, type Machine } from './trust-machines.ts';

/** A fleet to simulate: how many machines, which share of them lies and how, and how much work there is for each. */
export type FleetPlan = { behaviour: Exclude<Behaviour, 'honest'>; machines: number; liarShare: number; tasksPerMachine: number; turns: { sleeper: number; pair: number }; seed: number };

/** Every run that a machine reported, by task and attempt. */
export type Ran = { workerId: string; isFalse: boolean };

/** A fleet that has worked: its engine, its machines and what they did. */
export type WorkedFleet = { engine: Engine; machines: Machine[]; ran: ReadonlyMap<string, Ran> };

const BUDGET_SECONDS = 60;
const START_MS = Date.UTC(2026, 0, 1);
const ROUNDS_PER_SWEEP = 4;
/** A fleet that has nothing to do for so many rounds, swept each time, is done. */
const IDLE_ROUNDS = 3;
const TASKS_PER_BRIEF = 5000;
/** A stream of chance of its own, beside those of the machines. */
const ORDER_STREAM = 1_000_003;

const EXPERIMENT: Experiment = {
  name: 'simulated', title: 'Simulated', description: 'Values that a simulation makes.', run: ['none'], needs: {}, requires: { cpuCores: 0, ramGb: 0, gpuVramGb: 0 },
  metric: { name: 'val_bpb', direction: 'minimize', above: 0 }, timeBudgetSeconds: BUDGET_SECONDS, startupSeconds: 20, graceSeconds: 15,
  space: { parameters: { x: { type: 'uniform', low: 0, high: 10 }, y: { type: 'uniform', low: 0, high: 10 } }, constraints: [] }, bundle: [], synthetic: true,
};

const REQUEST: BriefRequest = {
  title: 'Simulated campaign', goal: '', experiment: EXPERIMENT.name, strategy: { name: 'random', seed: 1, options: {} }, space: { parameters: {}, constraints: [] }, numTasks: 2, replicates: 2,
  timeBudgetSeconds: BUDGET_SECONDS, budgetMicrocredits: 100_000_000_000, hardwareProfile: 'any', requires: {}, priority: 0, draft: false, verification: DEFAULT_VERIFICATION,
};

/**
 * Lets a simulated fleet work off campaigns with the default verification: the machines are made up, and the engine, its
 * store, its ledger and its audits are the real ones, by a clock that jumps from one round of runs to the next.
 *
 * @param use what is done with the fleet before its database is removed
 */
export async function simulateFleet<T>(plan: FleetPlan, use: (fleet: WorkedFleet) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'xeenet-trust-'));
  const clock = { now: START_MS };
  const now = () => clock.now;
  const store = await openStore({ databaseUrl: null, dataDir: folder, now, onTrouble: () => undefined });
  try {
    const random = seededRandom(plan.seed);
    const quiet = () => undefined;
    const engine: Engine = {
      store, now,
      randomBytes: (count) => Uint8Array.from({ length: count }, () => Math.floor(random() * 256)),
      settings: { heartbeatMs: 10_000, leaseMs: 3_600_000, deadlineSlackMs: 30_000 },
      log: { info: quiet, warn: quiet, error: quiet },
      ledgerSigner: newLedgerSigner(),
      refreshExperiments: async () => undefined,
    };
    await registerExperiment(engine, { experiment: EXPERIMENT, archive: new TextEncoder().encode(EXPERIMENT.name), script: '' });
    const machines = await enrol(engine, plan);
    for (let left = plan.tasksPerMachine * plan.machines, number = 1; left > 0; left -= TASKS_PER_BRIEF, number += 1) {
      const numTasks = 2 * Math.ceil(Math.min(left, TASKS_PER_BRIEF) / 2);
      taken(await submitBrief(engine, LOCAL_ID, { ...REQUEST, title: `Simulated campaign ${number}`, numTasks, strategy: { ...REQUEST.strategy, seed: plan.seed + number } }, null));
    }
    return await use({ engine, machines, ran: await work(engine, clock, machines, plan) });
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Each machine has an owner of its own; liars of a pair know each other's workers. */
async function enrol(engine: Engine, { behaviour, machines: count, liarShare, seed }: FleetPlan): Promise<Machine[]> {
  const liars = Math.round(count * liarShare);
  const machines: Machine[] = [];
  for (let number = 0; number < count; number += 1) {
    const { accountId } = taken(await addAccount(engine, { name: `Owner ${number}`, starterMicrocredits: 0 }, null));
    const hardware = { cpuModel: 'Simulated', cpuCores: 8, ramGb: 16, gpus: [], platform: 'linux', arch: 'x64' };
    const { workerId } = taken(await registerWorker(engine, accountId, { name: `Machine ${number}`, hardware, runtimes: {}, slots: 1, sandbox: null }, null));
    machines.push({ workerId, behaviour: number < liars ? behaviour : 'honest', accomplices: new Set(), random: seededRandom(seed, number + 1), reported: 0 });
  }
  for (let number = 0; number + 1 < liars; number += 2) {
    const [one, other] = [machines[number], machines[number + 1]];
    if (one === undefined || other === undefined || behaviour !== 'pair') break;
    for (const machine of [one, other]) machine.accomplices = new Set([one.workerId, other.workerId]);
  }
  return machines;
}

/** Rounds of one run for each machine, until there is nothing left to do. */
async function work(engine: Engine, clock: { now: number }, machines: readonly Machine[], plan: FleetPlan): Promise<Map<string, Ran>> {
  const ran = new Map<string, Ran>();
  /** Who made up the value of a task; its accomplices recognise the task. */
  const lied = new Map<string, string>();
  const order = seededRandom(plan.seed, ORDER_STREAM);
  for (let round = 1, idle = 0; idle < IDLE_ROUNDS; round += 1) {
    // Whoever asks first gets the audits that wait, so the order is another one each time.
    const claims = await Promise.all(shuffled(machines, order).map(async (machine) => ({ machine, claimed: taken(await claimTasks(engine, machine.workerId, 1))[0] })));
    clock.now += BUDGET_SECONDS * 1000;
    await Promise.all(claims.map(({ machine, claimed }) => (claimed === undefined ? null : finish(engine, machine, claimed, ran, lied, plan))));
    idle = claims.every(({ claimed }) => claimed === undefined) ? idle + 1 : 0;
    if (idle > 0 || round % ROUNDS_PER_SWEEP === 0) await tidy(engine);
  }
  return ran;
}

/** What the server does beside answering, as often as there is something to do. */
async function tidy(engine: Engine): Promise<void> {
  await sweep(engine);
  while ((await setQuarantinedAside(engine)) > 0);
}

async function finish(engine: Engine, machine: Machine, { task, leaseToken }: ClaimedTask, ran: Map<string, Ran>, lied: Map<string, string>, { turns }: FleetPlan): Promise<void> {
  const said = report(machine, { taskId: task.id, number: task.number, attempt: task.attempt, config: task.config, seed: task.seed }, lied, turns);
  machine.reported += 1;
  ran.set(`${task.id}:${task.attempt}`, { workerId: machine.workerId, isFalse: said.isFalse });
  if (said.isFalse) lied.set(task.id, machine.workerId);
  const lease = { taskId: task.id, workerId: machine.workerId, attempt: task.attempt, leaseToken };
  // A machine that was quarantined meanwhile has lost its lease, which is an answer like another.
  await finishTask(engine, lease, { outcome: 'completed', metrics: { val_bpb: said.value }, error: null });
}

function taken<T>(outcome: Outcome<T>): T {
  assert(outcome.ok, `the simulation is never refused: ${JSON.stringify(outcome)}`);
  return outcome.value;
}
