import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import pg from 'pg';
import { openPostgres } from '#store/postgres.ts';
import type { Store } from '#store/seam.ts';
import { openSqlite } from '#store/sqlite.ts';
import { startPostgres, type PostgresServer } from './postgres-server.ts';
import { START_MS } from './start.ts';

export { START_MS };

/** A fresh database that a suite runs on, once it has begun. */
export type TestDatabase = {
  readonly dialect: 'sqlite' | 'postgres';
  readonly store: Store;
  /** The file's path or the database's URL. */
  readonly place: string;
  /** Opens the same database once more, as another server node, or this one after a restart, would. Closed with the suite. */
  open(): Promise<Store>;
};

let shared: Promise<{ server: PostgresServer; url: string }> | null = null;

/** The database of this test process, on the one server it starts. Both go when the process's last test has ended. */
async function sharedDatabase(): Promise<string> {
  shared ??= startPostgres().then(async (server) => ({ server, url: await createDatabase(server.url) }));
  return (await shared).url;
}

after(async () => {
  if (shared === null) return;
  const { server, url } = await shared;
  await onServer(server.url, `drop database ${new URL(url).pathname.slice(1)} with (force)`);
  await server.stop();
});

/** Runs one suite on SQLite and on PostgreSQL, with the same expectations, each on a database of its own. */
export function onBothDatabases(name: string, suite: (database: TestDatabase) => void): void {
  describe(`${name}, on SQLite`, () => suite(sqliteForSuite()));
  describe(`${name}, on PostgreSQL`, () => suite(postgresForSuite()));
}

/** A fresh SQLite database for the suite that calls this. */
export function sqliteForSuite(): TestDatabase {
  let folder = '';
  const file = (): string => join(folder, 'xeenet.db');
  const stores: Store[] = [];
  const open = async (): Promise<Store> => remember(stores, openSqlite(file(), () => START_MS));
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'xeenet-test-'));
    await open();
  });
  after(async () => {
    for (const store of stores) await store.close();
    await rm(folder, { recursive: true, force: true });
  });
  return {
    dialect: 'sqlite',
    get store() {
      return firstOf(stores);
    },
    get place() {
      return file();
    },
    open,
  };
}

/** A fresh PostgreSQL database for the suite that calls this. */
export function postgresForSuite(): TestDatabase {
  let url = '';
  const stores: Store[] = [];
  const open = async (): Promise<Store> => remember(stores, await openPostgres(url, () => START_MS, reportTrouble));
  before(async () => {
    url = await createSchema();
    await open();
  });
  after(async () => {
    for (const store of stores) await store.close();
    await dropSchema(url);
  });
  return {
    dialect: 'postgres',
    get store() {
      return firstOf(stores);
    },
    get place() {
      return url;
    },
    open,
  };
}

/**
 * An empty namespace in the database of this process: the URL leads its connections there. A schema takes a fiftieth of
 * the half second in which PostgreSQL makes and drops a database.
 */
async function createSchema(): Promise<string> {
  const address = new URL(await sharedDatabase());
  const name = newName();
  await onServer(address.href, `create schema ${name}`);
  address.searchParams.set('options', `-c search_path=${name}`);
  return address.href;
}

/** Removes what {@link createSchema} made. */
async function dropSchema(url: string): Promise<void> {
  const name = new URL(url).searchParams.get('options')?.split('=')[1] ?? '';
  await onServer(url, `drop schema ${name} cascade`);
}

async function createDatabase(url: string): Promise<string> {
  const name = newName();
  await onServer(url, `create database ${name}`);
  const address = new URL(url);
  address.pathname = `/${name}`;
  return address.href;
}

function newName(): string {
  return `xeenet_${randomBytes(6).toString('hex')}`;
}

/** Runs one statement on a database, outside any store. */
export async function onServer(url: string, statement: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await client.query(statement);
  } finally {
    await client.end();
  }
}

function remember(stores: Store[], store: Store): Store {
  stores.push(store);
  return store;
}

function firstOf(stores: Store[]): Store {
  const [store] = stores;
  if (store === undefined) throw new Error('the suite has not begun: use its database inside tests and hooks');
  return store;
}

function reportTrouble(error: Error): void {
  process.stderr.write(`PostgreSQL trouble: ${error.message}\n`);
}
