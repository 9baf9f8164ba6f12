import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, test } from 'node:test';
import { listMigrations } from '#store/migrate.ts';
import { one, sql, type Store, type Tx } from '#store/seam.ts';
import { onBothDatabases, onServer, postgresForSuite, sqliteForSuite } from './databases.ts';
import { dumpRows } from './whole-database.ts';

/** Adds to a counter that every test may have for itself. */
function add(tx: Tx, shard: number, amount: number): Promise<number> {
  return tx.run(sql`
    insert into totals (shard, pending) values (${shard}, ${amount})
    on conflict (shard) do update set pending = totals.pending + excluded.pending`);
}

async function valueOf(store: Pick<Store, 'reader'>, shard: number): Promise<number> {
  const row = await one<{ pending: number }>(store.reader, sql`select cast(coalesce(sum(pending), 0) as bigint) as pending from totals where shard = ${shard}`);
  return row.pending;
}

/** Topics of the commits from now on, and a promise for the moment when one with a name has come. */
function listen(store: Store): { commits: string[][]; heard(topic: string): Promise<void>; stop(): void } {
  const commits: string[][] = [];
  const target = new EventTarget();
  const stop = store.watch((topics) => {
    commits.push([...topics].sort());
    for (const topic of topics) target.dispatchEvent(new Event(topic));
  });
  const known = (topic: string): boolean => commits.some((topics) => topics.includes(topic));
  return { commits, stop, heard: async (topic) => void (known(topic) || (await once(target, topic))) };
}

onBothDatabases('transactions', (database) => {
  test('what is written is read after, by everybody', async () => {
    const answer = await database.store.write(async (tx) => {
      await add(tx, 100, 1);
      return (await one<{ pending: number }>(tx, sql`select pending from totals where shard = 100`)).pending;
    });
    assert.deepEqual([answer, await valueOf(database.store, 100)], [1, 1]);
    assert.equal(await valueOf(await database.open(), 100), 1);
  });

  test('nothing remains of a transaction that throws, whatever it throws and whenever', async () => {
    const before = await dumpRows(database.store.reader);
    const failures: ((tx: Tx) => Promise<unknown>)[] = [
      async (tx) => {
        await add(tx, 101, 1);
        throw new RangeError('on purpose');
      },
      async (tx) => {
        await add(tx, 101, 1);
        await tx.run(sql`insert into totals (shard) values (101)`);
      },
      async (tx) => {
        await add(tx, 101, 1);
        await tx.rows(sql`select nothing from nowhere`);
      },
      () => {
        throw new RangeError('before it began');
      },
      () => Promise.reject('not even an error'),
    ];
    for (const work of failures) await assert.rejects(database.store.write(work), (error) => error !== undefined);
    assert.deepEqual(await dumpRows(database.store.reader), before);
  });

  test('callers that wait together fail alone', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) =>
        database.store.write(async (tx) => {
          await add(tx, 200 + index, 1);
          if (index % 3 === 0) throw new Error(`on purpose ${index}`);
          if (index % 3 === 1) await tx.run(sql`insert into tasks (id) values (${null})`);
          return index;
        }),
      ),
    );
    for (const [index, result] of results.entries()) {
      assert.equal(await valueOf(database.store, 200 + index), index % 3 === 2 ? 1 : 0);
      if (result.status === 'fulfilled') assert.equal(result.value, index);
      else assert.match(String(result.reason), index % 3 === 0 ? new RegExp(`on purpose ${index}$`) : /null|constraint/i);
    }
  });

  test('every one of many simultaneous increments counts', async () => {
    await Promise.all(Array.from({ length: 100 }, () => database.store.write((tx) => add(tx, 102, 1))));
    assert.equal(await valueOf(database.store, 102), 100);
  });

  test('a transaction cannot be used after its end', async () => {
    let kept: Tx | null = null;
    const keep = async (tx: Tx): Promise<void> => {
      kept = tx;
      await add(tx, 103, 1);
    };
    await database.store.write(keep);
    const ended = kept as unknown;
    await assert.rejects(add(ended as Tx, 103, 1), /after its end/);
    await assert.rejects((ended as Tx).rows(sql`select 1 as one`), /after its end/);
    await assert.rejects(database.store.write((tx) => keep(tx).then(() => Promise.reject(new Error('undone')))), /undone/);
    await assert.rejects(add(kept as unknown as Tx, 103, 1), /after its end/);
    assert.equal(await valueOf(database.store, 103), 1);
  });

  test('topics are announced after the commit, and never for what was undone', async () => {
    const { commits, heard, stop } = listen(database.store);
    let announcedInside = 0;
    await assert.rejects(
      database.store.write(async (tx) => {
        tx.touch('undone');
        throw new Error('on purpose');
      }),
    );
    await database.store.write(async (tx) => {
      tx.touch('a');
      tx.touch('b');
      tx.touch('a');
      await add(tx, 104, 1);
      announcedInside = commits.length;
    });
    await heard('a');
    assert.equal(announcedInside, 0);
    assert.deepEqual(commits, [['a', 'b']]);
    stop();
    await database.store.write(async (tx) => tx.touch('unheard'));
    await database.store.write(async () => undefined);
    assert.equal(commits.length, 1);
  });

  test('a reader sees the commit that a listener was told of', async () => {
    const seen: Promise<number>[] = [];
    const stop = database.store.watch(() => seen.push(valueOf(database.store, 105)));
    await database.store.write(async (tx) => {
      tx.touch('x');
      await add(tx, 105, 7);
    });
    await nextTurn();
    assert.deepEqual(await Promise.all(seen), [7]);
    stop();
  });

  test('a closed database answers nobody, and finishes what it was asked before', async () => {
    const store = await database.open();
    const asked = Array.from({ length: 10 }, () => store.write((tx) => add(tx, 106, 1)));
    await Promise.all([store.close(), ...asked]);
    await assert.rejects(store.write((tx) => add(tx, 106, 1)));
    await assert.rejects(async () => store.reader.rows(sql`select 1 as one`));
    assert.equal(await valueOf(database.store, 106), 10);
  });

  test('migrating again changes nothing', async () => {
    const before = await dumpRows(database.store.reader);
    const again = await database.open();
    assert.deepEqual(await dumpRows(again.reader), before);
  });

  test('a database of a newer program is refused with a sentence', async () => {
    await database.store.write((tx) => tx.run(sql`insert into migrations (number, name, applied_at) values (9999, 'from the future', 0)`));
    await assert.rejects(database.open(), /newer XeeNet \(migration 9999/);
    await database.store.write((tx) => tx.run(sql`delete from migrations where number = 9999`));
    await database.open();
  });
});

describe('SQLite', () => {
  const database = sqliteForSuite();

  test('an asynchronous gap inside a transaction is refused, and nothing of it remains', async () => {
    const { promise: elsewhere, resolve } = Promise.withResolvers<void>();
    const late: unknown[] = [];
    const gap = database.store.write(async (tx) => {
      await add(tx, 1, 1);
      await elsewhere;
      await add(tx, 1, 1).catch((error: unknown) => late.push(error));
    });
    const neighbour = database.store.write((tx) => add(tx, 2, 1));
    await assert.rejects(gap, /waited for something other/);
    await neighbour;
    resolve();
    await nextTurn();
    assert.match(String(late[0]), /after its end/);
    assert.deepEqual([await valueOf(database.store, 1), await valueOf(database.store, 2)], [0, 1]);
  });

  test('many waiting callers share commits', async () => {
    const commits = listen(database.store).commits;
    await Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        database.store.write(async (tx) => {
          tx.touch(`topic-${index}`);
          await add(tx, 3, 1);
        }),
      ),
    );
    assert.deepEqual(commits.map((topics) => topics.length), [256, 44]);
  });

  test('each commit is on the disk: synchronous is full', async () => {
    const rows = await database.store.write((tx) => tx.rows<{ synchronous: number }>(sql`pragma synchronous`));
    assert.equal(rows[0]?.synchronous, 2);
    const journal = await database.store.reader.rows<{ journal_mode: string }>(sql`pragma journal_mode`);
    assert.equal(journal[0]?.journal_mode, 'wal');
  });

  test('readers cannot write', async () => {
    await assert.rejects(async () => database.store.reader.rows(sql`delete from totals returning shard`), /readonly/);
  });
});

describe('PostgreSQL', () => {
  const database = postgresForSuite();

  test('a deadlock is tried again until both have happened', async () => {
    const { promise: bothHold, resolve } = Promise.withResolvers<void>();
    let tries = 0;
    let holding = 0;
    const oneHappened = Promise.withResolvers<void>();
    const cross = async (first: number, second: number): Promise<void> => {
      let isAgain = false;
      await database.store.write(async (tx) => {
        tries += 1;
        // The one that was undone lets the other one finish: whoever took a row first now would decide on another deadlock.
        if (isAgain) await oneHappened.promise;
        isAgain = true;
        await add(tx, first, 1);
        holding += 1;
        if (holding === 2) resolve();
        await bothHold;
        await add(tx, second, 1);
      });
      oneHappened.resolve();
    };
    await database.store.write(async (tx) => void (await add(tx, 1, 0), await add(tx, 2, 0)));
    await Promise.all([cross(1, 2), cross(2, 1)]);
    assert.equal(tries, 3);
    assert.deepEqual([await valueOf(database.store, 1), await valueOf(database.store, 2)], [2, 2]);
  });

  test('a failed serialization is tried again, and its topics are announced once', async () => {
    const { commits, stop } = listen(database.store);
    const { promise: bothRead, resolve } = Promise.withResolvers<void>();
    let reading = 0;
    const increment = () =>
      database.store.write(async (tx) => {
        await tx.run(sql`set transaction isolation level serializable`);
        const value = await valueOf({ reader: tx }, 3);
        reading += 1;
        tx.touch(`try-${reading}`);
        if (reading === 2) resolve();
        await bothRead;
        await tx.run(sql`update totals set pending = ${value + 1} where shard = 3`);
      });
    await database.store.write((tx) => add(tx, 3, 0));
    await Promise.all([increment(), increment()]);
    assert.equal(await valueOf(database.store, 3), 2);
    assert.deepEqual([reading, commits.length], [3, 2]);
    stop();
  });

  test('nodes on one database wake each other, once per burst, and themselves not twice', async () => {
    const other = await database.open();
    const [here, there] = [listen(database.store), listen(other)];
    const topics = Array.from({ length: 600 }, (_, index) => `a-topic-with-a-rather-long-name:${index}`);
    for (const topic of topics) await database.store.write(async (tx) => tx.touch(topic));
    await database.store.write(async (tx) => tx.touch('last'));
    await there.heard('last');
    const heard = there.commits.flat().filter((topic) => topic.startsWith('a-topic'));
    assert.deepEqual(heard.sort(), topics.toSorted());
    assert.ok(there.commits.length < topics.length / 2, `${there.commits.length} notifications for ${topics.length} commits`);
    await other.write(async (tx) => tx.touch('back'));
    await here.heard('back');
    assert.equal(here.commits.length, topics.length + 2);
    for (const ear of [here, there]) ear.stop();
  });

  test('a statement that another node’s migration gave more columns is asked again', async () => {
    const read = () => database.store.write((tx) => tx.rows(sql`select * from event_marks limit 1`));
    for (let times = 0; times < 5; times += 1) await read();
    await onServer(database.place, 'alter table event_marks add column later bigint');
    assert.deepEqual(await Promise.all([read(), read()]), [[], []]);
  });

  test('a transaction whose connection breaks is refused, and the next one works', async () => {
    const breaking = database.store.write(async (tx) => {
      const { pid } = await one<{ pid: number }>(tx, sql`select pg_backend_pid() as pid`);
      await add(tx, 4, 1);
      await onServer(database.place, `select pg_terminate_backend(${pid})`);
      await nextTurn();
      await add(tx, 4, 1);
    });
    await assert.rejects(breaking);
    await database.store.write((tx) => add(tx, 4, 5));
    assert.equal(await valueOf(database.store, 4), 5);
  });

  test('the connection for wake-ups is made again when it breaks', async () => {
    const ear = listen(database.store);
    const other = await database.open();
    await onServer(database.place, `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'xeenet wake-ups'`);
    // Both ends reconnect on their own; until then topics are lost, as hints may be.
    for (let sent = 0; !ear.commits.flat().includes('after'); sent += 1) {
      await other.write(async (tx) => tx.touch(`attempt-${sent}`));
      await other.write(async (tx) => tx.touch('after'));
      await other.reader.rows(sql`select pg_sleep(0.05)`);
    }
    ear.stop();
  });

  test('several nodes that start at once on an empty database migrate it once', async () => {
    await onServer(database.place, 'create schema crowded');
    const address = new URL(database.place);
    address.searchParams.set('options', '-c search_path=crowded');
    const { openPostgres } = await import('#store/postgres.ts');
    const stores = await Promise.all(Array.from({ length: 5 }, () => openPostgres(address.href, () => 0, () => undefined)));
    const rows = await stores[0]?.reader.rows<{ number: number }>(sql`select number from migrations order by number`);
    assert.deepEqual(rows?.map((row) => row.number), listMigrations().map((migration) => migration.number));
    await Promise.all(stores.map((store) => store.close()));
    await onServer(database.place, 'drop schema crowded cascade');
  });

  test('a database that cannot be reached is refused with a sentence', async () => {
    const { openPostgres } = await import('#store/postgres.ts');
    const address = new URL(database.place);
    address.pathname = '/not_there';
    await assert.rejects(openPostgres(address.href, () => 0, () => undefined), /not_there.*Check XEENET_DATABASE_URL/);
  });
});
