import assert from 'node:assert/strict';
import type { TaskVerb } from '#core/action.ts';
import type { BriefAction, BriefRequest } from '#core/brief.ts';
import { LOCAL_ID, taskPriceMicrocredits } from '#core/ledger.ts';
import type { Random } from '#core/random.ts';
import type { Result } from '#core/result.ts';
import { actOnTasks } from '#engine/act-on-tasks.ts';
import { appendToLog } from '#engine/append-log.ts';
import { changeBrief } from '#engine/change-brief.ts';
import { changeWorker } from '#engine/change-worker.ts';
import { claimTasks, type ClaimedTask } from '#engine/claim-task.ts';
import { confirmTasks } from '#engine/confirm-tasks.ts';
import { deleteBrief } from '#engine/delete-brief.ts';
import { editDraft } from '#engine/edit-draft.ts';
import { extendBrief } from '#engine/extend-brief.ts';
import { finishTask } from '#engine/finish-task.ts';
import { heartbeat } from '#engine/heartbeat.ts';
import { recordMetrics } from '#engine/record-metrics.ts';
import { registerWorker } from '#engine/register-worker.ts';
import { rerunTask } from '#engine/rerun-task.ts';
import { runOpenActions } from '#engine/run-actions.ts';
import { submitBrief } from '#engine/submit-brief.ts';
import { sweep, welcomeBack } from '#engine/sweep.ts';
import { undoAction } from '#engine/undo-action.ts';
import { findBrief } from '#store/brief.ts';
import { CRASHED, completed, LEASE_MS, leaseOf, SAMPLE_INTRODUCTION, SAMPLE_REQUEST, type World } from '#test/conformance/engine-world.ts';

/** What the random driver knows: whom and what it may name in its next operation, stale names included. */
export type Known = { briefs: string[]; workers: string[]; claims: ClaimedTask[]; sent: { claimed: ClaimedTask; result: Result; accepted: boolean }[]; actions: string[] };

export type Operation = (world: World, known: Known, random: Random) => Promise<void>;

export const pick = <T>(items: readonly T[], random: Random): T | undefined => items[Math.floor(random() * items.length)];

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
  const price = numTasks * taskPriceMicrocredits(timeBudgetSeconds);
  return { numTasks, replicates: 1 + Math.floor(random() * Math.min(3, numTasks)), timeBudgetSeconds, budgetMicrocredits: pick([price, price + 1, 3 * price, 1_000_000_000], random) ?? price };
}

export const OPERATIONS: Record<string, { weight: number; run: Operation }> = {
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

/** Every operation as often as its weight says. */
export const LOTTERY = lotteryOf(OPERATIONS);

/** Operations, each as often as its weight says. */
export function lotteryOf(operations: typeof OPERATIONS): Operation[] {
  return Object.values(operations).flatMap(({ weight, run }) => Array.from({ length: Math.round(weight * 5) }, () => run));
}
