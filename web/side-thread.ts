import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { Run } from '#web/parts/pictures/runs.ts';

/** What a thread is told: a portion of the runs of a job, or that all are there and what to make of them. */
export type Order = { id: number; runs: readonly Run[] } | { id: number; name: string; data: unknown };

/** What a thread answers. `trouble` says why there is no result. */
export type Answer = { id: number; result: unknown; trouble: string | null };

type Job = { name: string; data: unknown; runs: readonly Run[]; tries: number; timer: NodeJS.Timeout; resolve: (result: unknown) => void; reject: (error: Error) => void };

/** Copying a thousand runs into the thread holds the server up for about a millisecond. */
const RUNS_PER_ORDER = 1000;
const MOST_TRIES = 2;
const MOST_MEGABYTES = 512;

/**
 * One thread beside the server that makes something of runs, so that no request waits for it. It starts with the first
 * job, or before. If it dies, what it owed is made once more by the next one; what is owed twice so is refused.
 */
export class SideThread {
  readonly #file: URL;
  readonly #mostMs: number;
  readonly #jobs = new Map<number, Job>();
  #thread: Worker | null = null;
  #lastId = 0;

  /**
   * @param file the program of the thread, which takes {@link Order}s and answers with {@link Answer}s
   * @param mostMs nothing takes this long by itself: a job that does would keep all the others waiting
   */
  constructor(file: URL, mostMs: number) {
    this.#file = file;
    this.#mostMs = mostMs;
  }

  /** Starts the thread before the first job. */
  warmUp(): void {
    this.#thread ??= this.#start();
    if (this.#jobs.size === 0) this.#thread.unref();
  }

  /** @param data plain data, which is copied, as `runs` are */
  make(name: string, data: unknown, runs: readonly Run[]): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const id = (this.#lastId += 1);
    const timer = setTimeout(() => this.#giveUp(id), this.#mostMs);
    timer.unref();
    this.#jobs.set(id, { name, data, runs, tries: 0, timer, resolve, reject });
    void this.#order(id);
    return promise;
  }

  /** Ends an idle thread; one that is at work no longer keeps the process from ending. */
  async stop(): Promise<void> {
    const ending = this.#thread;
    if (this.#jobs.size > 0) {
      ending?.unref();
      return;
    }
    this.#thread = null;
    await ending?.terminate();
  }

  async #order(id: number): Promise<void> {
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    job.tries += 1;
    const thread = (this.#thread ??= this.#start());
    // The process may end while the thread idles, but not while somebody waits for it.
    thread.ref();
    for (let from = 0; from < job.runs.length; from += RUNS_PER_ORDER) {
      thread.postMessage({ id, runs: job.runs.slice(from, from + RUNS_PER_ORDER) } satisfies Order);
      await setImmediate();
      if (this.#thread !== thread || !this.#jobs.has(id)) return;
    }
    thread.postMessage({ id, name: job.name, data: job.data } satisfies Order);
  }

  #start(): Worker {
    const started = new Worker(this.#file, { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES } });
    let reason: unknown = null;
    started.on('message', (answer: Answer) => {
      const job = this.#settle(answer.id);
      if (answer.trouble === null) job?.resolve(answer.result);
      else job?.reject(new Error(answer.trouble));
      if (this.#jobs.size === 0) started.unref();
    });
    started.on('error', (error) => {
      reason = error;
    });
    started.on('exit', () => {
      if (this.#thread !== started) return;
      this.#thread = null;
      for (const [id, job] of this.#jobs) {
        if (job.tries < MOST_TRIES) void this.#order(id);
        else this.#settle(id)?.reject(new Error('the thread ended', { cause: reason }));
      }
    });
    return started;
  }

  #giveUp(id: number): void {
    this.#settle(id)?.reject(new Error(`not ready within ${this.#mostMs} ms`));
    void this.#thread?.terminate();
  }

  #settle(id: number): Job | undefined {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    if (job !== undefined) clearTimeout(job.timer);
    return job;
  }
}
