import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPostgres } from '#store/postgres.ts';
import { openSqlite } from '#store/sqlite.ts';
import { startPostgres } from '#test/conformance/postgres-server.ts';
import { dumpPostgresSchema, dumpSqliteSchema } from '#test/conformance/schema-dump.ts';

// Writes store/schema/*.sql from empty databases, so that a change of the schema shows in reviews on both sides.

const target = join(import.meta.dirname, '..', 'store', 'schema');
const folder = await mkdtemp(join(tmpdir(), 'xeenet-schema-'));
const server = await startPostgres();
try {
  await mkdir(target, { recursive: true });
  const sqlite = openSqlite(join(folder, 'xeenet.db'), Date.now);
  await writeFile(join(target, 'sqlite.sql'), await dumpSqliteSchema(sqlite.reader));
  await sqlite.close();
  const postgres = await openPostgres(server.url, Date.now, (error) => process.stderr.write(`${error.message}\n`));
  await writeFile(join(target, 'postgres.sql'), await dumpPostgresSchema(postgres.reader));
  await postgres.close();
  process.stdout.write(`Wrote ${target}/sqlite.sql and ${target}/postgres.sql\n`);
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
