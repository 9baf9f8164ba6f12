import pg from 'pg';
import { createAnnouncer } from './announce.ts';
import { MIGRATION_TABLE, pendingMigrations } from './migrate.ts';
import { prepared } from './postgres-statements.ts';
import { openWire, type Wire } from './postgres-wire.ts';
import { Conflict, ensureOpen, StoreUnavailable, type Column, type Reader, type Sql, type Store, type Tx } from './seam.ts';

/** The key of the advisory lock that migrations take. Any constant will do, as long as it never changes. */
const MIGRATION_LOCK = 7_305_001;
const MOST_TRIES = 8;
const SERIALIZATION_FAILURE = '40001';
const DEADLOCK = '40P01';
/** Where PostgreSQL finds that a prepared statement would return other columns than before: another node has migrated the database. */
const STALE_PLAN = { code: '0A000', routine: 'RevalidateCachedQuery' };
const BIGINT_OID = 20;

/**
 * A PostgreSQL database that several server nodes may share.
 *
 * @param url `postgres://user:password@host:port/database`
 * @param now epoch milliseconds, for the record of migrations
 * @param onTrouble told about broken connections that were replaced
 */
export async function openPostgres(url: string, now: () => number, onTrouble: (error: Error) => void): Promise<Store> {
  const pool = new pg.Pool({ connectionString: url, types: numberTypes(), max: 16, connectionTimeoutMillis: 10_000, application_name: 'xeenet' });
  let closed = false;
  // A pool ends before its connections have; what happens to them after that is nobody's trouble.
  pool.on('error', (error) => {
    if (!closed) onTrouble(error);
  });
  const announcer = createAnnouncer();
  let wire: Wire;
  try {
    await migrate(pool, now);
    wire = await openWire(url, announcer.announce, onTrouble);
  } catch (error) {
    closed = true;
    await pool.end();
    if (error instanceof StoreUnavailable) throw error;
    throw new StoreUnavailable(`The PostgreSQL database cannot be used: ${error instanceof Error ? error.message : String(error)}. Check XEENET_DATABASE_URL.`);
  }

  const write = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries += 1) {
      try {
        const topics = new Set<string>();
        const value = await transact(pool, work, topics, onTrouble);
        announcer.announce(topics);
        wire.send(topics);
        return value;
      } catch (error) {
        // Its connection is closed by now, so that this happens once for each at most.
        if (isStalePlan(error)) tries -= 1;
        else if (tries >= MOST_TRIES || !isConflict(error)) throw error;
      }
    }
  };

  // A pool that ends forgets who waits for a connection, so everything asked before is waited for here.
  const underway = new Set<Promise<unknown>>();
  const whileOpen = <T>(ask: () => Promise<T>): Promise<T> => {
    if (closed) return Promise.reject(new StoreUnavailable('The database is closed.'));
    const asked = ask();
    const settled = (): boolean => underway.delete(asked);
    underway.add(asked);
    asked.then(settled, settled);
    return asked;
  };
  const reader = readerOn(pool);

  return {
    reader: { dialect: 'postgres', rows: (query) => whileOpen(() => reader.rows(query)) },
    write: (work) => whileOpen(() => write(work)),
    watch: announcer.watch,
    async close() {
      if (closed) return;
      closed = true;
      await Promise.allSettled(underway);
      await pool.end();
      await wire.close();
    },
  };
}

/** Runs `work` in a transaction on a connection of its own; the topics it touches are announced by the caller. */
async function transact<T>(pool: pg.Pool, work: (tx: Tx) => Promise<T>, topics: Set<string>, onTrouble: (error: Error) => void): Promise<T> {
  const client = await pool.connect();
  const guard = { open: true };
  let broken: Error | undefined;
  // While a client is taken out, nobody else listens to its errors, and an error without a listener ends the process.
  client.on('error', onTrouble);
  try {
    await client.query('begin');
    const value = await work(transactionOn(client, topics, guard));
    guard.open = false;
    await client.query('commit');
    return value;
  } catch (error) {
    guard.open = false;
    if (isStalePlan(error)) broken = error;
    await client.query('rollback').catch((reason: Error) => {
      broken = reason;
    });
    throw error;
  } finally {
    client.off('error', onTrouble);
    client.release(broken);
  }
}

type Client = Pick<pg.Pool, 'query'>;

/** Whole numbers as numbers: all that we keep are safe ones. */
export function numberTypes(): pg.TypeOverrides {
  const types = new pg.TypeOverrides();
  types.setTypeParser(BIGINT_OID, Number);
  return types;
}

/** Reads on a pool or a connection. */
export function readerOn(client: Client): Reader {
  return {
    dialect: 'postgres',
    rows: async <Row extends Record<string, Column>>(query: Sql) => (await client.query<Row>(query.text, query.values)).rows,
  };
}

function transactionOn(client: Client, topics: Set<string>, guard: { open: boolean }): Tx {
  const transaction: Omit<Tx, keyof Tx & symbol> = {
    dialect: 'postgres',
    async rows<Row extends Record<string, Column>>(query: Sql) {
      ensureOpen(guard);
      return (await client.query<Row>(prepared(query))).rows;
    },
    run: async (query) => {
      ensureOpen(guard);
      return (await client.query(prepared(query))).rowCount ?? 0;
    },
    touch: (topic) => topics.add(topic),
  };
  return transaction as Tx;
}

function isStalePlan(error: unknown): error is pg.DatabaseError {
  return error instanceof pg.DatabaseError && error.code === STALE_PLAN.code && error.routine === STALE_PLAN.routine;
}

function isConflict(error: unknown): boolean {
  return error instanceof Conflict || (error instanceof pg.DatabaseError && (error.code === SERIALIZATION_FAILURE || error.code === DEADLOCK));
}

async function migrate(pool: pg.Pool, now: () => number): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(MIGRATION_TABLE);
    const applied = await client.query<{ number: number }>('select number from migrations order by number');
    for (const migration of pendingMigrations(applied.rows.map((row) => row.number))) {
      await client.query(`begin; ${migration.statements.replaceAll(' without rowid', '')}`);
      await client.query('insert into migrations (number, name, applied_at) values ($1, $2, $3)', [migration.number, migration.name, now()]);
      await client.query('commit');
    }
    await client.query('select pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    client.release();
  } catch (error) {
    // Closing the connection also gives back its advisory lock.
    client.release(true);
    throw error;
  }
}
