import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom, type Random } from '#core/random.ts';
import { listBriefs } from '#store/brief.ts';
import { sql } from '#store/seam.ts';
import { findTask } from '#store/task.ts';
import { listWorkers } from '#store/worker.ts';
import { onBothDatabases, type TestDatabase } from '#test/conformance/databases.ts';
import { completed, leaseOf, worldOn, type World } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { AUDIT_OPERATIONS, registerFor, truthOf } from '#test/ledger/audit-operations.ts';
import { LOTTERY, lotteryOf, OPERATIONS, pick, type Known, type Operation } from '#test/ledger/operations.ts';
import { changeBrief } from './change-brief.ts';
import { finishTask } from './finish-task.ts';
import { setQuarantinedAside } from './set-quarantined-aside.ts';
import { sweep } from './sweep.ts';

/** Reads from the environment, so that a failure can be repeated: `XEENET_TEST_SEED=7 node --test engine/model.test.ts`. */
const SEED = Number(process.env['XEENET_TEST_SEED'] ?? Math.floor(Date.now() / 1000));

/** More than it takes to settle whatever the driver left. */
const MOST_ROUNDS = 100;

/** Runs random operations, some of them at the same moment, and checks everything after each handful. */
async function drive(world: World, database: TestDatabase, random: Random, operations: number, checkEvery: number, lottery: readonly Operation[]): Promise<Known> {
  const known: Known = { briefs: [], workers: [], claims: [], sent: [], actions: [] };
  for (let done = 0; done < operations; ) {
    const atOnce = random() < 0.2 ? 2 + Math.floor(random() * 6) : 1;
    await Promise.all(Array.from({ length: atOnce }, () => (pick(lottery, random) as Operation)(world, known, random)));
    known.claims.splice(0, Math.max(0, known.claims.length - 40));
    known.actions.splice(0, Math.max(0, known.actions.length - 10));
    known.briefs.splice(0, Math.max(0, known.briefs.length - 12));
    known.workers.splice(0, Math.max(0, known.workers.length - 8));
    if (Math.floor((done + atOnce) / checkEvery) > Math.floor(done / checkEvery)) await assertInvariants(database.store.reader);
    done += atOnce;
  }
  return known;
}

/** Finishes whatever is left, as patient workers would, so that every brief comes to its end. */
async function settle(world: World, database: TestDatabase): Promise<void> {
  const { engine, clock } = world;
  clock.now += 1_000_000;
  while ((await sweep(engine)) > 0);
  for (const brief of await listBriefs(database.store.reader, { limit: 100_000, before: null, state: 'paused' })) await changeBrief(engine, brief.id, 'resume');
  // An honest worker may be outvoted by liars, so one after the other goes on, each of another owner.
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    while ((await setQuarantinedAside(engine)) > 0);
    const workerId = await registerFor(world, `patient-${round}`);
    let done = 0;
    for (let claimed = await world.claim(workerId, 50); claimed.length > 0; claimed = await world.claim(workerId, 50)) {
      for (const one of claimed) await finishTask(engine, leaseOf(one), completed(truthOf(one.task)));
      done += claimed.length;
    }
    if (done === 0) return;
  }
  assert.fail('it never ends');
}

onBothDatabases(`any sequence of operations (seed ${SEED})`, (database) => {
  const world = worldOn(database);

  test('keeps every count, summary, median, balance and state as one would compute it anew', async () => {
    const [operations, checkEvery] = database.dialect === 'sqlite' ? [4000, 50] : [400, 50];
    const known = await drive(world, database, seededRandom(SEED), operations, checkEvery, LOTTERY);
    assert.ok(known.sent.length > operations / 100, 'the driver gets somewhere');
    await settle(world, database);
    await assertInvariants(database.store.reader);
    const briefs = await listBriefs(database.store.reader, { limit: 100_000, before: null, state: null });
    assert.deepEqual(briefs.filter((brief) => brief.state === 'running' || brief.state === 'paused'), [], 'every brief that was launched has ended');
    for (const { claimed, accepted } of known.sent) if (accepted) assert.ok(['completed', undefined].includes((await findTask(database.store.reader, claimed.task.id))?.state), 'what was accepted stays, unless it is deleted');
    assert.ok((await listWorkers(database.store.reader, { limit: 100_000, before: null })).every((worker) => worker.running === 0));
  });

  test('and so it does where strangers run the tasks and some of them lie', async () => {
    const [operations, checkEvery] = database.dialect === 'sqlite' ? [1500, 100] : [300, 100];
    const lottery = lotteryOf({ ...OPERATIONS, ...AUDIT_OPERATIONS });
    await drive(world, database, seededRandom(SEED + 1), operations, checkEvery, lottery);
    await settle(world, database);
    await assertInvariants(database.store.reader);
    const { reader } = database.store;
    const briefs = await listBriefs(reader, { limit: 100_000, before: null, state: null });
    assert.deepEqual(briefs.filter((brief) => brief.state === 'running' || brief.state === 'paused'), [], 'every brief that was launched has ended');
    assert.ok((await listWorkers(reader, { limit: 100_000, before: null })).every((worker) => worker.running === 0 && !worker.quarantineOpen));
    const known = new Set((await reader.rows<{ verification: string }>(sql`select distinct verification from attempts where verification is not null limit 9`)).map((row) => row.verification));
    if (database.dialect === 'sqlite') assert.ok(['refuted', 'verified'].every((one) => known.has(one)), [...known].join());
  });
});
