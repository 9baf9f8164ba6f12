import { accept, type Outcome } from '#core/errors.ts';
import { claimTasks, hasWork, type ClaimedTask } from './claim-task.ts';
import { TOPICS, type Engine } from './engine.ts';

/**
 * Claims tasks now, or as soon as there are some: the long poll of workers.
 *
 * @param wait.waitMs answers with nothing after this long
 * @param wait.signal aborted when the worker has hung up or the server is stopping; nothing is claimed after that
 */
export async function awaitWork(engine: Engine, workerId: string, slots: number, wait: { waitMs: number; signal: AbortSignal }): Promise<Outcome<ClaimedTask[]>> {
  const endsAt = performance.now() + wait.waitMs;
  // Listening starts before the first look, so that work which arrives in between is not missed.
  const work = listenForWork(engine);
  try {
    for (;;) {
      if (wait.signal.aborted) return accept([]);
      const outcome = await claimTasks(engine, workerId, slots);
      if (!outcome.ok || outcome.value.length > 0) return outcome;
      do {
        const leftMs = endsAt - performance.now();
        if (wait.signal.aborted || leftMs <= 0 || !(await work.next(leftMs, wait.signal))) return outcome;
      } while (!(await hasWork(engine, workerId)));
    }
  } finally {
    work.stop();
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
