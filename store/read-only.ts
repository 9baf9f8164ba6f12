import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { readerOn as readerOnPostgres, numberTypes } from './postgres.ts';
import { sql, StoreUnavailable, type Reader } from './seam.ts';
import { readerOn as readerOnSqlite } from './sqlite-statements.ts';

/** The migration that gave the ledger its tree. */
const SEALED_SINCE = 11;

/** A database as it was at one moment, whatever a server does with it meanwhile. */
export type Snapshot = { reader: Reader; close: () => Promise<void> };

/**
 * Opens a database for reading alone: nothing is migrated, locked or written, not even beside it.
 *
 * @param place a file of SQLite, or `postgres://…`
 * @throws StoreUnavailable with a sentence that says what to do
 */
export async function openSnapshot(place: string): Promise<Snapshot> {
  const snapshot = /^postgres(ql)?:\/\//.test(place) ? await snapshotOfPostgres(place) : snapshotOfSqlite(place);
  try {
    const applied = await snapshot.reader.rows<{ number: number }>(sql`select number from migrations where number = ${SEALED_SINCE} limit 1`);
    if (applied.length === 0) throw new StoreUnavailable('The database is of an earlier XeeNet, which kept no sealed ledger. It has one as soon as this version has served it for a minute.');
    return snapshot;
  } catch (error) {
    await snapshot.close();
    throw error instanceof StoreUnavailable ? error : new StoreUnavailable(`That is no database of XeeNet: ${messageOf(error)}.`);
  }
}

function snapshotOfSqlite(file: string): Snapshot {
  try {
    // Without a log of what is not yet in the file nobody has it open, and it can be read where nothing may be written.
    const address = pathToFileURL(file);
    if (!existsSync(`${file}-wal`)) address.searchParams.set('immutable', '1');
    const database = new DatabaseSync(address, { readOnly: true, timeout: 5000 });
    database.exec('begin');
    return { reader: readerOnSqlite(database), close: async () => database.close() };
  } catch (error) {
    throw new StoreUnavailable(`The database ${file} cannot be opened: ${messageOf(error)}.`);
  }
}

async function snapshotOfPostgres(url: string): Promise<Snapshot> {
  const client = new pg.Client({ connectionString: url, types: numberTypes(), connectionTimeoutMillis: 10_000, application_name: 'xeenet ledger' });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('begin isolation level repeatable read read only');
  } catch (error) {
    await client.end().catch(() => undefined);
    throw new StoreUnavailable(`The PostgreSQL database cannot be used: ${messageOf(error)}.`);
  }
  return { reader: readerOnPostgres(client), close: () => client.end() };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
