import { MOST_VOID_AUDITS, type Audit } from '#core/audit.ts';
import type { Family } from '#core/brief.ts';
import { assert } from '#core/errors.ts';
import type { Metrics, TaskError, Verdict } from '#core/result.ts';
import type { AttemptState, Task } from '#core/task.ts';
import { endAttempt, listAttempts, type StoredAttempt } from '#store/attempt.ts';
import { endAudit, findAuditOf, listAudits } from '#store/audit.ts';
import { addToReputation } from '#store/reputation.ts';
import type { Tx } from '#store/seam.ts';
import { shiftWorker } from '#store/worker.ts';
import { drawAudit } from './draw-audit.ts';
import type { Engine } from './engine.ts';
import { judgeAudit, setUnrepeatableAside } from './judge-audit.ts';
import { touchTask } from './lease-attempt.ts';

/** More than a task ever has, over all its results. */
const MOST_AUDITS = 1000;

/** How an audit is recorded: the state of its attempt, and what its worker said, if it said anything. */
type Recorded = { state: AttemptState; result: string | null; metrics: Metrics | null };

/**
 * Ends the running audit of a completed task whose family is locked. A value is judged and paid; a run without one says
 * nothing of the result, and another is drawn in its place, a bounded number of times.
 */
export async function endRunningAudit(engine: Engine, tx: Tx, family: Family, task: Task, attempt: StoredAttempt, verdict: Verdict, recorded: Recorded): Promise<void> {
  const now = engine.now();
  const audit = await findAuditOf(tx, task.id, attempt.attempt);
  const [error, metrics, verification] = verdict.ok ? [null, recorded.metrics, 'unverified' as const] : [verdict.error, null, null];
  const ended = await endAttempt(tx, { taskId: task.id, attempt: attempt.attempt, ...recorded, metrics, error, finishedAt: now, verification });
  assert(ended && audit?.state === 'running', 'the audit that ends was running');
  if (verdict.ok) await judgeAudit(engine, tx, family, task, audit, attempt.workerId);
  else await endWithoutValue(engine, tx, family, task, audit, attempt.workerId, recorded.state === 'lost');
  touchTask(tx, task, attempt.workerId);
}

async function endWithoutValue(engine: Engine, tx: Tx, family: Family, task: Task, audit: Audit, workerId: string, isLost: boolean): Promise<void> {
  await endAudit(tx, audit, 'void', engine.now());
  const { count, failure } = await judgeVoid(tx, audit);
  if (failure !== null) await setUnrepeatableAside(engine, tx, family, task, audit, failure, [workerId]);
  await shiftWorker(tx, workerId, { running: -1, completed: 0, failed: 1, lost: isLost ? 1 : 0 });
  await addToReputation(tx, workerId, family.experiment, { failed: isLost ? 0 : 1, lost: isLost ? 1 : 0 });
  if (count < MOST_VOID_AUDITS) await drawAudit(engine, tx, family, { taskId: task.id, attempt: audit.auditedAttempt, workerId: audit.workerId });
}

/**
 * How many audits of a result came to nothing, and, once that are as many as may, why it cannot be repeated. Where most
 * were lost with their workers that says nothing of the result: it stays, unverified.
 */
async function judgeVoid(tx: Tx, audit: Audit): Promise<{ count: number; failure: TaskError | null }> {
  const nothing = (await listAudits(tx, audit.taskId, MOST_AUDITS)).filter((one) => one.auditedAttempt === audit.auditedAttempt && one.state === 'void');
  const failed = (await listAttempts(tx, audit.taskId, MOST_AUDITS)).filter((attempt) => attempt.state === 'failed' && nothing.some((one) => one.attempt === attempt.attempt));
  const isUnrepeatable = nothing.length >= MOST_VOID_AUDITS && 2 * failed.length > nothing.length;
  return { count: nothing.length, failure: isUnrepeatable ? { kind: 'no_agreement', message: `The run was tried again ${failed.length} times on other machines and failed each time.` } : null };
}
