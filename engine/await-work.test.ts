import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { Store } from '#store/seam.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, CRASHED, firstOf, LEASE_MS, leaseOf, refused, worldOn } from '#test/conformance/engine-world.ts';
import { dumpRows } from '#test/conformance/whole-database.ts';
import { awaitWork } from './await-work.ts';
import { changeBrief } from './change-brief.ts';
import { changeWorker } from './change-worker.ts';
import type { Engine } from './engine.ts';
import { finishTask } from './finish-task.ts';
import { sweep } from './sweep.ts';

const LONG_MS = 60_000;
const never = new AbortController().signal;

/** The engine, with a promise for the moment when somebody has begun to listen for commits. */
function observed(engine: Engine): { engine: Engine; listening: Promise<void>; listeners: () => number } {
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  let listeners = 0;
  const store: Store = {
    reader: engine.store.reader,
    write: (work) => engine.store.write(work),
    close: () => engine.store.close(),
    watch(listener) {
      const stop = engine.store.watch(listener);
      listeners += 1;
      resolve();
      return () => {
        listeners -= 1;
        stop();
      };
    },
  };
  return { engine: { ...engine, store }, listening, listeners: () => listeners };
}

onBothDatabases('waiting for work', (database) => {
  const world = worldOn(database);
  const { engine } = world;
  beforeEach(() => world.emptyQueue());
  const wait = (from: Engine, workerId: string, slots = 1, waitMs = LONG_MS, signal = never) => awaitWork(from, workerId, slots, { waitMs, signal });

  test('answers at once when there is some', async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 3 });
    assert.equal(accepted(await wait(engine, workerId, 2)).length, 2);
  });

  test('answers with nothing after the time it was given, and leaves no listener', async () => {
    const { engine: seen, listeners } = observed({ ...engine, store: database.store });
    const workerId = await world.register();
    const before = await dumpRows(database.store.reader);
    for (const waitMs of [0, 30]) assert.deepEqual(accepted(await wait(seen, workerId, 1, waitMs)), []);
    assert.equal(listeners(), 0);
    assert.deepEqual(await dumpRows(database.store.reader), before);
  });

  test('wakes for a brief, a launch, a resumption, a retry and a lost lease', async () => {
    const workerId = await world.register();
    const draft = await world.submit({ draft: true, numTasks: 1 });
    const other = await world.register();
    const wakers: [string, () => Promise<unknown>][] = [
      ['a submission', () => world.submit({ numTasks: 1 })],
      ['a launch', async () => accepted(await changeBrief(engine, draft.briefId, 'launch'))],
    ];
    const paused = await world.submit({ numTasks: 1 });
    accepted(await changeBrief(engine, paused.briefId, 'pause'));
    wakers.push(['a resumption', async () => accepted(await changeBrief(engine, paused.briefId, 'resume'))]);
    for (const [name, wake] of wakers) {
      const { engine: seen, listening } = observed({ ...engine, store: database.store });
      const waiting = wait(seen, workerId);
      await listening;
      await wake();
      assert.equal(accepted(await waiting).length, 1, name);
    }
    await world.emptyQueue();
    await world.submit({ numTasks: 1 });
    const crashing = firstOf(await world.claim(other));
    const retry = wait(engine, workerId);
    accepted(await finishTask(engine, leaseOf(crashing), CRASHED));
    assert.equal(firstOf(accepted(await retry)).task.attempt, 2);
    const lost = wait(engine, other);
    world.clock.now += LEASE_MS + 1;
    await sweep(engine);
    assert.equal(firstOf(accepted(await lost)).task.attempt, 3);
  });

  test('does not miss work that arrives between its look and its wait', async () => {
    const workerId = await world.register();
    let looks = 0;
    const store: Store = {
      reader: database.store.reader,
      watch: (listener) => database.store.watch(listener),
      close: () => database.store.close(),
      async write(work) {
        const outcome = await database.store.write(work);
        looks += 1;
        // The look found nothing; before it is told so, a brief arrives.
        if (looks === 1) await world.submit({ numTasks: 1 });
        return outcome;
      },
    };
    assert.equal(accepted(await wait({ ...engine, store }, workerId)).length, 1);
    assert.equal(looks, 2);
  });

  test('goes on waiting when the work is not for it or went to another', async () => {
    const [waiter, quick] = [await world.register(), await world.register()];
    const { engine: seen, listening } = observed({ ...engine, store: database.store });
    const waiting = wait(seen, waiter);
    await listening;
    await world.submit({ numTasks: 1, requires: { cpuCores: 64 } });
    await database.store.write(async (tx) => tx.touch('work'));
    await world.submit({ numTasks: 1 });
    const overtaken = accepted(await wait(engine, quick, 1, 0)).length === 1;
    if (overtaken) await world.submit({ numTasks: 1 });
    assert.deepEqual(accepted(await waiting).map(({ task }) => task.workerId), [waiter]);
  });

  test('shares work among many who wait, each task once', async () => {
    const workers = await Promise.all(Array.from({ length: 12 }, () => world.register()));
    const waiting = workers.map((workerId) => wait(engine, workerId));
    await world.submit({ numTasks: 12 });
    const ids = (await Promise.all(waiting)).flatMap((outcome) => accepted(outcome).map(({ task }) => task.id));
    assert.deepEqual([ids.length, new Set(ids).size], [12, 12]);
  });

  test('ends when the worker hangs up, and claims nothing after that', async () => {
    const workerId = await world.register();
    const hangUp = new AbortController();
    const { engine: seen, listening, listeners } = observed({ ...engine, store: database.store });
    const waiting = wait(seen, workerId, 1, LONG_MS, hangUp.signal);
    await listening;
    hangUp.abort();
    assert.deepEqual(accepted(await waiting), []);
    assert.equal(listeners(), 0);
    const { familyId } = await world.submit({ numTasks: 1 });
    assert.deepEqual(accepted(await wait(engine, workerId, 1, LONG_MS, hangUp.signal)), []);
    assert.equal((await world.tasks(familyId))[0]?.state, 'pending');
  });

  test('refuses workers that are gone, and one that drains waits in vain', async () => {
    const [draining, removed] = [await world.register(), await world.register()];
    accepted(await changeWorker(engine, removed, 'removed'));
    accepted(await changeWorker(engine, draining, 'draining'));
    await world.submit({ numTasks: 1 });
    assert.equal(refused(await wait(engine, removed)).code, 'worker_removed');
    assert.equal(refused(await wait(engine, 'missing')).code, 'worker_not_found');
    assert.deepEqual(accepted(await wait(engine, draining, 1, 20)), []);
  });

  test('wakes for work that another node on the same database has taken in', async () => {
    // A second store on one SQLite file hears nothing of the first: there is one server to a data folder.
    if (database.dialect === 'sqlite') return;
    const workerId = await world.register();
    const other = await database.open();
    const { engine: seen, listening } = observed({ ...engine, store: other });
    const waiting = wait(seen, workerId);
    await listening;
    await world.submit({ numTasks: 1 });
    assert.equal(accepted(await waiting).length, 1);
  });
});
