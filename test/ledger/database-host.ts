import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Random } from '#core/random.ts';
import { openPostgres } from '#store/postgres.ts';
import { prepared } from '#store/postgres-statements.ts';
import { sql, type Column, type Reader, type Sql, type Store, type Tx } from '#store/seam.ts';
import { openSqlite } from '#store/sqlite.ts';
import { startPostgres } from '#test/conformance/postgres-server.ts';
import { START_MS } from '#test/conformance/start.ts';

/** A database on which server processes live and die, one after the other. */
export type DatabaseHost = {
  /** The store of the process that lives now. */
  readonly store: Store;
  /** For whoever looks from outside. */
  readonly reader: Reader;
  /** Empties the database, for a new world. */
  empty(): Promise<void>;
  /** What the death of a process in a transaction, or between two, does to the database. */
  die(tx: Tx | null, random: Random): Promise<void>;
  /** The next process opens what the last one left. */
  restart(random: Random): Promise<void>;
  close(): Promise<void>;
};

/** A process that dies has written nothing of its transaction, or all that reached its files: this share dies the second way. */
const COPIED_SHARE = 0.3;
/** On PostgreSQL this share of deaths cuts the connection, which the server notices by itself; the others roll back. */
const TERMINATED_SHARE = 0.3;
/** Opening PostgreSQL takes as long as a hundred operations, so that most processes go on with the connections of the last. */
const REOPENED_SHARE = 0.05;

const BIGINT_OID = 20;
const SUFFIXES = ['', '-wal'];

/** SQLite in a folder of its own: in memory where the system has such a place, since a million operations sync a million times. */
export async function sqliteHost(): Promise<DatabaseHost> {
  const memory = '/dev/shm';
  const folder = await mkdtemp(join(existsSync(memory) ? memory : tmpdir(), 'xeenet-ledger-'));
  const template = join(folder, 'template.db');
  await openSqlite(template, () => START_MS).close();
  let number = 0;
  let store: Store | null = null;
  let copied = false;
  const place = (which: number): string => join(folder, String(which), 'xeenet.db');
  const openNext = async (from: string): Promise<void> => {
    const last = number;
    await store?.close();
    if (from === template) copyDatabase(template, place(number + 1));
    number += 1;
    store = openSqlite(place(number), () => START_MS);
    if (last > 0) rmSync(join(folder, String(last)), { recursive: true });
  };
  const opened = (): Store => {
    if (store === null) throw new Error('a host begins empty');
    return store;
  };
  return {
    get store() {
      return opened();
    },
    get reader() {
      return opened().reader;
    },
    empty: () => openNext(template),
    async die(tx, random) {
      // A copy of the files in the middle of a transaction is what a process leaves that is killed there.
      copied = tx !== null && random() < COPIED_SHARE;
      if (copied) copyDatabase(place(number), place(number + 1));
    },
    async restart() {
      if (copied) return openNext(place(number + 1));
      await store?.close();
      store = openSqlite(place(number), () => START_MS);
    },
    async close() {
      await store?.close();
      await rm(folder, { recursive: true });
    },
  };
}

function copyDatabase(from: string, to: string): void {
  rmSync(join(to, '..'), { recursive: true, force: true });
  mkdirSync(join(to, '..'));
  for (const suffix of SUFFIXES) if (existsSync(from + suffix)) copyFileSync(from + suffix, to + suffix);
}

/** PostgreSQL on a server of its own, whose commits do not wait for the disk. */
export async function postgresHost(): Promise<DatabaseHost> {
  const server = await startPostgres();
  const url = new URL(server.url);
  url.searchParams.set('options', '-c synchronous_commit=off');
  // Connections break because they are meant to.
  const open = (): Promise<Store> => openPostgres(url.href, () => START_MS, () => undefined);
  let store = await open();
  const types = new pg.TypeOverrides();
  types.setTypeParser(BIGINT_OID, Number);
  const client = new pg.Client({ connectionString: url.href, types });
  await client.connect();
  const emptying = await prepareEmptying(client);
  return {
    get store() {
      return store;
    },
    reader: { dialect: 'postgres', rows: async <Row extends Record<string, Column>>(query: Sql) => (await client.query<Row>(prepared(query))).rows },
    async empty() {
      await client.query(emptying);
    },
    async die(tx, random) {
      if (tx !== null && random() < TERMINATED_SHARE) await tx.rows(sql`select pg_terminate_backend(pg_backend_pid())`).catch(() => []);
    },
    async restart(random) {
      if (random() >= REOPENED_SHARE) return;
      await store.close();
      store = await open();
    },
    async close() {
      await store.close();
      await client.end();
      await server.stop();
    },
  };
}

/** What empties all tables but for what the migrations wrote. */
async function prepareEmptying(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ tablename: string }>(`select tablename from pg_tables where schemaname = 'public' and tablename <> 'migrations' order by tablename`);
  const restored: string[] = [];
  for (const { tablename } of rows) {
    const { rows: written } = await client.query(`select 1 from ${tablename} limit 1`);
    if (written.length === 0) continue;
    await client.query(`create table template_${tablename} as select * from ${tablename}`);
    restored.push(`insert into ${tablename} select * from template_${tablename}`);
  }
  const names = rows.map(({ tablename }) => tablename).join(', ');
  return ['begin', `truncate ${names}`, 'set local session_replication_role = replica', ...restored, 'commit'].join('; ');
}
