import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Action } from '#core/action.ts';
import * as actionModule from '#store/action.ts';
import type { ActionItem } from '#store/action.ts';
import { insertAttempt } from '#store/attempt.ts';
import { appendLog } from '#store/log.ts';
import { insertPoints, listPoints } from '#store/point.ts';
import * as removalModule from '#store/removal.ts';
import { covered } from '#test/conformance/covered.ts';
import { START_MS, type TestDatabase } from '#test/conformance/databases.ts';
import { HOSTILE_TEXTS } from '#test/conformance/hostile-texts.ts';
import { sampleAttempt, sampleBrief, sampleWorker, storeBrief, storeExperiment, storeWorker } from '#test/conformance/samples.ts';

const actions = covered('action', actionModule);
const removals = covered('removal', removalModule);

function sampleAction(id: string, changes: Partial<Action> = {}): Action {
  const about = { briefId: null, familyId: null, undoes: null, title: HOSTILE_TEXTS[0] ?? '', filter: 'state:failed', priority: -3, beforeState: null };
  return { id, ownerId: 'local', verb: 'cancel', ...about, total: 9, done: 1, refused: 2, stopped: 1, position: 'p', undoneBy: null, createdAt: START_MS, finishedAt: null, ...changes };
}

export function actionSuite(database: TestDatabase): void {
  before(() => storeExperiment(database.store));
  const insert = (action: Action, until = 0) => database.store.write((tx) => actions.insertAction(tx, action, { id: 'one', until }));

  test('an action comes back as it was written, and is undone once', async () => {
    const action = sampleAction('x00', { finishedAt: START_MS });
    await insert(action);
    assert.deepEqual(await actions.findAction(database.store.reader, 'x00'), action);
    assert.equal(await actions.findAction(database.store.reader, 'missing'), null);
    assert.deepEqual([await database.store.write((tx) => actions.setUndone(tx, 'x00', 'y')), await database.store.write((tx) => actions.setUndone(tx, 'x00', 'z'))], [true, false]);
    assert.equal((await actions.findAction(database.store.reader, 'x00'))?.undoneBy, 'y');
  });

  test('an action is run by one at a time, and taken over from one that is gone', async () => {
    await insert(sampleAction('x01'), START_MS + 10);
    const hold = (id: string, now: number) => database.store.write((tx) => actions.holdAction(tx, 'x01', { id, now, until: now + 10 }));
    const open = async (now: number) => (await actions.listOpenActions(database.store.reader, now, 9)).map((action) => action.id);
    assert.deepEqual([await hold('two', START_MS), await hold('one', START_MS + 5), await open(START_MS + 15)], [false, true, []]);
    assert.deepEqual([await open(START_MS + 16), await hold('two', START_MS + 16), await hold('one', START_MS + 17)], [['x01'], true, false]);
    const ended = { ...sampleAction('x01'), done: 5, refused: 4, stopped: 3, position: 'q', total: 10, finishedAt: START_MS + 20 };
    await database.store.write((tx) => actions.saveAction(tx, ended));
    assert.deepEqual(await actions.findAction(database.store.reader, 'x01'), ended);
    assert.deepEqual([await hold('two', START_MS + 99), await open(START_MS + 99)], [false, []]);
  });

  test('its tasks are listed by outcome, and forgotten with it bit by bit', async () => {
    await insert(sampleAction('x02', { finishedAt: START_MS - 5 }));
    const item = (taskId: string, changes: Partial<ActionItem> = {}): ActionItem => ({ taskId, outcome: 'waiting', reason: null, before: null, ...changes });
    const names = Array.from({ length: 400 }, (_, index) => `t${String(index).padStart(3, '0')}`);
    const list = (outcome: ActionItem['outcome'], after: string | null, limit: number) => actions.listItems(database.store.reader, 'x02', { outcome, after, limit });
    await database.store.write((tx) => actions.putItems(tx, 'x02', names.map((name) => item(name))));
    const done = item('t001', { outcome: 'done', before: { state: 'failed', priority: 3, error: { kind: 'k', message: HOSTILE_TEXTS[1] ?? '' }, finishedAt: 7, attemptsBefore: 4 } });
    await database.store.write((tx) => actions.putItems(tx, 'x02', [done, item('t002', { outcome: 'refused', reason: 'No.' })]));
    assert.deepEqual(await list('done', null, 9), [done]);
    assert.deepEqual((await list('waiting', 't000', 2)).map((one) => one.taskId), ['t003', 't004']);
    const forget = (moment: number) => database.store.write((tx) => actions.forgetAction(tx, moment, 300));
    assert.deepEqual([await forget(START_MS - 5), await forget(START_MS), (await list('waiting', null, 500)).length, await forget(START_MS), await forget(START_MS)], [false, true, 100, true, false]);
    assert.equal(await actions.findAction(database.store.reader, 'x02'), null);
  });

  test('the open tasks of a family are noted in one go', async () => {
    const { family } = await storeBrief(database.store, sampleBrief('x03'), 3);
    await insert(sampleAction('x03'));
    await database.store.write((tx) => actions.putOpenTasks(tx, 'x03', family.id));
    assert.deepEqual((await actions.listItems(database.store.reader, 'x03', { outcome: 'done', after: null, limit: 9 })).map((one) => one.taskId), [1, 2, 3].map((number) => `${family.id}-${number}`));
  });

  test('tasks are removed with all that hangs on them, in bounded steps, and others stay', async () => {
    const { reader } = database.store;
    await storeWorker(database.store, sampleWorker('remover'));
    const { family, tasks } = await storeBrief(database.store, sampleBrief('x04'), 3);
    for (const task of tasks) {
      await database.store.write(async (tx) => {
        await insertAttempt(tx, sampleAttempt(task, 'remover'));
        await insertPoints(tx, task.id, 1, [1, 2, 3].map((step) => ({ step, name: 'loss', value: 1, atSeconds: 1 })));
        await appendLog(tx, task.id, 1, { characters: 0, chunks: 0, lineFeeds: 0 }, 'x');
      });
    }
    const ids = await removals.listTaskIds(reader, family.id, 2);
    assert.deepEqual(ids, tasks.slice(0, 2).map((task) => task.id));
    const remove = () => database.store.write((tx) => removals.deleteTaskRows(tx, ids, 4));
    assert.deepEqual([await remove(), await remove(), await removals.listTaskIds(reader, family.id, 9)], [0, 2, [tasks[2]?.id]]);
    const left = await listPoints(reader, tasks[2]?.id ?? '', 1, { name: null, limit: 9, after: null });
    assert.deepEqual([left.length, (await listPoints(reader, ids[0] ?? '', 1, { name: null, limit: 9, after: null })).length], [3, 0]);
  });
}
