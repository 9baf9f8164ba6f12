import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { createAnnouncer } from './announce.ts';
import { MIGRATION_TABLE, pendingMigrations } from './migrate.ts';
import { ensureOpen, StoreUnavailable, type Column, type Reader, type Sql, type Store, type Tx } from './seam.ts';

/** Callers that one commit acknowledges at most; bounds how long the event loop is held. */
const MOST_PER_COMMIT = 256;

type Job = { work: (tx: Tx) => Promise<unknown>; resolve: (value: unknown) => void; reject: (reason: unknown) => void };

/**
 * The embedded database in one file, with WAL and an fsync per commit.
 *
 * All writes pass through one queue. What waits together commits together: each caller runs in its own savepoint, and
 * is answered after the fsync they share. Readers use a connection of their own and see what is committed.
 *
 * @param file the database's path; its folder must exist
 * @param now epoch milliseconds, for the record of migrations
 */
export function openSqlite(file: string, now: () => number): Store {
  const writer = connect(file, false);
  migrate(writer, now);
  const reading = connect(file, true);
  const announcer = createAnnouncer();
  const writerReader = readerOn(writer);
  const prepared = statementCache(writer);
  const queue: Job[] = [];
  let draining: Promise<void> | null = null;
  let closed = false;

  const runJob = async (job: Job, touched: Set<string>): Promise<() => void> => {
    const topics = new Set<string>();
    const guard = { open: true };
    prepared('savepoint job').run();
    try {
      const value = await withoutGap(job.work(transactionOn(writerReader, prepared, topics, guard)));
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
  };

  const commitTogether = async (jobs: Job[]): Promise<void> => {
    const touched = new Set<string>();
    const answers: (() => void)[] = [];
    try {
      prepared('begin immediate').run();
      for (const job of jobs) answers.push(await runJob(job, touched));
      prepared('commit').run();
    } catch (error) {
      if (writer.isTransaction) prepared('rollback').run();
      for (const job of jobs) job.reject(error);
      return;
    }
    for (const answer of answers) answer();
    announcer.announce(touched);
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
    reader: readerOn(reading),
    write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
      if (closed) return Promise.reject(new StoreUnavailable('The database is closed.'));
      const { promise, resolve, reject } = Promise.withResolvers<T>();
      queue.push({ work, resolve: (value) => resolve(value as T), reject });
      draining ??= drain();
      return promise;
    },
    watch: announcer.watch,
    async close() {
      if (closed) return;
      closed = true;
      while (draining !== null) await draining;
      reading.close();
      writer.exec('pragma optimize');
      writer.close();
    },
  };
}

function connect(file: string, readOnly: boolean): DatabaseSync {
  try {
    const database = new DatabaseSync(file, { readOnly, timeout: 5000, enableForeignKeyConstraints: true });
    if (!readOnly) database.exec('pragma journal_mode = wal');
    database.exec('pragma synchronous = full; pragma cache_size = -65536; pragma temp_store = memory; pragma mmap_size = 1073741824');
    return database;
  } catch (error) {
    throw new StoreUnavailable(`The database ${file} cannot be opened: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/** All in one transaction, so that a second process that opens the same new file waits and then finds nothing to do. */
function migrate(database: DatabaseSync, now: () => number): void {
  try {
    database.exec('begin immediate');
    database.exec(MIGRATION_TABLE);
    const applied = database.prepare('select number from migrations order by number').all().map((row) => Number(row['number']));
    for (const migration of pendingMigrations(applied)) {
      database.exec(migration.statements);
      database.prepare('insert into migrations (number, name, applied_at) values (?, ?, ?)').run(migration.number, migration.name, now());
    }
    database.exec('commit');
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Prepared statements by their text; the texts are few, since values are always bound. */
function statementCache(database: DatabaseSync): (text: string) => StatementSync {
  const statements = new Map<string, StatementSync>();
  return (text) => {
    let statement = statements.get(text);
    if (statement === undefined) {
      statement = database.prepare(text);
      statements.set(text, statement);
    }
    return statement;
  };
}

function readerOn(database: DatabaseSync): Reader {
  const prepared = statementCache(database);
  return {
    dialect: 'sqlite',
    rows: async <Row extends Record<string, Column>>(query: Sql) => prepared(query.sql).all(...bound(query)) as Row[],
  };
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

function bound(query: Sql): Column[] {
  return query.values as Column[];
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
