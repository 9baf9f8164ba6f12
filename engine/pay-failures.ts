import type { Family } from '#core/brief.ts';
import { isFaultOfScript } from '#core/fault.ts';
import { failurePayMicrocredits } from '#core/ledger.ts';
import type { Task } from '#core/task.ts';
import { listAttempts } from '#store/attempt.ts';
import type { Reader, Tx } from '#store/seam.ts';
import { findWorker } from '#store/worker.ts';
import type { Engine } from './engine.ts';
import { payFailure, type Run } from './settle-credits.ts';

/** People can have a task run anew without end, and nobody does so more often than this. */
const MOST_ATTEMPTS = 1000;

/** A failed attempt and what it earns. */
type DueFailure = { run: Run; amountMicrocredits: number };

/**
 * Which failed attempts are to be paid, now that one of a task has just ended: those that were the script's fault, for the
 * time that they used by the clock of the server.
 *
 * Where results are not verified that is the one that ended. Where they are, strangers run the tasks, and one who only
 * says that the script crashed must not earn by it: the attempts are paid once the task fails for good and workers of two
 * owners say so. All together get what the hold has beside what runs.
 */
export async function failuresToPay(reader: Reader, family: Family, task: Task, ended: { workerId: string; kind: string; isForGood: boolean; now: number }): Promise<DueFailure[]> {
  const price = family.runCostMicrocredits - family.runFeeMicrocredits;
  const payOf = (startedAt: number, finishedAt: number): number => failurePayMicrocredits(price, (finishedAt - startedAt) / 1000, task.timeBudgetSeconds);
  const due = family.verification === null
    ? [{ run: { taskId: task.id, attempt: task.attempt, workerId: ended.workerId }, amountMicrocredits: isFaultOfScript(ended.kind) ? payOf(task.startedAt ?? ended.now, ended.now) : 0 }]
    : ended.isForGood ? await agreedFailures(reader, task, payOf) : [];
  let left = family.heldMicrocredits - (family.counts.running - 1) * family.runCostMicrocredits;
  const payable = due.map(({ run, amountMicrocredits }) => {
    const amount = Math.min(amountMicrocredits, left);
    left -= amount;
    return { run, amountMicrocredits: amount };
  });
  return payable.filter((one) => one.amountMicrocredits > 0);
}

/** Pays them, one after the other; returns what the hold has after it. */
export async function payFailures(engine: Engine, tx: Tx, family: Family, due: readonly DueFailure[]): Promise<number> {
  let held = family.heldMicrocredits;
  // In the order of workers, in which everybody locks their accounts.
  const ordered = due.toSorted((left, right) => (left.run.workerId < right.run.workerId ? -1 : 1));
  for (const { run, amountMicrocredits } of ordered) held = await payFailure(engine, tx, { ...family, heldMicrocredits: held }, run, amountMicrocredits);
  return held;
}

async function agreedFailures(reader: Reader, task: Task, payOf: (startedAt: number, finishedAt: number) => number): Promise<DueFailure[]> {
  const attempts = (await listAttempts(reader, task.id, MOST_ATTEMPTS)).filter((one) => one.attempt > task.attemptsBefore && one.state === 'failed' && isFaultOfScript(one.error?.kind ?? ''));
  const workers = await Promise.all([...new Set(attempts.map((one) => one.workerId))].map((id) => findWorker(reader, id)));
  const sincere = new Map(workers.flatMap((worker) => (worker === null || worker.standing === 'quarantined' ? [] : [[worker.id, worker.ownerId]])));
  if (new Set(sincere.values()).size < 2) return [];
  return attempts.filter((one) => sincere.has(one.workerId)).map(({ attempt, workerId, startedAt, finishedAt }) => ({
    run: { taskId: task.id, attempt, workerId }, amountMicrocredits: payOf(startedAt, finishedAt ?? startedAt),
  }));
}
