import { deleteActivityBefore } from '#store/activity.ts';
import { findAttempt, listOverdueAttempts, extendRunningAttempts, type OverdueAttempt } from '#store/attempt.ts';
import { lockFamily } from '#store/family.ts';
import { deleteAnswersBefore } from '#store/idempotency.ts';
import { findTask } from '#store/task.ts';
import { deleteWorkerMinutesBefore } from '#store/worker-minute.ts';
import { TOPICS, type Engine } from './engine.ts';
import { endAttemptOf } from './finish-task.ts';
import { forgetOldActions } from './run-actions.ts';
import { forgetOldEvents, noticeTrouble } from './notice-trouble.ts';
import { setQuarantinedAside } from './set-quarantined-aside.ts';

const MOST_PER_SWEEP = 500;
const ANSWERS_KEPT_MS = 24 * 3600 * 1000;
/** Minutes that pages show go back this far. */
const MINUTES_KEPT_MS = 24 * 3600 * 1000;
/** A transaction over more rows would keep results waiting. */
const MOST_FORGOTTEN = 1000;
/** Old answers are looked for this seldom: the look reads every answer that is kept. */
const FORGET_EVERY_MS = 3600 * 1000;
/** Standstill and silence are matters of minutes. */
const NOTICE_EVERY_MS = 15_000;

/** Takes back every task whose lease has run out; returns how many. What is left over waits for the next sweep. */
export async function sweep(engine: Engine): Promise<number> {
  const overdue = await listOverdueAttempts(engine.store.reader, engine.now(), MOST_PER_SWEEP);
  let reclaimed = 0;
  for (const one of overdue) reclaimed += (await reclaim(engine, one)) ? 1 : 0;
  return reclaimed;
}

/** Gives every running attempt a whole lease again: workers could not send heartbeats while the server was away. */
export async function welcomeBack(engine: Engine): Promise<void> {
  const now = engine.now();
  await engine.store.write((tx) => extendRunningAttempts(tx, now + engine.settings.leaseMs));
}

/** Forgets answers to Idempotency-Keys after a day. */
export async function forgetOldAnswers(engine: Engine): Promise<void> {
  await engine.store.write((tx) => deleteAnswersBefore(tx, engine.now() - ANSWERS_KEPT_MS));
}

/** Forgets some of what happened in minutes that no page shows any more; returns how many rows. What is left over waits for the next time. */
export async function forgetOldMinutes(engine: Engine): Promise<number> {
  const before = engine.now() - MINUTES_KEPT_MS;
  return engine.store.write(async (tx) => (await deleteActivityBefore(tx, before, MOST_FORGOTTEN)) + (await deleteWorkerMinutesBefore(tx, before, MOST_FORGOTTEN)));
}

/**
 * Sweeps at intervals until stopped, and lets pages look again at which workers have gone silent.
 *
 * @returns stops it and resolves when the sweep in progress has ended
 */
export function startSweeping(engine: Engine, everyMs: number): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let busy = false;
  const startedAt = engine.now();
  let forgetAt = 0;
  let noticeAt = startedAt + NOTICE_EVERY_MS;
  const tick = async (): Promise<void> => {
    busy = true;
    try {
      await sweep(engine);
      await setQuarantinedAside(engine);
      await forgetOldMinutes(engine);
      if (engine.now() >= forgetAt) {
        await forgetOldAnswers(engine);
        await forgetOldActions(engine);
        await forgetOldEvents(engine);
        forgetAt = engine.now() + FORGET_EVERY_MS;
      }
      if (engine.now() >= noticeAt) {
        await noticeTrouble(engine, startedAt);
        noticeAt = engine.now() + NOTICE_EVERY_MS;
      }
      await engine.store.write(async (tx) => {
        for (const topic of [TOPICS.workers, TOPICS.stats]) tx.touch(topic);
      });
    } catch (error) {
      engine.log.error({ err: error }, 'sweep failed');
    } finally {
      busy = false;
    }
  };
  const timer = setInterval(() => {
    if (!busy) running = tick();
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await running;
  };
}

async function reclaim(engine: Engine, overdue: OverdueAttempt): Promise<boolean> {
  const reclaimed = await engine.store.write(async (tx) => {
    const family = await lockFamily(tx, overdue.familyId);
    const attempt = await findAttempt(tx, overdue.taskId, overdue.attempt);
    const task = await findTask(tx, overdue.taskId);
    const now = engine.now();
    if (family === null || attempt === null || task === null || attempt.state !== 'running') return null;
    if (attempt.leaseExpiresAt >= now) return null;
    // Heartbeats renew a lease up to the deadline; one that ended before it was not renewed.
    const error = attempt.leaseExpiresAt < attempt.deadlineAt
      ? { kind: 'lease_lost', message: 'The worker was not heard from before its lease ran out.' }
      : { kind: 'overdue', message: 'The worker sent heartbeats but no result long after the deadline.' };
    await endAttemptOf(engine, tx, family, task, attempt, { ok: false, error }, { state: 'lost', result: null, metrics: null });
    return { worker_id: attempt.workerId, reason: error.kind };
  });
  if (reclaimed !== null) engine.log.warn({ task_id: overdue.taskId, attempt: overdue.attempt, ...reclaimed }, 'task reclaimed');
  return reclaimed !== null;
}
