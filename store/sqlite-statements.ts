import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Column, Reader, Sql } from './seam.ts';

/** Prepared statements by their text; the texts are few, since values are always bound. */
export function statementCache(database: DatabaseSync): (text: string) => StatementSync {
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

/** Reads on a connection; statements answer at once. */
export function readerOn(database: DatabaseSync): Reader {
  const prepared = statementCache(database);
  return {
    dialect: 'sqlite',
    rows: async <Row extends Record<string, Column>>(query: Sql) => prepared(query.sql).all(...bound(query)) as Row[],
  };
}

/** A statement's values, all of portable types. */
export function bound(query: Sql): Column[] {
  return query.values as Column[];
}
