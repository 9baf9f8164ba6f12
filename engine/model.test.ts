import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TaskVerb } from '#core/action.ts';
import { briefPriceMicrocredits, type BriefAction, type BriefRequest } from '#core/brief.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { seededRandom, type Random } from '#core/random.ts';
import type { Result } from '#core/result.ts';
import type { ClaimedTask } from '#engine/claim-task.ts';
import { findBrief, listBriefs } from '#store/brief.ts';
import { findTask } from '#store/task.ts';
import { listWorkers } from '#store/worker.ts';
import { onBothDatabases, type TestDatabase } from '#test/conformance/databases.ts';
import { CRASHED, completed, LEASE_MS, leaseOf, SAMPLE_INTRODUCTION, SAMPLE_REQUEST, worldOn, type World } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { actOnTasks } from './act-on-tasks.ts';
import { appendToLog } from './append-log.ts';
import { changeBrief } from './change-brief.ts';
import { changeWorker } from './change-worker.ts';
import { claimTasks } from './claim-task.ts';
import { confirmTasks } from './confirm-tasks.ts';
import { deleteBrief } from './delete-brief.ts';
import { editDraft } from './edit-draft.ts';
import { extendBrief } from './extend-brief.ts';
import { finishTask } from './finish-task.ts';
import { heartbeat } from './heartbeat.ts';
import { recordMetrics } from './record-metrics.ts';
import { registerWorker } from './register-worker.ts';
import { rerunTask } from './rerun-task.ts';
import { runOpenActions } from './run-actions.ts';
import { submitBrief } from './submit-brief.ts';
import { sweep, welcomeBack } from './sweep.ts';
import { undoAction } from './undo-action.ts';

/** Reads from the environment, so that a failure can be repeated: `XEENET_TEST_SEED=7 node --test engine/model.test.ts`. */
const SEED = Number(process.env['XEENET_TEST_SEED'] ?? Math.floor(Date.now() / 1000));

/** What the random driver knows: whom and what it may name in its next operation, stale names included. */
type Known = { briefs: string[]; workers: string[]; claims: ClaimedTask[]; sent: { claimed: ClaimedTask; result: Result; accepted: boolean }[]; actions: string[] };

type Operation = (world: World, known: Known, random: Random) => Promise<void>;

const pick = <T>(items: readonly T[], random: Random): T | undefined => items[Math.floor(random() * items.length)];

/** Values from a small set, so that ties are frequent: the median's order has to break them. */
function anyResult(random: Random): Result {
  if (random() < 0.15) return CRASHED;
  if (random() < 0.1) return { outcome: 'completed', metrics: { val_bpb: pick([Number.NaN, 0, -2, null, 'x'], random) ?? null }, error: null };
  return completed(pick([0.5, 1, 1, 1.5, 2, 1e-9, 1e6, 0.1 + random()], random) ?? 1);
}

/** Sizes of which some are as dear as the budget, to the last credit. */
function anySize(random: Random): Pick<BriefRequest, 'numTasks' | 'replicates' | 'timeBudgetSeconds' | 'budgetMicrocredits'> {
  const numTasks = 1 + Math.floor(random() * 8);
  const timeBudgetSeconds = 1 + Math.floor(random() * 90);
  const price = briefPriceMicrocredits(numTasks, timeBudgetSeconds);
  return { numTasks, replicates: 1 + Math.floor(random() * Math.min(3, numTasks)), timeBudgetSeconds, budgetMicrocredits: pick([price, price + 1, 3 * price, 1_000_000_000], random) ?? price };
}

const OPERATIONS: Record<string, { weight: number; run: Operation }> = {
  submit: {
    weight: 2,
    run: async ({ engine }, known, random) => {
      const outcome = await submitBrief(engine, LOCAL_ID, { ...SAMPLE_REQUEST, ...anySize(random), draft: random() < 0.2 }, null);
      if (outcome.ok) known.briefs.push(outcome.value.briefId);
    },
  },
  register: {
    weight: 1,
    run: async ({ engine }, known) => {
      const outcome = await registerWorker(engine, LOCAL_ID, SAMPLE_INTRODUCTION, null);
      if (outcome.ok) known.workers.push(outcome.value.workerId);
    },
  },
  claim: {
    weight: 10,
    run: async ({ engine }, known, random) => {
      const workerId = pick(known.workers, random);
      if (workerId === undefined) return;
      const outcome = await claimTasks(engine, workerId, 1 + Math.floor(random() * 3));
      if (outcome.ok) known.claims.push(...outcome.value);
    },
  },
  finish: {
    weight: 10,
    run: async ({ engine }, known, random) => {
      const claimed = pick(known.claims, random);
      if (claimed === undefined) return;
      const lease = leaseOf(claimed);
      const changed = random() < 0.1 ? { ...lease, attempt: lease.attempt + (random() < 0.5 ? 1 : -1) } : random() < 0.1 ? { ...lease, leaseToken: 'x' } : lease;
      const result = anyResult(random);
      const outcome = await finishTask(engine, changed, result);
      if (outcome.ok) known.sent.push({ claimed, result, accepted: outcome.value.accepted });
      else assert.ok(['stale_lease', 'result_differs', 'task_not_found'].includes(outcome.refusal.code), outcome.refusal.code);
    },
  },
  repeat: {
    weight: 3,
    run: async ({ engine }, known, random) => {
      const sent = pick(known.sent, random);
      if (sent === undefined) return;
      const outcome = await finishTask(engine, leaseOf(sent.claimed), sent.result);
      if (!outcome.ok && outcome.refusal.code === 'task_not_found') return;
      assert.equal(outcome.ok && outcome.value.accepted, sent.accepted, 'a repeated result is answered as before');
    },
  },
  heartbeat: {
    weight: 3,
    run: async ({ engine }, known, random) => {
      const workerId = pick(known.workers, random);
      if (workerId === undefined) return;
      const leases = known.claims.filter(() => random() < 0.3).map(({ task }) => ({ taskId: task.id, attempt: task.attempt }));
      await heartbeat(engine, workerId, { cpuPercent: 1, ramUsedGb: 1, gpuPercent: null }, leases);
    },
  },
  progress: {
    weight: 2,
    run: async ({ engine }, known, random) => {
      const claimed = pick(known.claims, random);
      if (claimed === undefined) return;
      await recordMetrics(engine, leaseOf(claimed), [{ step: Math.floor(random() * 5), name: 'loss', value: random(), atSeconds: 1 }]);
      await appendToLog(engine, leaseOf(claimed), 'line\n', null);
    },
  },
  changeBrief: {
    weight: 2,
    run: async ({ engine }, known, random) => {
      const briefId = pick(known.briefs, random);
      const action = pick<BriefAction>(['launch', 'pause', 'resume', 'resume', 'cancel'], random);
      if (briefId === undefined || action === undefined) return;
      const outcome = await changeBrief(engine, briefId, action);
      if (outcome.ok) known.actions.push(outcome.value.actionId);
    },
  },
  actOnTasks: {
    weight: 3,
    run: async ({ engine }, known, random) => {
      const briefId = pick(known.briefs, random);
      const verb = pick<TaskVerb>(['cancel', 'requeue', 'requeue', 'priority'], random) ?? 'requeue';
      const brief = briefId === undefined ? null : await findBrief(engine.store.reader, briefId);
      if (brief === null) return;
      const ids = Array.from({ length: 1 + Math.floor(random() * 4) }, () => `${brief.familyId}-${1 + Math.floor(random() * 8)}`);
      const selection = random() < 0.7 ? { ids } : { filter: pick(['', 'state:failed', '-state:completed attempt>1'], random) ?? '', familyId: random() < 0.8 ? brief.familyId : null };
      const outcome = await actOnTasks(engine, LOCAL_ID, selection, { verb, priority: Math.floor(random() * 5) });
      if (outcome.ok) known.actions.push(outcome.value.id);
    },
  },
  grow: {
    weight: 2,
    run: async ({ engine }, known, random) => {
      const briefId = pick(known.briefs, random);
      const brief = briefId === undefined ? null : await findBrief(engine.store.reader, briefId);
      if (brief === null) return;
      const taskId = `${brief.familyId}-${1 + Math.floor(random() * 8)}`;
      const budgetMicrocredits = random() < 0.5 ? null : 2 * brief.budgetMicrocredits;
      const way = random();
      if (way < 0.4) await rerunTask(engine, taskId, random() < 0.5);
      else if (way < 0.6) await confirmTasks(engine, brief.id, { taskIds: [taskId], seeds: 1 + Math.floor(random() * 3), budgetMicrocredits });
      else await extendBrief(engine, brief.id, { numTasks: 1 + Math.floor(random() * 4), budgetMicrocredits });
    },
  },
  edit: {
    weight: 1,
    run: async ({ engine }, known, random) => {
      const briefId = pick(known.briefs, random);
      if (briefId !== undefined) await editDraft(engine, briefId, { ...SAMPLE_REQUEST, ...anySize(random), draft: true });
    },
  },
  deleteBrief: {
    weight: 0.4,
    run: async ({ engine }, known, random) => {
      const briefId = pick(known.briefs, random);
      if (briefId === undefined) return;
      await deleteBrief(engine, LOCAL_ID, briefId);
      if (random() < 0.7) await runOpenActions(engine, 'a server');
    },
  },
  undo: {
    weight: 2,
    run: async ({ engine }, known, random) => {
      const actionId = pick(known.actions, random);
      if (actionId !== undefined) await undoAction(engine, LOCAL_ID, actionId);
    },
  },
  changeWorker: {
    weight: 1,
    run: async ({ engine }, known, random) => {
      const workerId = pick(known.workers, random);
      const status = pick(['active', 'active', 'draining', 'removed'] as const, random);
      if (workerId !== undefined && status !== undefined) await changeWorker(engine, workerId, status);
    },
  },
  letTimePass: {
    weight: 2,
    run: async ({ engine, clock }, _known, random) => {
      clock.now += Math.floor(random() * LEASE_MS);
      if (random() < 0.1) await welcomeBack(engine);
      await sweep(engine);
    },
  },
};

const LOTTERY = Object.values(OPERATIONS).flatMap(({ weight, run }) => Array.from({ length: Math.round(weight * 5) }, () => run));

/** Runs random operations, some of them at the same moment, and checks everything after each handful. */
async function drive(world: World, database: TestDatabase, random: Random, operations: number, checkEvery: number): Promise<Known> {
  const known: Known = { briefs: [], workers: [], claims: [], sent: [], actions: [] };
  for (let done = 0; done < operations; ) {
    const atOnce = random() < 0.2 ? 2 + Math.floor(random() * 6) : 1;
    await Promise.all(Array.from({ length: atOnce }, () => (pick(LOTTERY, random) as Operation)(world, known, random)));
    known.claims.splice(0, Math.max(0, known.claims.length - 40));
    known.actions.splice(0, Math.max(0, known.actions.length - 10));
    known.briefs.splice(0, Math.max(0, known.briefs.length - 12));
    known.workers.splice(0, Math.max(0, known.workers.length - 8));
    if (Math.floor((done + atOnce) / checkEvery) > Math.floor(done / checkEvery)) await assertInvariants(database.store.reader);
    done += atOnce;
  }
  return known;
}

/** Finishes whatever is left, as patient workers would, so that every brief comes to its end. */
async function settle(world: World, database: TestDatabase): Promise<void> {
  const { engine, clock } = world;
  clock.now += 1_000_000;
  while ((await sweep(engine)) > 0);
  for (const brief of await listBriefs(database.store.reader, { limit: 100_000, before: null, state: 'paused' })) await changeBrief(engine, brief.id, 'resume');
  const workerId = await world.register();
  for (;;) {
    const claimed = await world.claim(workerId, 50);
    if (claimed.length === 0) return;
    for (const one of claimed) await finishTask(engine, leaseOf(one), completed(3));
  }
}

onBothDatabases(`any sequence of operations (seed ${SEED})`, (database) => {
  const world = worldOn(database);

  test('keeps every count, summary, median, balance and state as one would compute it anew', async () => {
    const [operations, checkEvery] = database.dialect === 'sqlite' ? [4000, 50] : [400, 50];
    const known = await drive(world, database, seededRandom(SEED), operations, checkEvery);
    assert.ok(known.sent.length > operations / 100, 'the driver gets somewhere');
    await settle(world, database);
    await assertInvariants(database.store.reader);
    const briefs = await listBriefs(database.store.reader, { limit: 100_000, before: null, state: null });
    assert.deepEqual(briefs.filter((brief) => brief.state === 'running' || brief.state === 'paused'), [], 'every brief that was launched has ended');
    for (const { claimed, accepted } of known.sent) if (accepted) assert.ok(['completed', undefined].includes((await findTask(database.store.reader, claimed.task.id))?.state), 'what was accepted stays, unless it is deleted');
    assert.ok((await listWorkers(database.store.reader, { limit: 100_000, before: null })).every((worker) => worker.running === 0));
  });
});
