import assert from 'node:assert/strict';
import { seededRandom, type Random } from '#core/random.ts';
import type { Task } from '#core/task.ts';
import { PROBATION_RESULTS, type VerificationPolicy } from '#core/verify.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { claimTasks } from '#engine/claim-task.ts';
import { finishTask } from '#engine/finish-task.ts';
import { clearQuarantine } from '#engine/quarantine.ts';
import { registerWorker } from '#engine/register-worker.ts';
import { setQuarantinedAside } from '#engine/set-quarantined-aside.ts';
import { submitBrief } from '#engine/submit-brief.ts';
import { insertAccount } from '#store/ledger.ts';
import { completed, leaseOf, SAMPLE_INTRODUCTION, SAMPLE_REQUEST, type World } from '#test/conformance/engine-world.ts';
import { pick, type Operation } from './operations.ts';

const OWNERS = ['owner-1', 'owner-2', 'owner-3', 'owner-4', 'owner-5'];
const POLICIES: VerificationPolicy[] = [
  { auditShare: 0.1, quorum: 2, tolerance: 0.01 },
  { auditShare: 1, quorum: 3, tolerance: 0.01 },
  { auditShare: 0.5, quorum: 2, tolerance: null },
];

/** What an honest machine finds when it runs a task, however often: a few values, so that ties are frequent. */
export function truthOf(task: Pick<Task, 'id' | 'number'>): number {
  return pick([0.5, 1, 1, 1.5, 2, 7], seededRandom(task.number)) ?? 1;
}

/** Some owners, a worker of one of them. */
export async function registerFor({ engine, clock }: World, ownerId: string): Promise<string> {
  await engine.store.write((tx) => insertAccount(tx, { id: ownerId, kind: 'person', name: ownerId }, clock.now));
  const outcome = await registerWorker(engine, ownerId, SAMPLE_INTRODUCTION, null);
  assert.ok(outcome.ok);
  return outcome.value.workerId;
}

/** What people and workers do where results are verified, some of the workers lying alone or together. */
export const AUDIT_OPERATIONS: Record<string, { weight: number; run: Operation }> = {
  submitVerified: {
    weight: 2,
    run: async ({ engine }, known, random) => {
      const verification = pick(POLICIES, random) ?? null;
      const outcome = await submitBrief(engine, LOCAL_ID, { ...SAMPLE_REQUEST, numTasks: 1 + Math.floor(random() * 6), timeBudgetSeconds: 1 + Math.floor(random() * 90), verification }, null);
      if (outcome.ok) known.briefs.push(outcome.value.briefId);
    },
  },
  registerStranger: {
    weight: 2,
    run: async (world, known, random) => void known.workers.push(await registerFor(world, pick(OWNERS, random) ?? LOCAL_ID)),
  },
  workTruly: { weight: 14, run: async (world, known, random) => work(world, known.workers, random, truthOf) },
  earnTrust: {
    weight: 0.4,
    run: async (world, known, random) => {
      // Two workers of two owners, long enough that the pay of one of them becomes final.
      const [one, other] = [await registerFor(world, 'owner-1'), await registerFor(world, 'owner-2')];
      known.workers.push(one, other);
      const brief = await submitBrief(world.engine, LOCAL_ID, { ...SAMPLE_REQUEST, numTasks: 14, verification: POLICIES[0] ?? null }, null);
      if (brief.ok) known.briefs.push(brief.value.briefId);
      for (let round = 0; round < 2 * PROBATION_RESULTS; round += 1) for (const workerId of [one, other]) await work(world, [workerId], random, truthOf);
    },
  },
  lieAlone: { weight: 2, run: async (world, known, random) => work(world, known.workers, random, () => random()) },
  lieTogether: { weight: 1, run: async (world, known, random) => work(world, known.workers, random, (task) => truthOf(task) / 3) },
  setAside: { weight: 3, run: async ({ engine }) => void (await setQuarantinedAside(engine)) },
  clear: {
    weight: 1,
    run: async ({ engine }, known, random) => {
      const workerId = pick(known.workers, random);
      if (workerId !== undefined) await clearQuarantine(engine, workerId, 'It was mended.');
    },
  },
};

async function work({ engine }: World, workers: readonly string[], random: Random, valueOf: (task: Task) => number): Promise<void> {
  const workerId = pick(workers, random);
  if (workerId === undefined) return;
  const claimed = await claimTasks(engine, workerId, 1 + Math.floor(random() * 2));
  for (const one of claimed.ok ? claimed.value : []) {
    // One in ten stays in its hands, until it is lost or taken back.
    if (random() < 0.1) continue;
    const outcome = await finishTask(engine, leaseOf(one), completed(valueOf(one.task)));
    if (!outcome.ok) assert.ok(['stale_lease', 'task_not_found'].includes(outcome.refusal.code), outcome.refusal.code);
  }
}
