import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { findBrief } from '#store/brief.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, completed, firstOf, leaseOf, refused, worldOn } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { dumpRows } from '#test/conformance/whole-database.ts';
import { changeBrief } from './change-brief.ts';
import { confirmTasks } from './confirm-tasks.ts';
import { finishTask } from './finish-task.ts';

onBothDatabases('confirming what looked best', (database) => {
  const world = worldOn(database);
  const { engine } = world;
  beforeEach(() => world.emptyQueue());
  afterEach(() => assertInvariants(database.store.reader));

  test('configurations run again with seeds that no task had, and a brief that had ended goes on', async () => {
    const workerId = await world.register();
    const { briefId, familyId } = await world.submit({ numTasks: 3, budgetMicrocredits: 3_000_000 });
    for (const one of await world.claim(workerId, 9)) accepted(await finishTask(engine, leaseOf(one), completed(one.task.number)));
    const [best, second] = await world.tasks(familyId);
    assert.ok(best !== undefined && second !== undefined);
    accepted(await confirmTasks(engine, briefId, { taskIds: [best.id, second.id, best.id], seeds: 2, budgetMicrocredits: 7_000_000 }));
    const tasks = await world.tasks(familyId);
    assert.deepEqual(tasks.slice(3).map((task) => [task.number, task.config]), [[4, best.config], [5, best.config], [6, second.config], [7, second.config]]);
    assert.equal(new Set(tasks.map((task) => task.seed)).size, 7);
    const brief = await findBrief(database.store.reader, briefId);
    assert.deepEqual([brief?.state, brief?.numTasks, brief?.budgetMicrocredits], ['running', 7, 7_000_000]);
  });

  test('what cannot be confirmed changes nothing', async () => {
    const [{ briefId, familyId }, other, draft] = [await world.submit({ numTasks: 1, budgetMicrocredits: 1_000_000 }), await world.submit(), await world.submit({ draft: true })];
    const own = firstOf(await world.tasks(familyId)).id;
    const foreign = firstOf(await world.tasks(other.familyId)).id;
    accepted(await changeBrief(engine, other.briefId, 'cancel'));
    const before = await dumpRows(database.store.reader);
    const confirm = async (id: string, taskIds: string[]) => refused(await confirmTasks(engine, id, { taskIds, seeds: 3, budgetMicrocredits: null }));
    assert.deepEqual((await confirm(briefId, [own])).issues, [{ path: 'budget_credits', message: '4 tasks of 60 s cost 4 credits; the budget is 1' }]);
    assert.deepEqual([(await confirm(briefId, [foreign])).code, (await confirm(briefId, ['nothing'])).code, (await confirm(briefId, [])).code], ['task_not_found', 'task_not_found', 'invalid']);
    assert.deepEqual([(await confirm(other.briefId, [foreign])).code, (await confirm(draft.briefId, [own])).code, (await confirm('nothing', [own])).code], ['brief_state', 'brief_state', 'brief_not_found']);
    assert.deepEqual(await dumpRows(database.store.reader), before);
  });
});
