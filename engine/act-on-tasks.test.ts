import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { UNDO_MS, type Action, type TaskVerb } from '#core/action.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { findAction, listItems } from '#store/action.ts';
import { findAttempt } from '#store/attempt.ts';
import { findBrief } from '#store/brief.ts';
import { findTask } from '#store/task.ts';
import { findWorker } from '#store/worker.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, completed, CRASHED, firstOf, leaseOf, refused, worldOn } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { dumpRows } from '#test/conformance/whole-database.ts';
import { actOnTasks } from './act-on-tasks.ts';
import { changeBrief } from './change-brief.ts';
import { finishTask } from './finish-task.ts';
import { heartbeat } from './heartbeat.ts';
import { forgetOldActions, runAction, runOpenActions, startActions } from './run-actions.ts';
import { undoAction } from './undo-action.ts';

const IDLE = { cpuPercent: null, ramUsedGb: null, gpuPercent: null };

onBothDatabases('acting on tasks', (database) => {
  const world = worldOn(database);
  const { engine } = world;
  beforeEach(() => world.emptyQueue());
  afterEach(() => assertInvariants(database.store.reader));
  const act = async (verb: TaskVerb, ids: readonly string[], priority: number | null = null): Promise<Action> => accepted(await actOnTasks(engine, LOCAL_ID, { ids }, { verb, priority }));
  const undo = async (action: Action): Promise<Action> => accepted(await undoAction(engine, LOCAL_ID, action.id));
  const statesOf = async (familyId: string) => (await world.tasks(familyId)).map((task) => task.state);
  const stateOf = async (briefId: string) => (await findBrief(database.store.reader, briefId))?.state;
  const counted = ({ done, refused: left, stopped }: Action) => ({ done, left, stopped });

  /** Lets a task fail for good. */
  async function exhaust(workerId: string): Promise<string> {
    for (;;) {
      const claimed = firstOf(await world.claim(workerId));
      if (accepted(await finishTask(engine, leaseOf(claimed), CRASHED)).state === 'failed') return claimed.task.id;
    }
  }

  test('a failed task runs again with all its attempts, and its brief with it', async () => {
    const workerId = await world.register();
    const { briefId, familyId } = await world.submit({ numTasks: 1 });
    const taskId = await exhaust(workerId);
    assert.equal(await stateOf(briefId), 'failed');
    assert.deepEqual(counted(await act('requeue', [taskId])), { done: 1, left: 0, stopped: 0 });
    assert.deepEqual([await stateOf(briefId), (await findBrief(database.store.reader, briefId))?.finishedAt], ['running', null]);
    assert.equal(await exhaust(workerId), taskId);
    assert.deepEqual((await world.tasks(familyId)).map((task) => [task.state, task.attempt, task.attemptsBefore]), [['failed', 8, 4]]);
    await act('requeue', [taskId]);
    accepted(await finishTask(engine, leaseOf(firstOf(await world.claim(workerId))), completed(1)));
    assert.equal(await stateOf(briefId), 'completed');
  });

  test('a cancelled run is lost to its worker, which has let it go once it no longer names it', async () => {
    const workerId = await world.register();
    const { familyId } = await world.submit({ numTasks: 3 });
    const held = firstOf(await world.claim(workerId));
    const lease = { taskId: held.task.id, attempt: 1 };
    assert.deepEqual(counted(await act('cancel', [held.task.id, `${familyId}-2`, 'missing'])), { done: 2, left: 1, stopped: 1 });
    assert.deepEqual(await statesOf(familyId), ['cancelled', 'cancelled', 'pending']);
    assert.equal((await findWorker(database.store.reader, workerId))?.running, 0);
    const released = async () => (await findAttempt(database.store.reader, held.task.id, 1))?.releasedAt;
    assert.deepEqual(accepted(await heartbeat(engine, workerId, IDLE, [lease])).lost, [lease]);
    assert.equal(await released(), null);
    world.clock.now += 5;
    accepted(await heartbeat(engine, workerId, IDLE, []));
    assert.equal(await released(), world.clock.now);
    assert.equal(refused(await finishTask(engine, leaseOf(held), completed(1))).code, 'stale_lease');
  });

  test('what a state does not allow is refused task by task, with the reason', async () => {
    const workerId = await world.register();
    const { briefId, familyId } = await world.submit({ numTasks: 2 });
    accepted(await finishTask(engine, leaseOf(firstOf(await world.claim(workerId))), completed(1)));
    const ids = [`${familyId}-1`, `${familyId}-2`];
    const reasons = async (action: Action) => (await listItems(database.store.reader, action.id, { outcome: 'refused', after: null, limit: 9 })).map((item) => item.reason);
    assert.deepEqual(await reasons(await act('requeue', ids)), ['A task that is completed cannot be requeued.', 'A task that is pending cannot be requeued.']);
    assert.deepEqual(await reasons(await act('cancel', ids)), ['A task that is completed cannot be cancelled.']);
    accepted(await changeBrief(engine, (await world.submit()).briefId, 'cancel'));
    assert.equal(await stateOf(briefId), 'completed');
    const cancelled = await world.submit({ numTasks: 1 });
    accepted(await changeBrief(engine, cancelled.briefId, 'cancel'));
    assert.deepEqual(await reasons(await act('requeue', [`${cancelled.familyId}-1`])), ['Its brief was cancelled, so no task of it runs again.']);
    const before = await dumpRows(database.store.reader);
    assert.equal(refused(await actOnTasks(engine, LOCAL_ID, { ids: [] }, { verb: 'cancel', priority: null })).code, 'invalid');
    assert.equal(refused(await actOnTasks(engine, LOCAL_ID, { ids }, { verb: 'priority', priority: null })).issues[0]?.path, 'priority');
    assert.deepEqual(await dumpRows(database.store.reader), before);
  });

  test('priority decides what is handed out first, and comes back', async () => {
    const workerId = await world.register();
    const { familyId } = await world.submit({ numTasks: 4 });
    const action = await act('priority', [`${familyId}-3`], 7);
    assert.equal(firstOf(await world.claim(workerId)).task.number, 3);
    assert.deepEqual(counted(await undo(action)), { done: 0, left: 1, stopped: 0 }, 'a task that runs by now stays as it is');
    const second = await act('priority', [`${familyId}-4`], -2);
    assert.deepEqual(counted(await undo(second)), { done: 1, left: 0, stopped: 0 });
    assert.equal((await findTask(database.store.reader, `${familyId}-4`))?.priority, 0);
  });

  test('a priority is taken back alone, from a task that has failed and was requeued since', async () => {
    const workerId = await world.register();
    const { familyId } = await world.submit({ numTasks: 1 });
    const action = await act('priority', [`${familyId}-1`], 7);
    await exhaust(workerId);
    await act('requeue', [`${familyId}-1`]);
    assert.deepEqual(counted(await undo(action)), { done: 1, left: 0, stopped: 0 });
    assert.deepEqual((await world.tasks(familyId)).map((task) => [task.state, task.priority, task.attempt, task.attemptsBefore]), [['pending', 0, 4, 4]]);
  });

  test('a requeued task that has run since does not fail again by an undo, wherever it waits', async () => {
    const workerId = await world.register();
    const { familyId } = await world.submit({ numTasks: 1 });
    const taskId = await exhaust(workerId);
    const requeue = await act('requeue', [taskId]);
    world.clock.now += 1;
    await world.claim(workerId);
    await undo(await act('cancel', [taskId]));
    assert.deepEqual(counted(await undo(requeue)), { done: 0, left: 1, stopped: 0 });
    assert.deepEqual((await world.tasks(familyId)).map((task) => [task.state, task.attempt, task.attemptsBefore]), [['pending', 5, 5]]);
  });

  test('cancelled tasks wait again, also where nothing was left of their brief', async () => {
    const workerId = await world.register();
    const { briefId, familyId } = await world.submit({ numTasks: 3 });
    await world.claim(workerId);
    const action = await act('cancel', (await world.tasks(familyId)).map((task) => task.id));
    assert.equal(await stateOf(briefId), 'completed');
    await act('requeue', [`${familyId}-2`]);
    assert.deepEqual(counted(await undo(action)), { done: 2, left: 1, stopped: 0 });
    assert.deepEqual(await statesOf(familyId), ['pending', 'pending', 'pending']);
    assert.equal(await stateOf(briefId), 'running');
    assert.equal(refused(await undoAction(engine, LOCAL_ID, action.id)).detail, 'It was undone before.');
  });

  test('a requeued task that nobody has claimed is as before again', async () => {
    const workerId = await world.register();
    const { briefId } = await world.submit({ numTasks: 1 });
    const taskId = await exhaust(workerId);
    const before = await findTask(database.store.reader, taskId);
    const action = await act('requeue', [taskId]);
    assert.deepEqual(counted(await undo(action)), { done: 1, left: 0, stopped: 0 });
    assert.deepEqual([await findTask(database.store.reader, taskId), await stateOf(briefId)], [before, 'failed']);
  });

  test('ten minutes later it is too late', async () => {
    const { familyId } = await world.submit({ numTasks: 2 });
    const action = await act('cancel', [`${familyId}-1`]);
    world.clock.now += UNDO_MS + 1;
    assert.equal(refused(await undoAction(engine, LOCAL_ID, action.id)).code, 'action_state');
    assert.equal(refused(await undoAction(engine, LOCAL_ID, 'missing')).code, 'action_not_found');
  });

  test('pausing, resuming and cancelling a brief can be undone while nothing else was done to it', async () => {
    const workerId = await world.register();
    const { briefId, familyId } = await world.submit({ numTasks: 3 });
    await world.claim(workerId);
    const change = async (verb: 'pause' | 'resume' | 'cancel') => accepted(await changeBrief(engine, briefId, verb)).actionId;
    accepted(await undoAction(engine, LOCAL_ID, await change('pause')));
    assert.equal(await stateOf(briefId), 'running');
    const paused = await change('pause');
    const cancelled = await change('cancel');
    assert.equal(refused(await undoAction(engine, LOCAL_ID, paused)).detail, 'The brief is cancelled by now.');
    assert.deepEqual(counted(accepted(await undoAction(engine, LOCAL_ID, cancelled))), { done: 3, left: 0, stopped: 0 });
    assert.deepEqual([await stateOf(briefId), await statesOf(familyId)], ['paused', ['pending', 'pending', 'pending']]);
    const draft = await world.submit({ draft: true });
    const gone = accepted(await changeBrief(engine, draft.briefId, 'cancel')).actionId;
    accepted(await undoAction(engine, LOCAL_ID, gone));
    assert.equal(await stateOf(draft.briefId), 'draft');
  });

  test('a large one goes on in the background, over many families, and after a crash in its middle', async () => {
    const families = [await world.submit({ numTasks: 150 }), await world.submit({ numTasks: 150 })];
    const ids = (await Promise.all(families.map(({ familyId }) => world.tasks(familyId)))).flat().map((task) => task.id);
    const action = await act('cancel', ids);
    assert.deepEqual([action.finishedAt, action.done], [null, 0]);
    const read = async () => (await findAction(database.store.reader, action.id)) as Action;
    const dying = new AbortController();
    const stop = database.store.watch((topics) => {
      if (topics.has(`action:${action.id}`)) dying.abort();
    });
    await runAction(engine, action.id, 'a server that ends', dying.signal);
    stop();
    assert.deepEqual([(await read()).done, (await read()).finishedAt], [100, null]);
    await runOpenActions(engine, 'another server');
    assert.equal((await read()).done, 100, 'the first server may still be at it');
    world.clock.now += 60_000;
    await runOpenActions(engine, 'another server');
    assert.deepEqual([(await read()).done, (await read()).finishedAt], [300, world.clock.now]);
    const undone = await undo(await read());
    assert.equal(undone.finishedAt, null);
    const ended = Promise.withResolvers<void>();
    const unwatch = database.store.watch((topics) => {
      if (topics.has(`action:${undone.id}`)) void findAction(database.store.reader, undone.id).then((one) => one?.finishedAt !== null && ended.resolve());
    });
    const stopActions = startActions(engine, 60_000);
    await ended.promise;
    unwatch();
    await stopActions();
    assert.deepEqual(new Set((await Promise.all(families.map(({ familyId }) => statesOf(familyId)))).flat()), new Set(['pending']));
  });

  test('all that match are met once, whatever becomes of them meanwhile', async () => {
    const families = [await world.submit({ numTasks: 150 }), await world.submit({ numTasks: 5 })];
    const found = async (filter: string, familyId: string | null) => accepted(await actOnTasks(engine, LOCAL_ID, { filter, familyId }, { verb: 'cancel', priority: null }));
    const few = await found('number<=3 state:pending', families[0]?.familyId ?? null);
    assert.deepEqual([counted(few), few.total, few.finishedAt !== null], [{ done: 3, left: 0, stopped: 0 }, 3, true]);
    await found('state:pending', null);
    for (const { familyId } of families) await statesOf(familyId);
    const requeue = accepted(await actOnTasks(engine, LOCAL_ID, { filter: 'state:cancelled number>0', familyId: families[0]?.familyId ?? null }, { verb: 'requeue', priority: null }));
    assert.equal(requeue.done, 150);
    const bad = refused(await actOnTasks(engine, LOCAL_ID, { filter: 'state:', familyId: null }, { verb: 'cancel', priority: null }));
    assert.equal(bad.code, 'invalid_filter');
    const none = await found('number>9999', null);
    assert.deepEqual([none.done, none.finishedAt !== null], [0, true]);
  });

  test('is forgotten after a day', async () => {
    const { familyId } = await world.submit({ numTasks: 2 });
    const action = await act('cancel', [`${familyId}-1`]);
    world.clock.now += 25 * 3600 * 1000;
    await forgetOldActions(engine);
    assert.equal(await findAction(database.store.reader, action.id), null);
    assert.deepEqual((await dumpRows(database.store.reader))['action_items'], []);
  });
});
