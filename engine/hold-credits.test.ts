import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import type { BriefRequest } from '#core/brief.ts';
import { holdOf, TREASURY_ID } from '#core/ledger.ts';
import { findBrief } from '#store/brief.ts';
import { findAccount, insertAccount, listEntries, postEntry } from '#store/ledger.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, completed, CRASHED, firstOf, leaseOf, refused, SAMPLE_REQUEST, worldOn } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { dumpRows } from '#test/conformance/whole-database.ts';
import { actOnTasks } from './act-on-tasks.ts';
import { changeBrief } from './change-brief.ts';
import { deleteBrief } from './delete-brief.ts';
import { extendBrief } from './extend-brief.ts';
import { finishTask } from './finish-task.ts';
import { newId } from './id.ts';
import { submitBrief } from './submit-brief.ts';
import { topUpBrief } from './top-up-brief.ts';
import { undoAction } from './undo-action.ts';

onBothDatabases('holding credits', (database) => {
  const world = worldOn(database);
  const { engine } = world;
  beforeEach(() => world.emptyQueue());
  const balanceOf = async (id: string) => (await findAccount(database.store.reader, id))?.balanceMicrocredits;

  /** A person with so many credits. */
  async function person(credits: number): Promise<string> {
    const id = newId(engine);
    await database.store.write(async (tx) => {
      await insertAccount(tx, { id, kind: 'person', name: `Person ${id}` }, engine.now());
      await postEntry(tx, { id: newId(engine), at: engine.now(), kind: 'starter', debitAccount: TREASURY_ID, creditAccount: id, amountMicrocredits: credits * 1_000_000, briefId: null, taskId: null }, `starter:${id}`);
    });
    return id;
  }
  const launch = (ownerId: string, changes: Partial<BriefRequest> = {}) => submitBrief(engine, ownerId, { ...SAMPLE_REQUEST, timeBudgetSeconds: 60, ...changes }, null);

  test('a launch takes the whole price at once, and every end gives back what is left', async () => {
    const owner = await person(20);
    const workerId = await world.register();
    const ends: [string, (briefId: string) => Promise<unknown>][] = [
      ['completed', async () => {
        for (const claimed of await world.claim(workerId, 4)) accepted(await finishTask(engine, leaseOf(claimed), completed(1)));
      }],
      ['cancelled', (briefId) => changeBrief(engine, briefId, 'cancel')],
      ['completed', async (briefId) => {
        accepted(await finishTask(engine, leaseOf(firstOf(await world.claim(workerId))), completed(1)));
        const brief = await findBrief(database.store.reader, briefId);
        accepted(await actOnTasks(engine, owner, { filter: '', familyId: brief?.familyId ?? '' }, { verb: 'cancel', priority: null }));
      }],
      ['failed', async () => {
        for (let claimed = await world.claim(workerId); claimed.length > 0; claimed = await world.claim(workerId)) accepted(await finishTask(engine, leaseOf(firstOf(claimed)), CRASHED));
      }],
    ];
    let left = 20_000_000;
    for (const [state, end] of ends) {
      const { briefId } = accepted(await launch(owner));
      assert.deepEqual([await balanceOf(owner), await balanceOf(holdOf(briefId))], [left - 4_000_000, 4_000_000]);
      await end(briefId);
      const brief = await findBrief(database.store.reader, briefId);
      left -= brief?.spentMicrocredits ?? 0;
      assert.deepEqual([brief?.state, await balanceOf(owner), await balanceOf(holdOf(briefId))], [state, left, 0]);
      await assertInvariants(database.store.reader);
    }
    const { briefId } = accepted(await launch(owner));
    accepted(await deleteBrief(engine, owner, briefId));
    assert.deepEqual([left, await balanceOf(owner), await balanceOf(holdOf(briefId))], [15_000_000, left, 0]);
    const moves = await listEntries(database.store.reader, { limit: 9, before: null, filter: { account: holdOf(briefId), kind: null, brief: null } });
    assert.deepEqual(moves.map(({ kind, amountMicrocredits }) => [kind, amountMicrocredits]).sort(), [['hold', 4_000_000], ['release', 4_000_000]]);
  });

  test('what the account does not have is refused with what is missing, and changes nothing', async () => {
    const owner = await person(5);
    accepted(await launch(owner, { numTasks: 3 }));
    const draft = accepted(await launch(owner, { draft: true }));
    const before = await dumpRows(database.store.reader);
    const missing = '4 credits are held for it at once, and the account has 2: 2 are missing';
    for (const refusal of [refused(await launch(owner)), refused(await changeBrief(engine, draft.briefId, 'launch'))]) {
      assert.deepEqual([refusal.code, refusal.issues], ['insufficient_credits', [{ path: 'budget_credits', message: missing }]]);
    }
    assert.deepEqual(await dumpRows(database.store.reader), before);
  });

  test('of many launches at one moment as many are accepted as the account can pay, and it is never below nothing', async () => {
    const owner = await person(9);
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => launch(owner, { numTasks: 2 })));
    assert.equal(outcomes.filter((outcome) => outcome.ok).length, 4);
    assert.ok(outcomes.every((outcome) => outcome.ok || outcome.refusal.code === 'insufficient_credits'));
    assert.equal(await balanceOf(owner), 1_000_000);
    await assertInvariants(database.store.reader);
  });

  test('a budget that failures have used up does not stand in the way of a requeue or an undo, and the brief says what it lacks', async () => {
    const workerId = await world.register();
    const { briefId, familyId } = await world.submit({ numTasks: 2, timeBudgetSeconds: 60, budgetMicrocredits: 2_000_000 });
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      const claimed = firstOf(await world.claim(workerId));
      world.clock.now += 3000;
      accepted(await finishTask(engine, leaseOf(claimed), CRASHED));
    }
    const cancelled = accepted(await changeBrief(engine, briefId, 'cancel'));
    accepted(await undoAction(engine, 'local', cancelled.actionId));
    assert.equal(accepted(await actOnTasks(engine, 'local', { ids: [`${familyId}-1`] }, { verb: 'requeue', priority: null })).done, 1);
    assert.equal(await balanceOf(holdOf(briefId)), 1_800_000);
    accepted(await finishTask(engine, leaseOf(firstOf(await world.claim(workerId, 2))), completed(1)));
    assert.equal((await findBrief(database.store.reader, briefId))?.state, 'exhausted');
    accepted(await topUpBrief(engine, briefId, { addedMicrocredits: 200_000 }));
    accepted(await finishTask(engine, leaseOf(firstOf(await world.claim(workerId, 2))), completed(1)));
    assert.equal((await findBrief(database.store.reader, briefId))?.state, 'completed');
    await assertInvariants(database.store.reader);
  });

  test('more tasks, requeued ones and undone ends hold what they cost, or are refused', async () => {
    const owner = await person(4);
    const { briefId } = accepted(await launch(owner, { numTasks: 2 }));
    const family = (await findBrief(database.store.reader, briefId))?.familyId ?? '';
    accepted(await extendBrief(engine, briefId, { numTasks: 1, budgetMicrocredits: null }));
    assert.deepEqual([await balanceOf(owner), await balanceOf(holdOf(briefId))], [1_000_000, 3_000_000]);
    assert.equal(refused(await extendBrief(engine, briefId, { numTasks: 2, budgetMicrocredits: null })).code, 'insufficient_credits');
    assert.equal(refused(await topUpBrief(engine, briefId, { budgetMicrocredits: 1 })).code, 'invalid_brief');

    const { actionId } = accepted(await changeBrief(engine, briefId, 'cancel'));
    const other = accepted(await launch(owner, { numTasks: 2 }));
    assert.equal(refused(await undoAction(engine, owner, actionId)).code, 'insufficient_credits');
    assert.equal((await findBrief(database.store.reader, briefId))?.state, 'cancelled');
    accepted(await changeBrief(engine, other.briefId, 'cancel'));
    accepted(await undoAction(engine, owner, actionId));
    assert.deepEqual([await balanceOf(owner), await balanceOf(holdOf(briefId))], [1_000_000, 3_000_000]);

    accepted(await actOnTasks(engine, owner, { filter: '', familyId: family }, { verb: 'cancel', priority: null }));
    assert.equal(await balanceOf(owner), 4_000_000, 'the brief ended with its last task');
    accepted(await launch(owner, { numTasks: 2 }));
    const requeue = accepted(await actOnTasks(engine, owner, { filter: '', familyId: family }, { verb: 'requeue', priority: null }));
    assert.deepEqual([requeue.done, requeue.refused, await balanceOf(owner)], [2, 1, 0]);
    await assertInvariants(database.store.reader);
  });
});
