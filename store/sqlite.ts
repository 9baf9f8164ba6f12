import { DatabaseSync } from 'node:sqlite';
import { createAnnouncer } from './announce.ts';
import { createWriterQueue } from './group-commit.ts';
import { MIGRATION_TABLE, pendingMigrations } from './migrate.ts';
import { StoreUnavailable, type Store } from './seam.ts';
import { readerOn } from './sqlite-statements.ts';

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
  const queue = createWriterQueue(writer, announcer.announce);
  let closed = false;

  return {
    reader: readerOn(reading),
    write: (work) => (closed ? Promise.reject(new StoreUnavailable('The database is closed.')) : queue.write(work)),
    watch: announcer.watch,
    async close() {
      if (closed) return;
      closed = true;
      await queue.drained();
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
    if (error instanceof StoreUnavailable) throw error;
    throw new StoreUnavailable(`The database cannot be brought up to date: ${error instanceof Error ? error.message : String(error)}.`);
  }
}
