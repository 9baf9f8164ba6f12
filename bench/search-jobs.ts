import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Course } from './search-simulation.ts';

/** One campaign to play. */
export type Job = Course & { strategy: string; objective: string };

/** A played campaign: its score after each trial, and the processor time that it took. */
export type Played = Job & { scores: number[]; seconds: number };

/** Plays campaigns in so many threads at once; they come back in the order in which they were given. */
export async function playAll(jobs: readonly Job[], threads: number): Promise<Played[]> {
  const played: Played[] = [];
  let next = 0;
  await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, async () => {
    const thread = new Worker(new URL('./search-thread.ts', import.meta.url));
    try {
      for (let index = next++; index < jobs.length; index = next++) {
        const job = jobs[index];
        if (job !== undefined) played[index] = await playIn(thread, job);
      }
    } finally {
      await thread.terminate();
    }
  }));
  return played;
}

async function playIn(thread: Worker, job: Job): Promise<Played> {
  thread.postMessage(job);
  // An error in the thread rejects this too.
  const [played] = await once(thread, 'message');
  return played as Played;
}
