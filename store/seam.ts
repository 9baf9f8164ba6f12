import type { Sql } from 'sql-template-tag';

export { default as sql, empty, join, raw, type Sql } from 'sql-template-tag';

/** A column's value. Only portable types: text, bigint (as a safe integer) and double precision. */
export type Column = string | number | null;

/** Reads what is committed. Statements are written once; `dialect` is for the few places where two are needed. */
export type Reader = {
  readonly dialect: 'sqlite' | 'postgres';
  rows<Row extends Record<string, Column>>(query: Sql): Promise<Row[]>;
};

declare const writable: unique symbol;

/**
 * Reads and writes inside one transaction. Only `engine/` obtains one, through {@link Store.write}; a `Reader` does
 * not pass for it.
 */
export type Tx = Reader & {
  readonly [writable]: true;
  /** Runs a statement and returns the number of rows it changed. */
  run(query: Sql): Promise<number>;
  /** Names a topic, a word of ASCII without spaces, to be announced after the commit. */
  touch(topic: string): void;
};

/** A database. What `write` acknowledges is durable. */
export type Store = {
  readonly reader: Reader;
  /**
   * Runs `work` in a transaction and answers once it is durable. If `work` throws, nothing of it remains.
   * `work` awaits nothing but this transaction's own statements: an embedded database refuses an asynchronous gap.
   */
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
  /** Calls `listener` with the topics of each commit, of this process and of others on the same database. A hint, never the truth. */
  watch(listener: (topics: ReadonlySet<string>) => void): () => void;
  close(): Promise<void>;
};

/** The first row, or null. */
export async function first<Row extends Record<string, Column>>(reader: Reader, query: Sql): Promise<Row | null> {
  const [row] = await reader.rows<Row>(query);
  return row ?? null;
}

/** The first row of a statement that always has one. */
export async function one<Row extends Record<string, Column>>(reader: Reader, query: Sql): Promise<Row> {
  const row = await first<Row>(reader, query);
  if (row === null) throw new Error(`a statement that always has a row had none: ${query.sql}`);
  return row;
}

/** Throws once a transaction has ended, so that a forgotten statement never lands in somebody else's. */
export function ensureOpen(guard: { open: boolean }): void {
  if (!guard.open) throw new Error('a transaction was used after its end');
}

/**
 * What a transaction relied on has changed since it looked, before it could lock it: `write` undoes it and runs its work
 * again. With one writer at a time this does not happen.
 */
export class Conflict extends Error {}

/** A database failed to open, or to be brought up to date; the message says what to do. */
export class StoreUnavailable extends Error {}
