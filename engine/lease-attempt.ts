import { assert } from '#core/errors.ts';
import type { Family } from '#core/brief.ts';
import type { Experiment } from '#core/experiment.ts';
import type { AttemptPurpose, Task } from '#core/task.ts';
import { insertAttempt } from '#store/attempt.ts';
import { findPackage } from '#store/experiment.ts';
import type { Store, Tx } from '#store/seam.ts';
import type { ClaimedTask } from './claim-task.ts';
import { TOPICS, type Engine } from './engine.ts';
import { newToken } from './id.ts';

/**
 * Puts an attempt of a task into a worker's hands, leased. Its worker is told the same of a run and of an audit.
 *
 * @param task with the number of this attempt
 */
export async function leaseAttempt(engine: Engine, tx: Tx, family: Pick<Family, 'packageSha256' | 'requires'>, task: Task, workerId: string, purpose: AttemptPurpose): Promise<ClaimedTask> {
  const now = engine.now();
  const experiment = await manifestOf(engine, tx, family.packageSha256);
  const { leaseMs, deadlineSlackMs } = engine.settings;
  const leaseToken = newToken(engine, 'lease');
  const longestMs = 1000 * (experiment.startupSeconds + task.timeBudgetSeconds + experiment.graceSeconds) + deadlineSlackMs;
  const deadlineAt = now + longestMs;
  const leaseExpiresAt = Math.min(now + leaseMs, deadlineAt);
  const attempt = { taskId: task.id, attempt: task.attempt, workerId, leaseToken, metrics: null, error: null, startedAt: now, finishedAt: null, purpose, verification: null };
  await insertAttempt(tx, { ...attempt, state: 'running', leaseExpiresAt, deadlineAt });
  touchTask(tx, task, workerId);
  return { task, leaseToken, leaseExpiresAt, packageSha256: family.packageSha256, experiment, requires: family.requires };
}

/** Manifests by the hash of their package, which never changes: reading one with its script costs as much as the rest of a claim. */
const manifests = new WeakMap<Store, Map<string, Experiment>>();
const MOST_MANIFESTS = 1000;

async function manifestOf(engine: Engine, tx: Tx, packageSha256: string): Promise<Experiment> {
  const known = manifests.get(engine.store) ?? new Map<string, Experiment>();
  manifests.set(engine.store, known);
  const kept = known.get(packageSha256);
  if (kept !== undefined) return kept;
  const stored = await findPackage(tx, packageSha256);
  assert(stored !== null, 'the package of a family is kept');
  if (known.size >= MOST_MANIFESTS) known.clear();
  known.set(packageSha256, stored.experiment);
  return stored.experiment;
}

/** Announces that a task, its family, its brief and its worker changed. */
export function touchTask(tx: Tx, task: Pick<Task, 'id' | 'familyId' | 'briefId'>, workerId: string): void {
  const { task: one, tasks, family, families, brief, briefs, worker, workers, stats } = TOPICS;
  for (const topic of [one(task.id), tasks, family(task.familyId), families, brief(task.briefId), briefs, worker(workerId), workers, stats]) tx.touch(topic);
}
