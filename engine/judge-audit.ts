import { MOST_WITHOUT_AGREEMENT, type Audit } from '#core/audit.ts';
import type { Family } from '#core/brief.ts';
import { assert } from '#core/errors.ts';
import { isBetter } from '#core/experiment.ts';
import type { TaskError } from '#core/result.ts';
import type { Task } from '#core/task.ts';
import { agreement, type Run } from '#core/verify/agreement.ts';
import { decideQuorum, type QuorumDecision } from '#core/verify/quorum.ts';
import { PROBATION_RESULTS, standingOf } from '#core/verify.ts';
import type { Worker } from '#core/worker.ts';
import { listAttempts, type StoredAttempt } from '#store/attempt.ts';
import { endAudit, listAudits } from '#store/audit.ts';
import { saveFamily } from '#store/family.ts';
import { latestPoints, samplePoints } from '#store/point.ts';
import { addToReputation } from '#store/reputation.ts';
import type { Reader, Tx } from '#store/seam.ts';
import { closePay, countWithoutAgreement, findVerifiedBefore, setVerification, shiftVerified, vestAttempts } from '#store/verification.ts';
import { lockWorkers, setStanding, shiftWorker } from '#store/worker.ts';
import { drawAudit, drawForBest } from './draw-audit.ts';
import type { Engine } from './engine.ts';
import { noiseOf } from './family-noise.ts';
import { quarantine } from './quarantine.ts';
import { recordBest, recordRefuted } from './record-event.ts';
import { setResultsAside } from './set-aside.ts';
import { payAudit, reverseIntoFund } from './settle-credits.ts';

/** More than a task ever has, over all its results. */
const MOST_ATTEMPTS = 1000;
/** Curves are compared at so many places, spread over their steps. */
const PLACES = 64;

/** A run of the task that is judged: the original first, then its audits. */
type JudgedRun = Run & { attempt: StoredAttempt; audit: Audit | null };

/**
 * Pays an audit that just ended with a value, and judges by all runs of the task whether the result is true. A result
 * that is confirmed is verified, and what its worker did before is paid for good, once it is off probation. Who stands against a quorum is refuted
 * and quarantined; a result that is refuted, or on which no runs agree, does not count any more. Until there is a quorum,
 * another audit is drawn.
 */
export async function judgeAudit(engine: Engine, tx: Tx, family: Family, task: Task, audit: Audit, workerId: string): Promise<void> {
  const { verification: policy } = family;
  assert(policy !== null && task.attempt === audit.auditedAttempt && task.value !== null, 'an audit is of the result that counts');
  const runs = await listRuns(tx, family, task, audit.auditedAttempt);
  const [original] = runs;
  assert(original !== undefined, 'the result that is audited is one of the runs');
  const noise = await noiseOf(engine, tx, family);
  const decision = decideQuorum(runs, policy, noise);
  const workerIds = runs.map((run) => run.attempt.workerId);

  // Families and totals are locked before workers, and those before accounts.
  const after = await applyToFamily(engine, tx, family, task, audit, original, decision, workerIds);
  const workers = new Map((await lockWorkers(tx, workerIds)).map((worker) => [worker.id, worker]));
  await shiftWorker(tx, workerId, { running: -1, completed: 1, failed: 0 });
  const own = runs.find((run) => run.audit?.number === audit.number);
  assert(own !== undefined, 'the audit that ended is one of the runs');
  await endAudit(tx, audit, agreement(original, own, noise, policy.tolerance).agrees ? 'agreed' : 'disagreed', engine.now());
  await payAudit(engine, tx, family.briefId, { taskId: task.id, attempt: own.attempt.attempt, workerId }, family.runCostMicrocredits - family.runFeeMicrocredits);
  await applyToRuns(engine, tx, family, task, runs, decision, workers);
  if (decision.state === 'undecided') await drawAudit(engine, tx, family, { taskId: task.id, attempt: audit.auditedAttempt, workerId: audit.workerId });
  else await drawForBest(engine, tx, after);
}

/** Takes a result out of what counts because its run cannot be repeated; nobody is refuted. After the second time the task fails. */
export async function setUnrepeatableAside(engine: Engine, tx: Tx, family: Family, task: Task, audit: Audit, error: TaskError, workerIds: readonly string[]): Promise<Family> {
  const original = (await listAttempts(tx, task.id, MOST_ATTEMPTS)).find((attempt) => attempt.attempt === audit.auditedAttempt);
  assert(original !== undefined, 'the attempt that is audited is kept');
  const isLast = 1 + (await countWithoutAgreement(tx, task.id)) >= MOST_WITHOUT_AGREEMENT;
  const withdrawn = { taskId: task.id, attempt: original.attempt, workerId: original.workerId, isVested: original.verification === 'vested' };
  return setResultsAside(engine, tx, family, [withdrawn], { verification: 'set_aside', reason: error, failsTasks: isLast }, workerIds);
}

/** Everything about the verdict that the family shows; returns the family as it is then. */
async function applyToFamily(engine: Engine, tx: Tx, family: Family, task: Task, audit: Audit, original: JudgedRun, decision: QuorumDecision, workerIds: readonly string[]): Promise<Family> {
  if (decision.state === 'none') return setUnrepeatableAside(engine, tx, family, task, audit, { kind: 'no_agreement', message: decision.reason }, workerIds);
  if (decision.state === 'undecided') return family;
  const { attempt, value } = original;
  if (decision.outside.includes(0)) {
    const reason = { kind: 'refuted', message: `Other machines ran the same task and agree on another value. ${decision.reason}` };
    const withdrawn = { taskId: task.id, attempt: attempt.attempt, workerId: attempt.workerId, isVested: attempt.verification === 'vested' };
    return setResultsAside(engine, tx, family, [withdrawn], { verification: 'refuted', reason, failsTasks: false }, workerIds);
  }
  const { best } = family.rollup;
  if (!decision.inside.includes(0) || (best !== null && !isBetter(family.metric, value, best))) return family;
  const after = { ...family, rollup: { ...family.rollup, best: value, bestTaskId: task.id } };
  await saveFamily(tx, after);
  if (best !== null) await recordBest(engine, tx, { family, task }, value, best);
  return after;
}

/** What the verdict makes of each run and of its worker, who is locked. */
async function applyToRuns(engine: Engine, tx: Tx, family: Family, task: Task, runs: readonly JudgedRun[], decision: QuorumDecision, workers: ReadonlyMap<string, Worker>): Promise<void> {
  if (decision.state === 'undecided') return;
  const price = family.runCostMicrocredits - family.runFeeMicrocredits;
  for (const [at, { attempt, audit, value }] of runs.entries()) {
    const worker = workers.get(attempt.workerId);
    assert(worker !== undefined, 'an attempt has a worker');
    const run = { taskId: task.id, attempt: attempt.attempt, workerId: worker.id };
    if (decision.state === 'agreed' && decision.inside.includes(at)) {
      const isNew = await setVerification(tx, task.id, attempt.attempt, ['unverified', 'vested'], 'verified', null);
      if (isNew && audit === null) await confirm(tx, family, attempt, worker);
    } else if (decision.state === 'agreed' && decision.outside.includes(at)) {
      if (audit === null) await recordRefuted(engine, tx, family, task, attempt, decision.reason);
      else await refuteAudit(engine, tx, family, run, price, decision.reason);
      await addToReputation(tx, worker.id, family.experiment, { refuted: 1 });
      await quarantine(engine, tx, worker, `Task #${task.number} of "${family.name}": it reported ${value}. ${decision.reason}`, run);
    }
    // What is neither confirmed nor contradicted by those who agree stays unverified, and its pay open.
  }
}

/**
 * A worker whose result was confirmed: what it did before the result that was confirmed before this one is paid for good,
 * and in time it is trusted. Up to this one would be too soon: who lies now and then keeps the pay of as many lies as the
 * honest runs that it loses when it is caught, whatever the rate; one audit later it always loses more. And on probation
 * nothing is paid for good: who makes everything up is now and then right by chance, but not ten times in a row.
 * What it audits itself counts for nothing here: an audit can be told by the number of its attempt.
 */
async function confirm(tx: Tx, family: Family, attempt: StoredAttempt, worker: Worker): Promise<void> {
  await shiftVerified(tx, family.id, 1);
  const { record } = await addToReputation(tx, worker.id, family.experiment, { verified: 1 });
  const isFinal = record.verified >= PROBATION_RESULTS && worker.standing !== 'quarantined';
  const before = !isFinal ? null : await findVerifiedBefore(tx, worker.id, family.experiment, attempt.startedAt);
  if (before !== null) await vestAttempts(tx, worker.id, family.experiment, before);
  if (worker.standing === 'probation' && standingOf(record).standing === 'trusted') await setStanding(tx, worker.id, 'trusted', null, false);
}

async function refuteAudit(engine: Engine, tx: Tx, family: Family, run: { taskId: string; attempt: number; workerId: string }, price: number, reason: string): Promise<void> {
  const wasOpen = await closePay(tx, run.taskId, run.attempt);
  await setVerification(tx, run.taskId, run.attempt, ['verified', 'vested'], 'refuted', { kind: 'refuted', message: `Other machines ran the same task and agree on another value. ${reason}` });
  if (wasOpen) await reverseIntoFund(engine, tx, family.briefId, run, price);
}

/** The runs that count in judging a result: its own, and those audits of it that ended with a value and are not set aside. */
async function listRuns(reader: Reader, family: Family, task: Task, auditedAttempt: number): Promise<JudgedRun[]> {
  const audits = new Map((await listAudits(reader, task.id, MOST_ATTEMPTS)).filter((audit) => audit.auditedAttempt === auditedAttempt).map((audit) => [audit.attempt, audit]));
  const runs: JudgedRun[] = [];
  for (const attempt of await listAttempts(reader, task.id, MOST_ATTEMPTS)) {
    const audit = audits.get(attempt.attempt) ?? null;
    if (attempt.state !== 'completed' || (audit === null && attempt.attempt !== auditedAttempt) || attempt.verification === 'set_aside') continue;
    const value = attempt.metrics?.[family.metric.name];
    assert(typeof value === 'number', 'an accepted result has a value');
    runs.push({ attempt, audit, value, curve: await readCurve(reader, family, attempt), steps: stepsOf(attempt) });
  }
  return runs;
}

async function readCurve(reader: Reader, family: Family, { taskId, attempt }: StoredAttempt): Promise<Run['curve']> {
  const { name } = family.metric;
  const [last] = await latestPoints(reader, taskId, attempt, name, 1);
  if (last === undefined) return [];
  const steps = Array.from({ length: PLACES }, (_, index) => Math.floor((index * last.step) / (PLACES - 1)));
  return (await samplePoints(reader, taskId, attempt, name, [...new Set(steps)])).map(({ step, value }) => ({ x: step, y: value }));
}

function stepsOf({ metrics }: StoredAttempt): number | null {
  const steps = metrics?.['steps_completed'] ?? metrics?.['steps'];
  return typeof steps === 'number' && steps > 0 ? steps : null;
}
