import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { LOCAL_ID } from '#core/ledger.ts';
import { findBrief } from '#store/brief.ts';
import { findFamily } from '#store/family.ts';
import { findAccount } from '#store/ledger.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, completed, CRASHED, firstOf, leaseOf, refused, worldOn } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { actOnTasks } from './act-on-tasks.ts';
import { changeBrief } from './change-brief.ts';
import { extendBrief } from './extend-brief.ts';
import { finishTask } from './finish-task.ts';
import { topUpBrief } from './top-up-brief.ts';

onBothDatabases('a brief that runs out of credits', (database) => {
  const world = worldOn(database);
  const { engine } = world;
  beforeEach(() => world.emptyQueue());
  const stateOf = async (briefId: string) => (await findBrief(database.store.reader, briefId))?.state;

  /** A brief whose only budget was for its tasks, of which the first has failed after all of its time. */
  async function exhaust(numTasks = 2): Promise<{ briefId: string; familyId: string; workerId: string }> {
    await world.emptyQueue();
    const workerId = await world.register();
    const ids = await world.submit({ numTasks, timeBudgetSeconds: 60, budgetMicrocredits: numTasks * 1_000_000 });
    for (let attempt = 1; attempt <= numTasks; attempt += 1) {
      const claimed = firstOf(await world.claim(workerId));
      world.clock.now += 60_000;
      accepted(await finishTask(engine, leaseOf(claimed), CRASHED));
    }
    return { ...ids, workerId };
  }

  test('is exhausted, gives nothing out, and goes on once it is topped up by what it says', async () => {
    const { briefId, familyId, workerId } = await exhaust();
    assert.equal(await stateOf(briefId), 'exhausted');
    assert.deepEqual(await world.claim(workerId, 5), []);
    await assertInvariants(database.store.reader);

    const short = refused(await topUpBrief(engine, briefId, { addedMicrocredits: 1_999_999 }));
    assert.deepEqual([short.code, short.issues], ['invalid_brief', [{ path: 'budget_credits', message: 'must be at least 4: so much is spent, or held for what is to run; 0.01 are missing' }]]);
    assert.match(refused(await topUpBrief(engine, briefId, { budgetMicrocredits: 1_999_999 })).detail, /must be at least 2, which it is now/);
    assert.match(refused(await topUpBrief(engine, briefId, { addedMicrocredits: 2 ** 52 })).detail, /at most 1000000000/);
    assert.equal(await stateOf(briefId), 'exhausted');

    accepted(await topUpBrief(engine, briefId, { addedMicrocredits: 2_000_000 }));
    assert.equal(await stateOf(briefId), 'running');
    for (const claimed of await world.claim(workerId, 5)) accepted(await finishTask(engine, leaseOf(claimed), completed(1)));
    const brief = await findBrief(database.store.reader, briefId);
    assert.deepEqual([brief?.state, brief?.spentMicrocredits, brief?.budgetMicrocredits], ['completed', 4_000_000, 4_000_000]);
    assert.equal((await findFamily(database.store.reader, familyId))?.counts.completed, 2);
    assert.equal(refused(await topUpBrief(engine, briefId, { addedMicrocredits: 1 })).code, 'brief_state');
    await assertInvariants(database.store.reader);
  });

  test('ends when its tasks are cancelled, goes on when it is extended, and is cancelled like any other', async () => {
    const one = await exhaust();
    accepted(await actOnTasks(engine, LOCAL_ID, { filter: '', familyId: one.familyId }, { verb: 'cancel', priority: null }));
    assert.equal(await stateOf(one.briefId), 'completed');
    const two = await exhaust();
    assert.equal(refused(await extendBrief(engine, two.briefId, { numTasks: 1, budgetMicrocredits: 4_000_000 })).code, 'invalid_brief');
    accepted(await extendBrief(engine, two.briefId, { numTasks: 1, budgetMicrocredits: 5_000_000 }));
    assert.equal(await stateOf(two.briefId), 'running');
    const three = await exhaust();
    assert.equal(refused(await changeBrief(engine, three.briefId, 'pause')).code, 'brief_state');
    accepted(await changeBrief(engine, three.briefId, 'cancel'));
    await assertInvariants(database.store.reader);
  });

  test('is topped up once, however often and at which moments it is asked', async () => {
    const { briefId } = await exhaust();
    const once = { ownerId: LOCAL_ID, scope: `top-up ${briefId}`, key: 'k', requestSha256: 'r' };
    await Promise.all(Array.from({ length: 6 }, () => topUpBrief(engine, briefId, { addedMicrocredits: 2_000_000 }, once).then(accepted)));
    assert.equal((await findBrief(database.store.reader, briefId))?.budgetMicrocredits, 4_000_000);
    await assertInvariants(database.store.reader);
  });

  test('takes what it lacks from its owner first, as far as the budget goes, and no credit beyond it', async () => {
    const workerId = await world.register();
    const { briefId } = await world.submit({ numTasks: 1, timeBudgetSeconds: 60, budgetMicrocredits: 2_500_000 });
    for (const expected of ['running', 'exhausted']) {
      const claimed = firstOf(await world.claim(workerId));
      world.clock.now += 90_000;
      accepted(await finishTask(engine, leaseOf(claimed), CRASHED));
      assert.equal(await stateOf(briefId), expected);
    }
    const [brief, hold] = [await findBrief(database.store.reader, briefId), await findAccount(database.store.reader, `hold-${briefId}`)];
    assert.deepEqual([brief?.spentMicrocredits, hold?.balanceMicrocredits], [2_000_000, 500_000]);
    await assertInvariants(database.store.reader);
  });
});
