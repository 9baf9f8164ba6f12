import type { Column, Reader, Sql, Store, Tx } from '#store/seam.ts';

/** What every statement of a dead server process ends with. */
export class Crash extends Error {}

/** A store as one server process has it, and a way to let that process die between two statements. */
export type CrashingStore = {
  store: Store;
  /** Lets the process die before the statement that comes after so many more; beginning and answering count as one each. */
  dieAfter(statements: number): void;
  /** Whether the process has died. */
  dead(): boolean;
};

/**
 * Puts a store into the hands of a process that may die. Once it has, nothing it asks for is answered any more: not even
 * what others of its transactions wrote at the same moment and the database keeps.
 *
 * @param inner the store on the database that outlives the process
 * @param onDeath what the death does to the database, inside the transaction it cuts, if it cuts one
 */
export function crashingStore(inner: Store, onDeath: (tx: Tx | null) => Promise<void>): CrashingStore {
  let left = Number.POSITIVE_INFINITY;
  let isDead = false;
  const step = async (tx: Tx | null): Promise<void> => {
    if (!isDead && left <= 0) {
      isDead = true;
      await onDeath(tx);
    }
    if (isDead) throw new Crash('the process has died');
    left -= 1;
  };
  const reader: Reader = {
    dialect: inner.reader.dialect,
    async rows<Row extends Record<string, Column>>(query: Sql) {
      await step(null);
      return inner.reader.rows<Row>(query);
    },
  };
  return {
    store: {
      reader,
      async write(work) {
        const value = await inner.write(async (tx) => {
          const result = await work(stepping(tx, () => step(tx)));
          await step(tx);
          return result;
        });
        await step(null);
        return value;
      },
      watch: (listener) => inner.watch(listener),
      close: () => inner.close(),
    },
    dieAfter(statements) {
      left = statements;
    },
    dead: () => isDead,
  };
}

/** A transaction that may end before each of its statements. */
function stepping(tx: Tx, step: () => Promise<void>): Tx {
  const transaction: Omit<Tx, keyof Tx & symbol> = {
    dialect: tx.dialect,
    async rows<Row extends Record<string, Column>>(query: Sql) {
      await step();
      return tx.rows<Row>(query);
    },
    async run(query) {
      await step();
      return tx.run(query);
    },
    touch: (topic) => tx.touch(topic),
  };
  return transaction as Tx;
}
