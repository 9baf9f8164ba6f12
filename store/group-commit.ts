import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { ensureOpen, type Reader, type Tx } from './seam.ts';
import { bound, readerOn, statementCache } from './sqlite-statements.ts';

/** Callers that one commit acknowledges at most; bounds how long the event loop is held. */
const MOST_PER_COMMIT = 256;

/** The one way to write to an embedded database. */
export type WriterQueue = {
  /** Runs `work` in a savepoint of the next commit, and answers after its fsync. */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Resolves when nothing waits to be written. */
  drained(): Promise<void>;
};

type Job = { work: (tx: Tx) => Promise<unknown>; resolve: (value: unknown) => void; reject: (reason: unknown) => void };

/**
 * Lets what waits together commit together: each caller has its own savepoint, so that one which fails undoes nobody
 * else's work, and all are answered after the fsync they share.
 *
 * @param writer the only connection that writes
 * @param announce told the topics of each commit
 */
export function createWriterQueue(writer: DatabaseSync, announce: (topics: ReadonlySet<string>) => void): WriterQueue {
  const reader = readerOn(writer);
  const prepared = statementCache(writer);
  const queue: Job[] = [];
  let draining: Promise<void> | null = null;

  const commitTogether = async (jobs: Job[]): Promise<void> => {
    const touched = new Set<string>();
    const answers: (() => void)[] = [];
    try {
      prepared('begin immediate').run();
      for (const job of jobs) answers.push(await runJob(reader, prepared, job, touched));
      prepared('commit').run();
    } catch (error) {
      if (writer.isTransaction) prepared('rollback').run();
      for (const job of jobs) job.reject(error);
      return;
    }
    for (const answer of answers) answer();
    announce(touched);
  };

  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      // Yielding once lets every request that arrived in this turn of the event loop join the commit.
      await new Promise((resolve) => setImmediate(resolve));
      await commitTogether(queue.splice(0, MOST_PER_COMMIT));
    }
    draining = null;
  };

  return {
    write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      queue.push({ work, resolve: (value) => resolve(value as T), reject });
      draining ??= drain();
      return promise;
    },
    async drained() {
      while (draining !== null) await draining;
    },
  };
}

/** Runs one caller in its savepoint; returns how to answer it once the commit is durable. */
async function runJob(reader: Reader, prepared: (text: string) => StatementSync, job: Job, touched: Set<string>): Promise<() => void> {
  const topics = new Set<string>();
  const guard = { open: true };
  prepared('savepoint job').run();
  try {
    const value = await withoutGap(job.work(transactionOn(reader, prepared, topics, guard)));
    prepared('release job').run();
    for (const topic of topics) touched.add(topic);
    return () => job.resolve(value);
  } catch (error) {
    prepared('rollback to job').run();
    prepared('release job').run();
    return () => job.reject(error);
  } finally {
    guard.open = false;
  }
}

function transactionOn(reader: Reader, prepared: (text: string) => StatementSync, topics: Set<string>, guard: { open: boolean }): Tx {
  const transaction: Omit<Tx, keyof Tx & symbol> = {
    dialect: 'sqlite',
    rows: async (query) => {
      ensureOpen(guard);
      return reader.rows(query);
    },
    run: async (query) => {
      ensureOpen(guard);
      return Number(prepared(query.sql).run(...bound(query)).changes);
    },
    touch: (topic) => topics.add(topic),
  };
  return transaction as Tx;
}

/**
 * Statements of this database answer at once, so a transaction ends within one turn of the event loop. One that does
 * not is waiting for something else, and would hold up, or mix with, everybody's writes: a bug, refused here.
 */
async function withoutGap<T>(work: Promise<T>): Promise<T> {
  const { promise: gap, reject } = Promise.withResolvers<never>();
  const sentinel = setImmediate(() => reject(new Error('a transaction waited for something other than its own statements')));
  try {
    return await Promise.race([work, gap]);
  } finally {
    clearImmediate(sentinel);
  }
}
