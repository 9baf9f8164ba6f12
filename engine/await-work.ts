import { accept, type Outcome } from '#core/errors.ts';
import { dueCalibration, type Calibration } from './calibration-due.ts';
import { claimTasks, hasWork, type ClaimedTask } from './claim-task.ts';
import { TOPICS, type Engine } from './engine.ts';

/** What a worker is given: tasks, or a calibration run that it has to make before the next one. */
export type Work = { tasks: ClaimedTask[]; calibration: Calibration | null };

/**
 * Claims tasks now, or as soon as there are some: the long poll of workers.
 *
 * @param wait.waitMs answers with nothing after this long
 * @param wait.calibrates whether the worker makes calibration runs
 * @param wait.signal aborted when the worker has hung up or the server is stopping; nothing is claimed after that
 */
export async function awaitWork(engine: Engine, workerId: string, slots: number, wait: { waitMs: number; signal: AbortSignal; calibrates?: boolean }): Promise<Outcome<Work>> {
  const { calibrates = false } = wait;
  const endsAt = performance.now() + wait.waitMs;
  // Listening starts before the first look, so that work which arrives in between is not missed.
  const arrivals = listenForWork(engine);
  try {
    for (;;) {
      if (wait.signal.aborted) return accept({ tasks: [], calibration: null });
      const outcome = await claimTasks(engine, workerId, slots, calibrates);
      if (!outcome.ok) return outcome;
      const calibration = calibrates && outcome.value.length === 0 ? await dueCalibration(engine, workerId) : null;
      const work: Work = { tasks: outcome.value, calibration };
      if (work.tasks.length > 0 || calibration !== null) return accept(work);
      do {
        const leftMs = endsAt - performance.now();
        if (wait.signal.aborted || leftMs <= 0 || !(await arrivals.next(leftMs, wait.signal))) return accept(work);
      } while (!(await hasWork(engine, workerId)));
    }
  } finally {
    arrivals.stop();
  }
}

type WorkListener = { next(waitMs: number, signal: AbortSignal): Promise<boolean>; stop(): void };

function listenForWork(engine: Engine): WorkListener {
  let arrived = false;
  let wake: (() => void) | null = null;
  const stop = engine.store.watch((topics) => {
    if (!topics.has(TOPICS.work)) return;
    arrived = true;
    wake?.();
  });
  return {
    stop,
    async next(waitMs, signal) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, waitMs);
      const giveUp = (): void => resolve();
      signal.addEventListener('abort', giveUp);
      if (!arrived && !signal.aborted) await promise;
      signal.removeEventListener('abort', giveUp);
      clearTimeout(timer);
      wake = null;
      const woken = arrived;
      arrived = false;
      return woken && !signal.aborted;
    },
  };
}
