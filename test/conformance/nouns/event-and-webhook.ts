import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Delivery, Event, Webhook } from '#core/event.ts';
import * as eventModule from '#store/event.ts';
import * as taskModule from '#store/task.ts';
import * as webhookModule from '#store/webhook.ts';
import * as workerModule from '#store/worker.ts';
import { covered } from '#test/conformance/covered.ts';
import { START_MS, type TestDatabase } from '#test/conformance/databases.ts';
import { HOSTILE_TEXTS } from '#test/conformance/hostile-texts.ts';
import { sampleWorker } from '#test/conformance/samples.ts';

const events = covered('event', eventModule);
const tasks = covered('task', taskModule);
const webhooks = covered('webhook', webhookModule);
const workers = covered('worker', workerModule);

const sampleEvent = (id: string, changes: Partial<Event> = {}): Event => ({
  id, at: START_MS, kind: 'new_best', briefId: 'b', taskId: null, workerId: null, subject: HOSTILE_TEXTS.join(''), detail: 'd', ...changes,
});

export function eventSuite(database: TestDatabase): void {
  const list = async (page: { before?: string; after?: string; kind?: Event['kind']; limit?: number } = {}) =>
    events.listEvents(database.store.reader, { limit: page.limit ?? 9, before: page.before ?? null, after: page.after ?? null, kind: page.kind ?? null });
  const keep = (event: Event, cause = event.id) => database.store.write((tx) => events.insertEvent(tx, event, cause));

  test('a cause is told once, and events are listed by kind and place', async () => {
    assert.deepEqual([await keep(sampleEvent('e1')), await keep(sampleEvent('e2'), 'e1'), await keep(sampleEvent('e3', { kind: 'brief_stuck', at: START_MS + 1 }))], [true, false, true]);
    assert.deepEqual(await list(), [sampleEvent('e3', { kind: 'brief_stuck', at: START_MS + 1 }), sampleEvent('e1')]);
    assert.deepEqual((await list({ kind: 'new_best' })).map(({ id }) => id), ['e1']);
    assert.deepEqual([(await list({ before: 'e3' })).length, (await list({ after: 'e1' })).length, (await list({ limit: 1 })).length], [1, 1, 1]);
    assert.equal(await events.lastEventAt(database.store.reader, 'b', 'brief_stuck'), START_MS + 1);
    assert.equal(await events.lastEventAt(database.store.reader, 'b', 'worker_gone'), null);
  });

  test('a mark moves on and never back', async () => {
    const mark = (upTo: string) => database.store.write((tx) => events.markRead(tx, 'local', upTo));
    assert.equal(await events.readMark(database.store.reader, 'local'), '');
    for (const upTo of ['e2', 'e3', 'e1']) await mark(upTo);
    assert.equal(await events.readMark(database.store.reader, 'local'), 'e3');
  });

  test('old events go, and so does what is beyond the newest', async () => {
    for (const id of ['e4', 'e5', 'e6']) await keep(sampleEvent(id));
    await database.store.write((tx) => events.deleteOldEvents(tx, 'e3', 9));
    assert.deepEqual((await list()).map(({ id }) => id), ['e6', 'e5', 'e4', 'e3']);
    await database.store.write((tx) => events.deleteOldEvents(tx, '', 2));
    assert.deepEqual((await list()).map(({ id }) => id), ['e6', 'e5']);
  });

  test('silent workers are those of which no event says so yet', async () => {
    const seenAt = START_MS + 1000;
    const add = (id: string, changes: Partial<ReturnType<typeof sampleWorker>>) => database.store.write((tx) => workers.insertWorker(tx, { ...sampleWorker(id), lastSeenAt: seenAt, ...changes }));
    for (const [id, changes] of [['idle', {}], ['leaving', { status: 'draining' }], ['removed', { status: 'removed' }], ['ancient', { lastSeenAt: 5 }], ['heard', { lastSeenAt: seenAt + 5000 }]] as const) await add(id, changes);
    await add('busy', { lastSeenAt: seenAt + 500 });
    await database.store.write((tx) => workers.shiftWorker(tx, 'busy', { running: 1, completed: 0, failed: 0 }));
    const silence = { from: START_MS, busyUntil: seenAt + 1000, idleUntil: seenAt + 100, limit: 9 };
    const silent = async () => (await workers.listSilentWorkers(database.store.reader, silence)).map(({ id }) => id);
    assert.deepEqual(await silent(), ['busy', 'idle']);
    await keep(sampleEvent('e7', { kind: 'worker_gone' }), `worker_gone idle ${seenAt}`);
    assert.deepEqual(await silent(), ['busy']);
    assert.deepEqual((await workers.listWorkersSeenSince(database.store.reader, seenAt + 500, 9)).map(({ id }) => id), ['heard', 'busy']);
    assert.deepEqual(await tasks.listValuedRuns(database.store.reader, 'none', 9), []);
  });
}

export function webhookSuite(database: TestDatabase): void {
  const webhook: Webhook = { id: 'w1', ownerId: 'local', address: 'https://a.example/', kinds: ['new_best', 'worker_gone'], secret: 'whsec_x', enabled: true, createdAt: START_MS };
  const delivery = (id: string, changes: Partial<Delivery> = {}): Delivery => ({
    id, webhookId: 'w1', kind: 'test', payload: '{}', state: 'waiting', tries: 0, nextTryAt: START_MS, lastStatus: null, lastError: null, createdAt: START_MS, endedAt: null, ...changes,
  });
  const due = (now: number) => webhooks.listDueDeliveries(database.store.reader, now, 9);
  before(() => database.store.write((tx) => webhooks.insertWebhook(tx, webhook)));

  test('a webhook is kept, switched, listed and deleted with its messages', async () => {
    const { store } = database;
    assert.deepEqual(await webhooks.findWebhook(store.reader, 'w1'), webhook);
    await store.write((tx) => webhooks.insertWebhook(tx, { ...webhook, id: 'w2' }));
    await store.write((tx) => webhooks.insertDelivery(tx, delivery('d0', { webhookId: 'w2' })));
    await store.write((tx) => webhooks.setWebhookEnabled(tx, 'w2', false));
    assert.deepEqual((await webhooks.listWebhooks(store.reader, 9)).map(({ id, enabled }) => [id, enabled]), [['w2', false], ['w1', true]]);
    assert.deepEqual(await due(START_MS), [], 'what is switched off is not sent');
    await store.write((tx) => webhooks.deleteWebhook(tx, 'w2'));
    assert.equal(await webhooks.findWebhook(store.reader, 'w2'), null);
    assert.deepEqual(await webhooks.listDeliveries(store.reader, 'w2', { limit: 9, before: null }), []);
  });

  test('of two who take a message one has it, until its time is over or its try is recorded', async () => {
    const { store } = database;
    await store.write((tx) => webhooks.insertDelivery(tx, delivery('d1')));
    const [found] = await due(START_MS);
    assert.deepEqual(found, delivery('d1'));
    const take = () => store.write((tx) => webhooks.takeDelivery(tx, delivery('d1'), START_MS + 100));
    assert.deepEqual((await Promise.all([take(), take()])).toSorted(), [false, true]);
    assert.deepEqual([(await due(START_MS + 99)).length, (await due(START_MS + 100)).length], [0, 1]);
    const ended = { id: 'd1', state: 'delivered', nextTryAt: START_MS, lastStatus: 204, lastError: null, endedAt: START_MS + 5 } as const;
    await store.write((tx) => webhooks.recordTry(tx, ended));
    await store.write((tx) => webhooks.recordTry(tx, { ...ended, state: 'failed', lastError: 'late' }));
    assert.deepEqual(await webhooks.listDeliveries(store.reader, 'w1', { limit: 9, before: null }), [delivery('d1', { ...ended, tries: 1 })]);
    assert.deepEqual(await due(START_MS + 1e6), []);
    await store.write((tx) => webhooks.insertDelivery(tx, delivery('d2')));
    await store.write((tx) => webhooks.deleteOldDeliveries(tx, 'd2'));
    assert.deepEqual((await webhooks.listDeliveries(store.reader, 'w1', { limit: 9, before: 'd9' })).map(({ id }) => id), ['d2']);
  });
}
