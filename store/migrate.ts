import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { StoreUnavailable } from './seam.ts';

const FOLDER = join(import.meta.dirname, 'migrations');
const NAME = /^(\d{4})-[a-z0-9-]+\.sql$/;

/** A numbered file of forward-only SQL, immutable once landed. */
export type Migration = { number: number; name: string; statements: string };

/** All migrations in order. */
export function listMigrations(): Migration[] {
  return readdirSync(FOLDER)
    .flatMap((name) => {
      const number = NAME.exec(name)?.[1];
      return number === undefined ? [] : [{ number: Number(number), name, statements: readFileSync(join(FOLDER, name), 'utf8') }];
    })
    .sort((left, right) => left.number - right.number);
}

/** The migrations a database still lacks; refuses a database that is newer than this program. */
export function pendingMigrations(applied: number[]): Migration[] {
  const all = listMigrations();
  const newest = Math.max(0, ...all.map((migration) => migration.number));
  const unknown = applied.find((number) => number > newest);
  if (unknown !== undefined) throw new StoreUnavailable(`The database was written by a newer XeeNet (migration ${unknown}, this one knows ${newest}). Upgrade XeeNet or use another database.`);
  return all.filter((migration) => !applied.includes(migration.number));
}

export const MIGRATION_TABLE = 'create table if not exists migrations (number bigint primary key, name text not null, applied_at bigint not null)';
