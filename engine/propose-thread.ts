import { setImmediate, setTimeout as wait } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { HistoryRun } from '#core/search/history.ts';
import { configurationKey } from '#core/space.ts';
import type { Log } from './engine.ts';
import type { Answer, KnownRuns, Question } from './propose.ts';

/** What the thread is told: runs of a family that have changed since it was last told of them, what to answer, and what to forget. */
export type Order =
  | { kind: 'runs'; familyId: string; length: number; changes: [index: number, run: HistoryRun][] }
  | { kind: 'ask'; id: number; familyId: string; earlier: string[]; strategy: string; request: Question['request'] }
  | { kind: 'forget'; familyId: string };

/** What the thread answers; the first message, with the id 0, says that it listens. `trouble` says why an answer failed. */
export type Answered = { id: number; answer: Answer; trouble: string | null };

type Job = { question: Question; tries: number; timer: NodeJS.Timeout; resolve: (answer: Answer) => void };

/** Copying so many runs into the thread holds the server up for about a millisecond. */
const RUNS_PER_ORDER = 1000;
const MOST_FAMILIES = 32;
/** A strategy that takes longer keeps the others waiting, and will not be in time for anything. */
const MOST_PROPOSING_MS = 30_000;
const MOST_STARTING_MS = 10_000;
const MOST_TRIES = 2;
const MOST_MEGABYTES = 1024;

/**
 * One thread in which strategies think, so that no request waits for one. It starts with the first question; if it dies,
 * what it owed is asked once more of the next one. An answer that comes after the deadline is kept for the next question
 * about its family.
 */
export class ProposingThread {
  readonly #file: URL;
  readonly #deadlineMs: number;
  readonly #log: Log;
  readonly #jobs = new Map<number, Job>();
  readonly #asked = new Map<string, Promise<Answer>>();
  readonly #late = new Map<string, Answer>();
  /** What the thread knows of each family, those asked about last at the end. */
  readonly #told = new Map<string, HistoryRun[]>();
  #thread: Worker | null = null;
  #ready = Promise.withResolvers<void>();
  #telling: Promise<void> = Promise.resolve();
  #lastId = 0;

  /** @param file the program of the thread, which takes {@link Order}s and answers with {@link Answered} */
  constructor(file: URL, settings: { deadlineMs: number; log: Log }) {
    this.#file = file;
    this.#deadlineMs = settings.deadlineMs;
    this.#log = settings.log;
  }

  /** Asks in the thread; `behind` after the deadline, which counts from when the thread listens. */
  async propose(question: Question): Promise<Answer> {
    const { familyId } = question;
    const late = this.#late.get(familyId);
    this.#late.delete(familyId);
    if (late !== undefined) {
      const fresh = stillNew(late, question);
      if (fresh !== null) return fresh;
    }
    const before = this.#asked.get(familyId);
    const asked = before ?? this.#ask(question);
    const timely = await this.#within(asked);
    if (timely === null) return 'behind';
    this.#late.delete(familyId);
    return (before === undefined ? timely : stillNew(timely, question)) ?? 'behind';
  }

  /** Ends the thread; whoever still waits for an answer hears that there will be none. */
  async stop(): Promise<void> {
    const ending = this.#thread;
    this.#thread = null;
    for (const id of [...this.#jobs.keys()]) this.#settle(id)?.resolve('failed');
    await ending?.terminate();
  }

  #ask(question: Question): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const id = (this.#lastId += 1);
    const timer = setTimeout(() => this.#giveUp(id), MOST_PROPOSING_MS);
    timer.unref();
    this.#jobs.set(id, { question, tries: 0, timer, resolve });
    this.#asked.set(question.familyId, promise);
    void promise.then((answer) => {
      this.#asked.delete(question.familyId);
      this.#keepLate(question.familyId, answer);
    });
    this.#order(id);
    return promise;
  }

  /** Whoever waits for it in time takes it away again. */
  #keepLate(familyId: string, answer: Answer): void {
    if (typeof answer === 'string' || !answer.ok) return;
    this.#late.set(familyId, answer);
    const [oldest] = this.#late.keys();
    if (this.#late.size > MOST_FAMILIES && oldest !== undefined) this.#late.delete(oldest);
  }

  async #within(asked: Promise<Answer>): Promise<Answer | null> {
    const over = new AbortController();
    const deadline = Promise.race([this.#ready.promise, wait(MOST_STARTING_MS, undefined, { ref: false, signal: over.signal })]).then(() => wait(this.#deadlineMs, null, { signal: over.signal }));
    // Cut off once the answer is there, which is no failure.
    const timely = await Promise.race([asked, deadline.catch(() => null)]);
    over.abort();
    return timely;
  }

  #order(id: number): void {
    const job = this.#jobs.get(id);
    if (job === undefined) return;
    job.tries += 1;
    this.#thread ??= this.#start();
    // One after the other, so that what one question tells of a family is there before the next one builds on it.
    this.#telling = this.#telling.then(() => this.#tell(id, job));
  }

  async #tell(id: number, { question }: Job): Promise<void> {
    const thread = this.#thread;
    if (thread === null) return;
    for (const known of [question, ...question.earlier]) if (!(await this.#tellRuns(thread, known))) return;
    if (!this.#jobs.has(id)) return;
    const { familyId, earlier, strategy, request } = question;
    post(thread, { kind: 'ask', id, familyId, earlier: earlier.map((one) => one.familyId), strategy, request });
  }

  /** Tells what has changed of a family, in portions; false when the thread ended meanwhile. */
  async #tellRuns(thread: Worker, { familyId, runs }: KnownRuns): Promise<boolean> {
    const told = this.#told.get(familyId) ?? [];
    const changes = runs.flatMap((run, index): [number, HistoryRun][] => (told[index] === run ? [] : [[index, run]]));
    for (let from = 0; from === 0 || from < changes.length; from += RUNS_PER_ORDER) {
      if (this.#thread !== thread) return false;
      post(thread, { kind: 'runs', familyId, length: runs.length, changes: changes.slice(from, from + RUNS_PER_ORDER) });
      if (changes.length > RUNS_PER_ORDER) await setImmediate();
    }
    this.#told.delete(familyId);
    this.#told.set(familyId, [...runs]);
    const [oldest] = this.#told.keys();
    if (this.#told.size > MOST_FAMILIES && oldest !== undefined) {
      this.#told.delete(oldest);
      post(thread, { kind: 'forget', familyId: oldest });
    }
    return this.#thread === thread;
  }

  #start(): Worker {
    const started = new Worker(this.#file, { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES } });
    this.#told.clear();
    this.#ready = Promise.withResolvers<void>();
    const { resolve } = this.#ready;
    let reason: unknown = null;
    started.on('message', ({ id, answer, trouble }: Answered) => {
      resolve();
      if (trouble !== null) this.#log.error({ trouble }, 'strategy failed');
      this.#settle(id)?.resolve(answer);
    });
    started.on('error', (error) => {
      reason = error;
    });
    started.on('exit', () => {
      if (this.#thread !== started) return;
      this.#thread = null;
      this.#log.error({ err: reason, waiting: this.#jobs.size }, 'the thread of strategies ended');
      for (const [id, job] of this.#jobs) {
        if (job.tries < MOST_TRIES) this.#order(id);
        else this.#settle(id)?.resolve('failed');
      }
    });
    return started;
  }

  #giveUp(id: number): void {
    this.#settle(id)?.resolve('failed');
    void this.#thread?.terminate();
  }

  #settle(id: number): Job | undefined {
    const job = this.#jobs.get(id);
    this.#jobs.delete(id);
    if (job !== undefined) clearTimeout(job.timer);
    return job;
  }
}

function post(thread: Worker, order: Order): void {
  thread.postMessage(order);
}

/** What is left of an answer that an earlier question got: the configurations that nothing has tried since. */
function stillNew(answer: Answer, { runs }: Question): Answer | null {
  if (typeof answer === 'string' || !answer.ok) return null;
  const tried = new Set(runs.map((run) => configurationKey(run.config)));
  const configurations = answer.configurations.filter((config) => !tried.has(configurationKey(config)));
  return configurations.length === 0 ? null : { ...answer, configurations };
}
