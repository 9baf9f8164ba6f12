import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { briefView } from '#protocol/brief.ts';
import { familyView } from '#protocol/family.ts';
import { submitExhausted } from '#test/exhausted-brief.ts';
import { startTestServer, smallBrief, type TestServer } from '#test/running-server.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server.stop());

const submit = async (changes: Record<string, unknown> = {}) => (await server.call('POST', '/api/v1/briefs', smallBrief(changes))).body;

test('an exhausted brief says what it lacks, and goes on with that', async () => {
  const { id, family_id: familyId } = await submitExhausted(server);
  const family = async () => familyView.parse((await server.call('GET', `/api/v1/families/${familyId}`)).body);
  const brief = briefView.parse((await server.call('GET', `/api/v1/briefs/${id}`)).body);
  const { state, held_credits: held, missing_credits: missing } = await family();
  assert.deepEqual([state, brief.run_fee_credits], ['exhausted', 0]);
  assert.equal(Math.round((held + missing) * 1e6), Math.round(2 * brief.run_price_credits * 1e6), 'two tasks are open');
  assert.ok(missing > 0);
  assert.equal((await server.call('POST', `/api/v1/briefs/${id}/top-up`, { add_credits: missing })).body.state, 'running');
  assert.deepEqual([(await family()).missing_credits, (await family()).held_credits], [0, 2 * brief.run_price_credits]);
  const cancelled = await server.call('POST', `/api/v1/briefs/${id}/cancel`);
  assert.match((await server.call('POST', `/api/v1/briefs/${id}/top-up`, { add_credits: 1 })).body.detail, /clone it/);
  assert.deepEqual([cancelled.status, (await family()).held_credits, (await family()).missing_credits], [200, 0, 0]);
});

test('many tasks are changed at once, the refused ones with their reasons, and back again', async () => {
  const { id, family_id: familyId } = await submit({ num_tasks: 3 });
  const named = await server.call('POST', '/api/v1/tasks/actions', { verb: 'cancel', ids: [`${familyId}-1`, 'missing'] });
  assert.deepEqual([named.status, named.body.done, named.body.refused, named.body.undoable], [200, 1, 1, true]);
  assert.deepEqual(named.body.refusals, [{ task_id: 'missing', reason: 'There is no task with this id.' }]);
  const found = await server.call('POST', '/api/v1/tasks/actions', { verb: 'priority', filter: 'state:pending', family_id: familyId, priority: 9 });
  assert.deepEqual([found.body.done, found.body.total, found.body.state], [2, 2, 'finished']);
  const undone = await server.call('POST', `/api/v1/actions/${named.body.id}/undo`);
  assert.deepEqual([undone.status, undone.body.done, undone.body.undoes], [200, 1, named.body.id]);
  assert.equal((await server.call('POST', `/api/v1/actions/${named.body.id}/undo`)).body.code, 'action_state');
  assert.equal((await server.call('GET', `/api/v1/actions/${named.body.id}`)).body.undone_by, undone.body.id);
  assert.equal((await server.call('GET', `/api/v1/briefs/${id}`)).body.state, 'running');
});

test('what cannot be is refused at its field', async () => {
  const { family_id: familyId } = await submit({ num_tasks: 2 });
  const refused = async (body: unknown) => {
    const answer = await server.call('POST', '/api/v1/tasks/actions', body);
    return [answer.status, answer.body.errors[0]?.path];
  };
  assert.deepEqual(await refused({ verb: 'explode', ids: ['a'] }), [422, 'verb']);
  assert.deepEqual(await refused({ verb: 'cancel' }), [422, 'ids']);
  assert.deepEqual(await refused({ verb: 'cancel', ids: [], filter: '' }), [422, 'ids']);
  assert.deepEqual(await refused({ verb: 'cancel', filter: 'state:asleep' }), [422, 'filter']);
  assert.deepEqual(await refused({ verb: 'priority', ids: ['a'] }), [422, 'priority']);
  const code = async (path: string, body?: unknown) => (await server.call('POST', `/api/v1/tasks/${path}`, body)).body.code;
  assert.deepEqual([await code(`${familyId}-1/requeue`), await code('missing/cancel'), await code(`${familyId}-1/rerun`, {})], ['task_state', 'task_not_found', 'task_state']);
});

test('a brief grows by its price and is deleted with what belongs to it', async () => {
  const { id, family_id: familyId } = await submit({ num_tasks: 2, time_budget_seconds: 60, budget_credits: 2 });
  const refused = await server.call('POST', `/api/v1/briefs/${id}/extend`, { num_tasks: 1 });
  assert.deepEqual([refused.status, refused.body.errors[0]], [422, { path: 'budget_credits', message: '3 tasks of 60 s cost 3 credits; the budget is 2' }]);
  const grown = await server.call('POST', `/api/v1/briefs/${id}/extend`, { num_tasks: 1, budget_credits: 3 });
  assert.deepEqual([grown.status, grown.body.num_tasks, grown.body.budget_credits], [200, 3, 3]);
  assert.equal((await server.call('POST', `/api/v1/tasks/${familyId}-3/cancel`)).body.state, 'cancelled');
  assert.equal((await server.call('POST', `/api/v1/tasks/${familyId}-3/requeue`)).body.state, 'pending');
  assert.equal((await server.call('POST', `/api/v1/tasks/${familyId}-3/priority`, { priority: 4 })).body.priority, 4);
  const deleted = await server.call('DELETE', `/api/v1/briefs/${id}`);
  assert.deepEqual([deleted.status, deleted.body.total, deleted.body.verb], [202, 3, 'delete-brief']);
  assert.equal((await server.call('GET', `/api/v1/families/${familyId}`)).status, 404);
  assert.equal((await server.call('DELETE', `/api/v1/briefs/${id}`)).body.code, 'brief_not_found');
});
