import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { createAnnouncer } from './announce.ts';
import { MIGRATION_TABLE, pendingMigrations } from './migrate.ts';
import { StoreUnavailable, type Column, type Reader, type Sql, type Store, type Tx } from './seam.ts';

const CHANNEL = 'xeenet';
/** The key of the advisory lock that migrations take. Any constant will do, as long as it never changes. */
const MIGRATION_LOCK = 7_305_001;
/** Wake-ups for other nodes wait this long, so that a burst of commits costs one NOTIFY. */
const NOTIFY_AFTER_MS = 50;
/** PostgreSQL refuses a payload of 8,000 bytes or more. */
const MOST_PAYLOAD_BYTES = 7000;
const RECONNECT_AFTER_MS = 1000;
const MOST_TRIES = 8;
const SERIALIZATION_FAILURE = '40001';
const DEADLOCK = '40P01';
const BIGINT_OID = 20;

/**
 * A PostgreSQL database that several server nodes may share.
 *
 * @param url `postgres://user:password@host:port/database`
 * @param now epoch milliseconds, for the record of migrations
 * @param onTrouble told about broken connections that were replaced
 */
export async function openPostgres(url: string, now: () => number, onTrouble: (error: Error) => void): Promise<Store> {
  const types = new pg.TypeOverrides();
  types.setTypeParser(BIGINT_OID, Number);
  const pool = new pg.Pool({ connectionString: url, types, max: 16, connectionTimeoutMillis: 10_000, application_name: 'xeenet' });
  pool.on('error', onTrouble);
  try {
    await migrate(pool, now);
  } catch (error) {
    await pool.end();
    if (error instanceof StoreUnavailable) throw error;
    throw new StoreUnavailable(`The PostgreSQL database cannot be used: ${error instanceof Error ? error.message : String(error)}. Check XEENET_DATABASE_URL.`);
  }
  const announcer = createAnnouncer();
  const wire = await openWire(url, announcer.announce, onTrouble);

  const attempt = async <T>(work: (tx: Tx) => Promise<T>): Promise<T> => {
    const topics = new Set<string>();
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('begin');
      const value = await work(transactionOn(client, topics));
      await client.query('commit');
      announcer.announce(topics);
      wire.send(topics);
      return value;
    } catch (error) {
      await client.query('rollback').catch((reason: Error) => {
        broken = reason;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  };

  return {
    reader: readerOn(pool),
    async write(work) {
      for (let tries = 1; ; tries += 1) {
        try {
          return await attempt(work);
        } catch (error) {
          if (tries >= MOST_TRIES || !isConflict(error)) throw error;
        }
      }
    },
    watch: announcer.watch,
    async close() {
      await wire.close();
      await pool.end();
    },
  };
}

type Client = Pick<pg.Pool, 'query'>;

function readerOn(client: Client): Reader {
  return {
    dialect: 'postgres',
    rows: async <Row extends Record<string, Column>>(query: Sql) => (await client.query<Row>(query.text, query.values)).rows,
  };
}

function transactionOn(client: Client, topics: Set<string>): Tx {
  const transaction: Omit<Tx, keyof Tx & symbol> = {
    ...readerOn(client),
    run: async (query) => (await client.query(query.text, query.values)).rowCount ?? 0,
    touch: (topic) => topics.add(topic),
  };
  return transaction as Tx;
}

function isConflict(error: unknown): boolean {
  return error instanceof pg.DatabaseError && (error.code === SERIALIZATION_FAILURE || error.code === DEADLOCK);
}

async function migrate(pool: pg.Pool, now: () => number): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(MIGRATION_TABLE);
    const applied = await client.query<{ number: number }>('select number from migrations order by number');
    for (const migration of pendingMigrations(applied.rows.map((row) => row.number))) {
      await client.query(`begin; ${migration.statements}`);
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

type Wire = { send(topics: ReadonlySet<string>): void; close(): Promise<void> };

/** Wake-ups between nodes: one listening connection, and coalesced notifications that carry topics only. */
async function openWire(url: string, announce: (topics: ReadonlySet<string>) => void, onTrouble: (error: Error) => void): Promise<Wire> {
  const self = randomUUID();
  const waiting = new Set<string>();
  let timer: NodeJS.Timeout | null = null;
  let client: pg.Client | null = null;
  let closed = false;

  const connect = async (): Promise<void> => {
    const fresh = new pg.Client({ connectionString: url, application_name: 'xeenet wake-ups' });
    fresh.on('error', (error) => {
      onTrouble(error);
      client = null;
      if (!closed) setTimeout(() => void connect().catch(onTrouble), RECONNECT_AFTER_MS).unref();
    });
    fresh.on('notification', ({ payload }) => {
      const [sender, ...topics] = (payload ?? '').split(' ');
      if (sender !== self) announce(new Set(topics));
    });
    await fresh.connect();
    await fresh.query(`listen ${CHANNEL}`);
    client = fresh;
  };

  const flush = async (): Promise<void> => {
    timer = null;
    const topics = [...waiting];
    waiting.clear();
    while (topics.length > 0) {
      let payload = self;
      while (topics.length > 0 && payload.length + (topics[0]?.length ?? 0) < MOST_PAYLOAD_BYTES) payload += ` ${topics.shift()}`;
      await client?.query('select pg_notify($1, $2)', [CHANNEL, payload]);
    }
  };

  await connect();
  return {
    send(topics) {
      for (const topic of topics) waiting.add(topic);
      if (waiting.size > 0) timer ??= setTimeout(() => void flush().catch(onTrouble), NOTIFY_AFTER_MS);
    },
    async close() {
      closed = true;
      if (timer !== null) clearTimeout(timer);
      await flush().catch(onTrouble);
      await client?.end();
    },
  };
}
