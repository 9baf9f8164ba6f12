import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { markup, type Fragment } from '#web/html.ts';
import type { DataOf, DrawingName } from './drawings.ts';
import type { Run } from './runs.ts';

/** What the thread is told: a portion of the runs of a picture, or that all are there and what to draw of them. */
export type Order = { id: number; runs: readonly Run[] } | { id: number; name: DrawingName; data: unknown };

/** What the thread answers. `trouble` says why there is no markup. */
export type Drawn = { id: number; markup: string; trouble: string | null };

type Job = { name: DrawingName; data: unknown; runs: readonly Run[]; tries: number; timer: NodeJS.Timeout; resolve: (fragment: Fragment) => void; reject: (error: Error) => void };

/** Copying a thousand runs into the thread holds the server up for about a millisecond. */
const RUNS_PER_ORDER = 1000;
/** Nothing takes this long by itself: a picture that does would keep all the others waiting. */
const MOST_DRAWING_MS = 30_000;
const MOST_TRIES = 2;
const MOST_MEGABYTES = 512;

/**
 * One thread that draws, so that no request waits for the pictures of another. It starts with the first picture, or before. If it
 * dies, what it owed is drawn once more by the next one; a picture that is owed twice so is refused.
 */
export class DrawingThread {
  readonly #file: URL;
  readonly #jobs = new Map<number, Job>();
  #thread: Worker | null = null;
  #lastId = 0;

  /** @param file the program of the thread, which takes {@link Order}s and answers with {@link Drawn} */
  constructor(file: URL) {
    this.#file = file;
  }

  /** Starts the thread before the first picture: loading what it draws with takes about half a second. */
  warmUp(): void {
    this.#thread ??= this.#start();
    if (this.#jobs.size === 0) this.#thread.unref();
  }

  /** @param data plain data, which is copied, as `runs` are */
  draw<Name extends DrawingName>(name: Name, data: DataOf<Name>, runs: readonly Run[] = []): Promise<Fragment> {
    const { promise, resolve, reject } = Promise.withResolvers<Fragment>();
    const id = (this.#lastId += 1);
    const timer = setTimeout(() => this.#giveUp(id), MOST_DRAWING_MS);
    timer.unref();
    this.#jobs.set(id, { name, data, runs, tries: 0, timer, resolve, reject });
    void this.#order(id);
    return promise;
  }

  /** Ends an idle thread; one that is drawing no longer keeps the process from ending. */
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
    // The process may end while the thread idles, but not while somebody waits for a picture.
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
    started.on('message', (drawn: Drawn) => {
      const job = this.#settle(drawn.id);
      if (drawn.trouble === null) job?.resolve(markup(drawn.markup));
      else job?.reject(new Error(drawn.trouble));
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
        else this.#settle(id)?.reject(new Error('the drawing thread ended', { cause: reason }));
      }
    });
    return started;
  }

  #giveUp(id: number): void {
    this.#settle(id)?.reject(new Error(`not drawn within ${MOST_DRAWING_MS} ms`));
    void this.#thread?.terminate();
  }

  #settle(id: number): Job | undefined {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    if (job !== undefined) clearTimeout(job.timer);
    return job;
  }
}

const own = new DrawingThread(new URL('drawing-thread.ts', import.meta.url));

/** Draws a picture in the one {@link DrawingThread} of this process. */
export function draw<Name extends DrawingName>(name: Name, data: DataOf<Name>, runs: readonly Run[] = []): Promise<Fragment> {
  return own.draw(name, data, runs);
}

/** Gets ready to draw, so that the first who looks at a page does not wait for it. */
export function startDrawing(): void {
  own.warmUp();
}

/** Lets the process end; the next picture would start another thread. */
export function stopDrawing(): Promise<void> {
  return own.stop();
}
