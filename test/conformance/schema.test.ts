import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { listMigrations } from '#store/migrate.ts';
import { raw } from '#store/seam.ts';
import { onBothDatabases, postgresForSuite, sqliteForSuite } from './databases.ts';
import { dumpPostgresSchema, dumpSqliteSchema } from './schema-dump.ts';
import { TABLES } from './whole-database.ts';

const kept = (name: string) => readFile(new URL(`../../store/schema/${name}.sql`, import.meta.url), 'utf8');

describe('the dumped schemas', () => {
  const [sqlite, postgres] = [sqliteForSuite(), postgresForSuite()];

  test('store/schema/sqlite.sql is what the migrations make; "npm run schema" writes it', async () => {
    assert.equal(await dumpSqliteSchema(sqlite.store.reader), await kept('sqlite'));
  });

  test('store/schema/postgres.sql is what the migrations make; "npm run schema" writes it', async () => {
    assert.equal(await dumpPostgresSchema(postgres.store.reader), await kept('postgres'));
  });

  test('both databases have the same tables, columns and types', async () => {
    type Row = { place: string; type: string };
    const ofSqlite = await sqlite.store.reader.rows<Row>(raw(`
      select tables.name || '.' || columns.cid || '.' || columns.name as place, lower(columns.type) as type
      from sqlite_master as tables join pragma_table_info(tables.name) as columns where tables.type = 'table'`));
    // PostgreSQL keeps the places of columns that a migration dropped.
    const ofPostgres = await postgres.store.reader.rows<Row>(raw(`
      select table_name || '.' || (row_number() over (partition by table_name order by ordinal_position) - 1) || '.' || column_name as place, data_type as type
      from information_schema.columns where table_schema = current_schema()`));
    const sorted = (rows: Row[]) => rows.map((row) => `${row.place} ${row.type}`).sort();
    assert.deepEqual(sorted(ofSqlite), sorted(ofPostgres));
  });

  test('only portable types are used', async () => {
    const rows = await postgres.store.reader.rows<{ type: string }>(raw(`
      select distinct data_type as type from information_schema.columns where table_schema = current_schema() order by data_type`));
    assert.deepEqual(rows.map((row) => row.type), ['bigint', 'double precision', 'text']);
  });
});

onBothDatabases('migrations', (database) => {
  test('have a number each, and all of them are recorded', async () => {
    const rows = await database.store.reader.rows<{ number: number; name: string }>(raw('select number, name from migrations order by number'));
    const all = listMigrations();
    assert.deepEqual(rows.map((row) => [row.number, row.name]), all.map((migration) => [migration.number, migration.name]));
    assert.equal(new Set(all.map((migration) => migration.number)).size, all.length);
  });

  test('make the tables that the tests compare whole', async () => {
    const query = database.dialect === 'sqlite' ? `select name from sqlite_master where type = 'table' and name <> 'migrations'` : `select tablename as name from pg_tables where schemaname = current_schema() and tablename <> 'migrations'`;
    const rows = await database.store.reader.rows<{ name: string }>(raw(query));
    assert.deepEqual(rows.map((row) => row.name).sort(), Object.keys(TABLES).sort());
  });
});
