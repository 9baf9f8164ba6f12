import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { LOCAL_ID } from '#core/ledger.ts';
import { findAction } from '#store/action.ts';
import { findBrief } from '#store/brief.ts';
import { findFamily } from '#store/family.ts';
import { findByIdPrefix } from '#store/search.ts';
import { searchTasks } from '#store/task-search.ts';
import { findTask } from '#store/task.ts';
import { readTotals } from '#store/totals.ts';
import { findWorker } from '#store/worker.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, completed, firstOf, leaseOf, refused, SAMPLE_REQUEST, worldOn } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { dumpRows } from '#test/conformance/whole-database.ts';
import { appendToLog } from './append-log.ts';
import { changeBrief } from './change-brief.ts';
import { deleteBrief } from './delete-brief.ts';
import { finishTask } from './finish-task.ts';
import { heartbeat } from './heartbeat.ts';
import { recordMetrics } from './record-metrics.ts';
import { runAction, runOpenActions } from './run-actions.ts';
import { submitBrief } from './submit-brief.ts';
import { undoAction } from './undo-action.ts';

const IDLE = { cpuPercent: null, ramUsedGb: null, gpuPercent: null };
const LEFT_OUT = new Set(['actions', 'action_items', 'entries', 'accounts', 'workers', 'worker_minutes', 'activity', 'tokens']);

onBothDatabases('deleting a brief', (database) => {
  const world = worldOn(database);
  const { engine } = world;
  beforeEach(() => world.emptyQueue());
  afterEach(() => assertInvariants(database.store.reader));

  test('takes everything of it along, also what runs, and nothing of others', async () => {
    const workerId = await world.register();
    await world.submit({ numTasks: 2 });
    await world.emptyQueue();
    const before = await dumpRows(database.store.reader);
    const once = { ownerId: LOCAL_ID, scope: 'POST /briefs', key: 'k', requestSha256: 'x' };
    const { briefId } = accepted(await submitBrief(engine, LOCAL_ID, SAMPLE_REQUEST, once));
    const familyId = (await findBrief(database.store.reader, briefId))?.familyId ?? '';
    const [done, held] = await world.claim(workerId, 2);
    assert.ok(done !== undefined && held !== undefined);
    accepted(await recordMetrics(engine, leaseOf(held), [{ step: 1, name: 'loss', value: 1, atSeconds: 1 }]));
    accepted(await appendToLog(engine, leaseOf(held), 'line\n', null));
    accepted(await finishTask(engine, leaseOf(done), completed(1)));
    const action = accepted(await deleteBrief(engine, LOCAL_ID, briefId));
    assert.deepEqual([action.total, action.stopped, action.finishedAt], [4, 1, null]);
    assert.deepEqual([await findBrief(database.store.reader, briefId), await findFamily(database.store.reader, familyId)], [null, null], 'it is gone at once');
    const scope = { familyId: null, workerId: null, state: null, rest: [] };
    const { tasks: listed } = await searchTasks(database.store.reader, { scope, order: 'newest', after: null, limit: 100, now: 0 });
    assert.deepEqual([listed.filter((task) => task.familyId === familyId), await findTask(database.store.reader, held.task.id)], [[], null], 'nor are its tasks listed until their rows are removed');
    assert.deepEqual([await findByIdPrefix(database.store.reader, 'briefs', briefId, 5), await findByIdPrefix(database.store.reader, 'families', familyId, 5)], [[], []]);
    await assertInvariants(database.store.reader);
    assert.equal(refused(await finishTask(engine, leaseOf(held), completed(1))).code, 'task_not_found');
    assert.equal(refused(await changeBrief(engine, briefId, 'resume')).code, 'brief_not_found');
    await runOpenActions(engine, 'a server');
    assert.deepEqual((await heartbeat(engine, workerId, IDLE, [{ taskId: held.task.id, attempt: 1 }])).ok, true);
    const after = await dumpRows(database.store.reader);
    for (const [table, rows] of Object.entries(before)) if (!LEFT_OUT.has(table) && table !== 'totals') assert.deepEqual(after[table], rows, table);
    assert.ok(after['entries']?.some((entry) => entry['brief_id'] === briefId), 'the ledger is history');
    assert.deepEqual([(await findWorker(database.store.reader, workerId))?.completed, (await findWorker(database.store.reader, workerId))?.running], [1, 0]);
    const finished = await findAction(database.store.reader, action.id);
    assert.deepEqual([finished?.done, finished?.finishedAt], [4, world.clock.now]);
    assert.equal(refused(await undoAction(engine, LOCAL_ID, action.id)).code, 'action_state');
    assert.equal(refused(await deleteBrief(engine, LOCAL_ID, briefId)).code, 'brief_not_found');
    accepted(await submitBrief(engine, LOCAL_ID, SAMPLE_REQUEST, once));
  });

  test('a large one is removed bit by bit, and after a crash in its middle by whoever comes next', async () => {
    const { briefId, familyId } = await world.submit({ numTasks: 250 });
    const totals = await readTotals(database.store.reader);
    const action = accepted(await deleteBrief(engine, LOCAL_ID, briefId));
    const gone = await readTotals(database.store.reader);
    assert.deepEqual([gone.briefs, gone.pending, gone.briefStates.running], [totals.briefs - 1, totals.pending - 250, totals.briefStates.running - 1]);
    const dying = new AbortController();
    const stop = database.store.watch((topics) => {
      if (topics.has(`action:${action.id}`)) dying.abort();
    });
    await runAction(engine, action.id, 'a server that ends', dying.signal);
    stop();
    assert.equal((await findAction(database.store.reader, action.id))?.done, 100);
    await assertInvariants(database.store.reader);
    world.clock.now += 60_000;
    await runOpenActions(engine, 'another server');
    assert.equal((await findAction(database.store.reader, action.id))?.done, 250);
    assert.equal(await findTask(database.store.reader, `${familyId}-250`), null);
  });

  test('a draft, and a brief that is deleted while its tasks are claimed and finished', async () => {
    const draft = await world.submit({ draft: true });
    accepted(await deleteBrief(engine, LOCAL_ID, draft.briefId));
    const workerId = await world.register();
    const { briefId } = await world.submit({ numTasks: 12 });
    const held = await world.claim(workerId, 6);
    await Promise.all([...held.map((one) => finishTask(engine, leaseOf(one), completed(1))), deleteBrief(engine, LOCAL_ID, briefId), world.claim(workerId, 3)]);
    await runOpenActions(engine, 'a server');
    assert.equal(await findTask(database.store.reader, firstOf(held).task.id), null);
    assert.equal((await findWorker(database.store.reader, workerId))?.running, 0);
  });
});
