import assert from 'node:assert/strict';
import { afterEach, before, test } from 'node:test';
import { LOCAL_ID } from '#core/ledger.ts';
import type { Space } from '#core/space.ts';
import { isUnplanned } from '#core/task.ts';
import { findFamily } from '#store/family.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, completed, CRASHED, firstOf, leaseOf, refused, worldOn, type World } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { useLearningStrategy } from '#test/learning-strategy.ts';
import { actOnTasks } from './act-on-tasks.ts';
import { changeBrief } from './change-brief.ts';
import { confirmTasks } from './confirm-tasks.ts';
import { extendBrief } from './extend-brief.ts';
import { finishTask } from './finish-task.ts';
import { planTasks } from './plan-tasks.ts';
import { rerunTask } from './rerun-task.ts';
import { undoAction } from './undo-action.ts';

onBothDatabases('tasks that wait for their configurations', (database) => {
  const world = worldOn(database);
  const { engine, clock } = world;
  const learning = { name: '', seed: 42, options: {} };
  before(() => {
    learning.name = useLearningStrategy();
  });
  afterEach(async () => {
    await assertInvariants(database.store.reader);
    await world.emptyQueue();
    // The workers of one test are offline in the next.
    clock.now += 1_000_000;
  });
  const unplanned = async (familyId: string) => (await world.tasks(familyId)).filter(isUnplanned).map((task) => task.number);

  test('are all there from the launch on, held and counted, and no worker gets one', async () => {
    const { familyId } = await world.submit({ strategy: learning, numTasks: 4 });
    const family = await findFamily(database.store.reader, familyId);
    assert.deepEqual([family?.counts.pending, family?.unplanned, family?.heldMicrocredits], [4, 4, 4 * (family?.runCostMicrocredits ?? 0)]);
    assert.ok((await world.tasks(familyId)).every((task) => task.chosenBy === null && Object.keys(task.config).length === 0));
    assert.deepEqual(await world.claim(await world.register(), 9), []);
  });

  test('get as many as there are idle places, one where there are none, and go on with every result to the end', async () => {
    const { familyId } = await world.submit({ strategy: learning, numTasks: 5 });
    assert.equal(await planTasks(engine, familyId), 1, 'the first one does not wait for a worker');
    assert.equal(await planTasks(engine, familyId), 0);
    const worker = await world.register({ slots: 2 });
    assert.equal(await planTasks(engine, familyId), 1, 'one more for the second place');
    await world.register({ hardware: { cpuModel: 'small', cpuCores: 0, ramGb: 0, gpus: [], platform: 'linux', arch: 'x64' } });
    assert.equal(await planTasks(engine, familyId), 0, 'a worker that does not fit asks for nothing');
    const notes: (string | null)[] = [];
    for (let result = 1; result <= 5; result += 1) {
      const claimed = await world.claim(worker, 2 - (result === 1 ? 0 : 1));
      notes.push(...claimed.map(({ task }) => task.note));
      const running = (await world.tasks(familyId)).filter((task) => task.state === 'running');
      const own = [...claims, ...claimed].find(({ task }) => task.id === running[0]?.id);
      claims.push(...claimed);
      assert.ok(own !== undefined);
      accepted(await finishTask(engine, leaseOf(own), completed(result)));
      await planTasks(engine, familyId);
    }
    assert.deepEqual(notes, [0, 0, 1, 2, 3].map((results) => `Chosen after ${results} results.`));
    const tasks = await world.tasks(familyId);
    assert.ok(tasks.every((task) => task.state === 'completed' && task.chosenBy === learning.name));
    assert.equal(new Set(tasks.map((task) => JSON.stringify(task.config))).size, 5);
    assert.equal((await findFamily(database.store.reader, familyId))?.state, 'completed');
  });
  const claims: Awaited<ReturnType<World['claim']>> = [];

  test('replicates of a configuration get it together', async () => {
    const { familyId } = await world.submit({ strategy: learning, numTasks: 5, replicates: 2 });
    await world.register({ slots: 3 });
    assert.equal(await planTasks(engine, familyId), 4);
    const [first, second, third, fourth, fifth] = await world.tasks(familyId);
    assert.deepEqual([first?.config, third?.config], [second?.config, fourth?.config]);
    assert.notDeepEqual(first?.config, third?.config);
    assert.equal(fifth?.chosenBy, null);
  });

  test('two servers that plan at one moment plan once', async () => {
    const { familyId } = await world.submit({ strategy: learning, numTasks: 6 });
    await world.register({ slots: 2 });
    const other = { ...engine, store: await database.open() };
    const planned = await Promise.all([planTasks(engine, familyId), planTasks(other, familyId), planTasks(engine, familyId)]);
    assert.deepEqual([planned.toSorted(), await unplanned(familyId)], [[0, 0, 2], [3, 4, 5, 6]]);
  });

  test('do not wait for a strategy that is behind: quasi-random ones fill in, and say so', async () => {
    const { familyId } = await world.submit({ strategy: learning, numTasks: 2 });
    assert.equal(await planTasks({ ...engine, propose: async () => 'behind' }, familyId), 1);
    const task = firstOf(await world.tasks(familyId));
    assert.equal(task.chosenBy, 'fill-in');
    assert.match(task.note ?? '', /no answer yet/);
    assert.ok(Object.keys(task.config).length > 0);
  });

  test('a space in which nothing new is left never stops a brief', async () => {
    const space: Space = { parameters: { lr: { type: 'fixed', value: 0.001 }, d_model: { type: 'fixed', value: 64 }, n_heads: { type: 'fixed', value: 2 }, optimizer: { type: 'choice', values: ['adam'] }, d_ff: { type: 'int', low: 64, high: 128, step: 64 } }, constraints: [] };
    const { briefId, familyId } = await world.submit({ strategy: learning, numTasks: 4, replicates: 2, space });
    const [, second] = await world.tasks(familyId);
    accepted(await actOnTasks(engine, LOCAL_ID, { ids: [second?.id ?? ''] }, { verb: 'cancel', priority: null }));
    await world.register({ slots: 4 });
    assert.equal(await planTasks(engine, familyId), 3, 'one configuration has lost a replicate to the other');
    accepted(await actOnTasks(engine, LOCAL_ID, { ids: [second?.id ?? ''] }, { verb: 'requeue', priority: null }));
    assert.equal(await planTasks(engine, familyId), 1);
    assert.match((await world.tasks(familyId))[1]?.note ?? '', /runs again with another seed/);
    assert.equal(refused(await extendBrief(engine, briefId, { numTasks: 1, budgetMicrocredits: null })).code, 'space_too_small');
  });

  test('can be cancelled, requeued and given a priority, one by one and with their brief, and all of it can be undone', async () => {
    const { briefId, familyId } = await world.submit({ strategy: learning, numTasks: 4 });
    const ids = (await world.tasks(familyId)).map((task) => task.id);
    const cancelled = accepted(await actOnTasks(engine, LOCAL_ID, { ids: ids.slice(0, 2) }, { verb: 'cancel', priority: null }));
    assert.deepEqual(await unplanned(familyId), [3, 4]);
    accepted(await undoAction(engine, LOCAL_ID, cancelled.id));
    assert.deepEqual(await unplanned(familyId), [1, 2, 3, 4]);
    accepted(await actOnTasks(engine, LOCAL_ID, { ids: ids.slice(2, 3) }, { verb: 'priority', priority: 7 }));
    await planTasks(engine, familyId);
    assert.deepEqual(await unplanned(familyId), [1, 2, 4], 'the one with the highest priority comes first');
    const { actionId } = accepted(await changeBrief(engine, briefId, 'cancel'));
    accepted(await undoAction(engine, LOCAL_ID, actionId));
    assert.deepEqual(await unplanned(familyId), [1, 2, 4]);
    accepted(await changeBrief(engine, briefId, 'pause'));
    await world.register();
    assert.equal(await planTasks(engine, familyId), 0, 'a paused brief plans nothing');
  });

  test('a failed run keeps its configuration, and a task that never had one is not run once more', async () => {
    const { briefId, familyId } = await world.submit({ strategy: learning, numTasks: 3 });
    const worker = await world.register();
    await planTasks(engine, familyId);
    const claimed = firstOf(await world.claim(worker));
    accepted(await finishTask(engine, leaseOf(claimed), CRASHED));
    assert.deepEqual(firstOf(await world.claim(worker)).task.config, claimed.task.config);
    const last = (await world.tasks(familyId))[2]?.id ?? '';
    accepted(await actOnTasks(engine, LOCAL_ID, { ids: [last] }, { verb: 'cancel', priority: null }));
    assert.equal(refused(await rerunTask(engine, last, true)).code, 'task_state');
    assert.equal(refused(await confirmTasks(engine, briefId, { taskIds: [last], seeds: 2, budgetMicrocredits: null })).code, 'task_state');
    accepted(await extendBrief(engine, briefId, { numTasks: 2, budgetMicrocredits: null }));
    assert.deepEqual(await unplanned(familyId), [2, 4, 5]);
  });
});
