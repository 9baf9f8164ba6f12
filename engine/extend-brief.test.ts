import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { MOST_TASKS } from '#core/brief.ts';
import { findBrief } from '#store/brief.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, completed, firstOf, leaseOf, refused, worldOn } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { dumpRows } from '#test/conformance/whole-database.ts';
import { changeBrief } from './change-brief.ts';
import { extendBrief } from './extend-brief.ts';
import { finishTask } from './finish-task.ts';
import { rerunTask } from './rerun-task.ts';

onBothDatabases('growing a brief', (database) => {
  const world = worldOn(database);
  const { engine } = world;
  beforeEach(() => world.emptyQueue());
  afterEach(() => assertInvariants(database.store.reader));
  const brief = async (id: string) => {
    const found = await findBrief(database.store.reader, id);
    assert.ok(found !== null);
    return found;
  };
  const finishAll = async (workerId: string) => {
    for (const one of await world.claim(workerId, 50)) accepted(await finishTask(engine, leaseOf(one), completed(one.task.number)));
  };

  test('more tasks are new configurations, with seeds of their own, and a brief that had ended goes on', async () => {
    const workerId = await world.register();
    const { briefId, familyId } = await world.submit({ numTasks: 4, replicates: 2, budgetMicrocredits: 4_000_000 });
    await finishAll(workerId);
    assert.equal((await brief(briefId)).state, 'completed');
    const refusal = refused(await extendBrief(engine, briefId, { numTasks: 4, budgetMicrocredits: null }));
    assert.deepEqual(refusal.issues, [{ path: 'budget_credits', message: '8 tasks of 60 s cost 8 credits; the budget is 4' }]);
    assert.equal((await brief(briefId)).state, 'completed');
    accepted(await extendBrief(engine, briefId, { numTasks: 4, budgetMicrocredits: 8_000_000 }));
    const [grown, tasks] = [await brief(briefId), await world.tasks(familyId)];
    assert.deepEqual([grown.state, grown.finishedAt, grown.numTasks, grown.budgetMicrocredits], ['running', null, 8, 8_000_000]);
    assert.equal(new Set(tasks.map((task) => JSON.stringify(task.config))).size, 4);
    assert.deepEqual(tasks.map((task) => [task.number, task.seed, task.priority]), [1, 2, 3, 4, 5, 6, 7, 8].map((number) => [number, 41 + number, number % 2 === 1 ? 0 : -1]));
    await finishAll(workerId);
    assert.deepEqual([(await brief(briefId)).state, (await brief(briefId)).spentMicrocredits], ['completed', 8_000_000]);
  });

  test('a space that holds no more, a brief that is full, a draft and a cancelled one are refused at the field, and nothing changes', async () => {
    const small = await world.submit({ numTasks: 1, space: { parameters: { lr: { type: 'fixed', value: 0.001 }, d_model: { type: 'fixed', value: 64 }, n_heads: { type: 'fixed', value: 4 }, optimizer: { type: 'fixed', value: 'adam' }, d_ff: { type: 'choice', values: [64, 128] } }, constraints: [] } });
    const [draft, cancelled] = [await world.submit({ draft: true }), await world.submit()];
    accepted(await changeBrief(engine, cancelled.briefId, 'cancel'));
    const before = await dumpRows(database.store.reader);
    const extend = async (briefId: string, numTasks: number) => refused(await extendBrief(engine, briefId, { numTasks, budgetMicrocredits: 1e15 }));
    assert.deepEqual([(await extend(small.briefId, 3)).code, (await extend(small.briefId, 3)).issues], ['space_too_small', [{ path: 'num_tasks', message: 'can be at most 1 in this search space' }]]);
    assert.equal((await extend(small.briefId, MOST_TASKS)).issues[0]?.path, 'num_tasks');
    assert.deepEqual([(await extend(draft.briefId, 1)).code, (await extend(cancelled.briefId, 1)).code, (await extend('missing', 1)).code], ['brief_state', 'brief_state', 'brief_not_found']);
    assert.deepEqual(await dumpRows(database.store.reader), before);
  });

  test('a task runs once more with its seed and configuration, for credits that the person agreed to', async () => {
    const workerId = await world.register();
    const { briefId, familyId } = await world.submit({ numTasks: 2, budgetMicrocredits: 2_000_000 });
    const waiting = firstOf(await world.tasks(familyId));
    assert.equal(refused(await rerunTask(engine, waiting.id, true)).code, 'task_state');
    await finishAll(workerId);
    assert.equal(refused(await rerunTask(engine, waiting.id, false)).issues[0]?.message, 'must be true: one more run costs 1 credits, for which the budget of 2 is raised to 3');
    const { taskId } = accepted(await rerunTask(engine, waiting.id, true));
    const again = (await world.tasks(familyId)).find((task) => task.id === taskId);
    assert.deepEqual([again?.number, again?.seed, again?.config, again?.state], [3, waiting.seed, waiting.config, 'pending']);
    assert.deepEqual([(await brief(briefId)).budgetMicrocredits, (await brief(briefId)).numTasks, (await brief(briefId)).state], [3_000_000, 3, 'running']);
    assert.equal(refused(await rerunTask(engine, 'missing', true)).code, 'task_not_found');
  });
});
