import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { briefView } from '#protocol/brief.ts';
import { experimentView } from '#protocol/experiment.ts';
import { familyView } from '#protocol/family.ts';
import { accountView, entryView } from '#protocol/ledger.ts';
import { pageOf } from '#protocol/scalar.ts';
import { statsView } from '#protocol/stats.ts';
import { pointView, taskDetail, taskView } from '#protocol/task.ts';
import { claimOutput, heartbeatOutput, registerOutput, resultOutput, workerView } from '#protocol/worker.ts';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server.stop());

async function claimOne(token: string) {
  const { body } = await server.call('POST', '/api/v1/claims', { slots: 1, wait_seconds: 0 }, token);
  return claimOutput.parse(body).tasks[0] ?? assert.fail('there is a task to claim');
}

test('a brief goes through the wire from submission to its summary, every answer as its schema says', async () => {
  const created = await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 4, replicates: 2 }));
  assert.equal(created.status, 201);
  const brief = briefView.parse(created.body);
  assert.equal(brief.state, 'running');

  const registration = await server.call('POST', '/api/v1/workers', { name: 'w', hardware: { cpu_cores: 2, ram_gb: 4 }, runtimes: { node: '26.0.0' } });
  assert.equal(registration.status, 201);
  const { worker_id, token } = registerOutput.parse(registration.body);

  const values = [2.5, 1.25, 3, 1.5];
  const configs: string[] = [];
  for (const value of values) {
    const task = await claimOne(token);
    configs.push(JSON.stringify(task.config));
    const lease = { attempt: task.attempt, lease_token: task.lease_token };
    const path = `/api/v1/tasks/${task.task_id}`;
    const point = { step: 1, name: 'loss', value: value + 1, at_seconds: 0.5 };
    assert.deepEqual((await server.call('POST', `${path}/metrics`, { ...lease, points: [point, { ...point, step: 2, value: null }] }, token)).body, { recorded: 1 });
    assert.deepEqual((await server.call('POST', `${path}/metrics`, { ...lease, points: [point] }, token)).body, { recorded: 0 });
    await server.call('POST', `${path}/log`, { ...lease, text: 'first\n', offset: 0 }, token);
    await server.call('POST', `${path}/log`, { ...lease, text: 'first\nsecond\n', offset: 0 }, token);
    const beat = heartbeatOutput.parse((await server.call('POST', '/api/v1/heartbeats', { load: { cpu_percent: 50 }, leases: [{ task_id: task.task_id, attempt: 1 }, { task_id: 'other', attempt: 1 }] }, token)).body);
    assert.deepEqual(beat.lost, [{ task_id: 'other', attempt: 1 }]);
    const result = { ...lease, outcome: 'completed', metrics: { loss: value, device_used: 'none' } };
    const first = await server.call('POST', `${path}/result`, result, token);
    assert.equal(resultOutput.parse(first.body).state, 'completed');
    assert.deepEqual((await server.call('POST', `${path}/result`, result, token)).body, first.body);
    assert.equal((await server.call('POST', `${path}/result`, { ...result, metrics: { loss: value + 1 } }, token)).status, 409);
    assert.equal((await server.call('GET', `${path}/log`)).body, 'first\nsecond\n');
    assert.equal(pageOf(pointView).parse((await server.call('GET', `${path}/metrics?name=loss`)).body).items.length, 1);
    assert.equal(taskDetail.parse((await server.call('GET', path)).body).attempts.length, 1);
  }
  assert.deepEqual([configs[0] === configs[2], configs[1] === configs[3], configs[0] === configs[1]], [true, true, false], 'each configuration is tried once before any is repeated');

  const family = familyView.parse((await server.call('GET', `/api/v1/families/${brief.family_id}`)).body);
  assert.equal(family.state, 'completed');
  assert.deepEqual([family.summary.n, family.summary.best, family.summary.median, family.summary.mean], [4, 1.25, 2, 2.0625]);
  assert.ok(Math.abs((family.summary.std ?? 0) - Math.sqrt(values.reduce((sum, value) => sum + (value - 2.0625) ** 2, 0) / 3)) < 1e-12);
  assert.equal(family.best?.value, 1.25);
  assert.equal(briefView.parse((await server.call('GET', `/api/v1/briefs/${brief.id}`)).body).state, 'completed');

  const accounts = pageOf(accountView).parse((await server.call('GET', '/api/v1/ledger/accounts')).body).items;
  assert.equal(accounts.reduce((sum, account) => sum + account.balance_microcredits, 0), 0);
  const entries = pageOf(entryView).parse((await server.call('GET', '/api/v1/ledger/entries')).body).items;
  assert.equal(entries.filter((entry) => entry.brief_id === brief.id && entry.credit_account === worker_id).length, 4);
  assert.equal(workerView.parse((await server.call('GET', `/api/v1/workers/${worker_id}`)).body).completed, 4);
  assert.ok(statsView.parse((await server.call('GET', '/api/v1/stats')).body).tasks.completed >= 4);
  assert.ok(pageOf(experimentView).parse((await server.call('GET', '/api/v1/experiments')).body).items.some((one) => one.name === 'quadratic' && one.synthetic));
});

test('a stale attempt, a wrong token and a foreign worker get 409 and change nothing', async () => {
  const brief = (await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 1 }))).body;
  const [mine, other] = [await server.enrol(), await server.enrol()];
  const task = await claimOne(mine.token);
  const result = { attempt: task.attempt, lease_token: task.lease_token, outcome: 'completed', metrics: { loss: 1 } };
  const path = `/api/v1/tasks/${task.task_id}`;
  const before = (await server.call('GET', path)).body;
  for (const [body, token] of [
    [{ ...result, lease_token: 'wrong' }, mine.token],
    [{ ...result, attempt: 2 }, mine.token],
    [result, other.token],
  ] as const) {
    const answer = await server.call('POST', `${path}/result`, body, token);
    assert.deepEqual([answer.status, answer.body.code], [409, 'stale_lease']);
    assert.equal((await server.call('POST', `${path}/metrics`, { attempt: body.attempt, lease_token: body.lease_token, points: [] }, token)).status, 409);
    assert.equal((await server.call('POST', `${path}/log`, { attempt: body.attempt, lease_token: body.lease_token, text: 'x' }, token)).status, 409);
    assert.deepEqual((await server.call('GET', path)).body, before);
  }
  await server.call('POST', `/api/v1/briefs/${brief.id}/cancel`);
  const late = await server.call('POST', `${path}/result`, result, mine.token);
  assert.deepEqual([late.status, late.body.code], [409, 'stale_lease']);
  assert.equal((await server.call('GET', path)).body.state, 'cancelled');
});

test('a failed attempt is retried three times, then the task has failed with its reason', async () => {
  const brief = (await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 1 }))).body;
  const { token } = await server.enrol();
  const states: string[] = [];
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    const task = await claimOne(token);
    assert.equal(task.attempt, attempt);
    const error = { kind: 'exit_code', message: `attempt ${attempt} crashed` };
    const answer = await server.call('POST', `/api/v1/tasks/${task.task_id}/result`, { attempt, lease_token: task.lease_token, outcome: 'failed', error }, token);
    states.push(answer.body.state);
  }
  assert.deepEqual(states, ['pending', 'pending', 'pending', 'failed']);
  const family = (await server.call('GET', `/api/v1/families/${brief.family_id}`)).body;
  assert.deepEqual([family.state, family.counts.failed, family.counts.total], ['failed', 1, 1]);
  const task = taskDetail.parse((await server.call('GET', `/api/v1/tasks/${brief.family_id}-1`)).body);
  assert.deepEqual(task.error, { kind: 'exit_code', message: 'attempt 4 crashed' });
  assert.equal(task.attempts.length, 4);
});

test('a repeated Idempotency-Key creates once; with another body it is refused', async () => {
  const headers = { 'idempotency-key': 'once' };
  const brief = smallBrief({ draft: true });
  const [first, again] = [await server.call('POST', '/api/v1/briefs', brief, server.adminToken, headers), await server.call('POST', '/api/v1/briefs', brief, server.adminToken, headers)];
  assert.deepEqual([first.status, again.status, first.body.id], [201, 201, again.body.id]);
  const other = await server.call('POST', '/api/v1/briefs', smallBrief({ draft: true, title: 'other' }), server.adminToken, headers);
  assert.deepEqual([other.status, other.body.code], [409, 'idempotency_conflict']);
  const together = await Promise.all(Array.from({ length: 8 }, () => server.call('POST', '/api/v1/briefs', brief, server.adminToken, { 'idempotency-key': 'together' })));
  assert.equal(new Set(together.map((answer) => answer.body.id)).size, 1);
  const worker = { name: 'w', hardware: { cpu_cores: 2, ram_gb: 4 } };
  const [one, two] = [await server.call('POST', '/api/v1/workers', worker, server.adminToken, headers), await server.call('POST', '/api/v1/workers', worker, server.adminToken, headers)];
  assert.deepEqual(one.body, two.body);
});

test('drafts launch, running briefs pause, resume and cancel, and nothing else is allowed', async () => {
  const brief = (await server.call('POST', '/api/v1/briefs', smallBrief({ draft: true }))).body;
  const act = async (action: string) => {
    const { status, body } = await server.call('POST', `/api/v1/briefs/${brief.id}/${action}`);
    return status === 200 ? body.state : `${status} ${body.code}`;
  };
  const said: string[] = [];
  for (const action of ['pause', 'launch', 'launch', 'resume', 'pause', 'pause', 'resume', 'cancel', 'cancel', 'resume', 'launch']) said.push(await act(action));
  assert.deepEqual(said, ['409 brief_state', 'running', '409 brief_state', '409 brief_state', 'paused', '409 brief_state', 'running', 'cancelled', '409 brief_state', '409 brief_state', '409 brief_state']);
});

test('a claim waits for work and is answered as soon as there is some', async () => {
  const { token } = await server.enrol();
  const waiting = server.call('POST', '/api/v1/claims', { wait_seconds: 30 }, token);
  const brief = (await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 1 }))).body;
  assert.equal(claimOutput.parse((await waiting).body).tasks.length, 1);
  assert.deepEqual((await server.call('POST', '/api/v1/claims', { wait_seconds: 0 }, token)).body, { tasks: [] });
  await server.call('POST', `/api/v1/briefs/${brief.id}/cancel`);
});

test('lists page by cursor without gaps or repetitions', async () => {
  const brief = (await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 25 }))).body;
  const seen: number[] = [];
  let cursor: string | null = null;
  do {
    const { body } = await server.call('GET', `/api/v1/tasks?family_id=${brief.family_id}&sort=oldest&limit=7${cursor === null ? '' : `&cursor=${cursor}`}`);
    const page = pageOf(taskView).parse(body);
    seen.push(...page.items.map((task) => task.number));
    cursor = page.next_cursor;
  } while (cursor !== null);
  assert.deepEqual(seen, Array.from({ length: 25 }, (_, index) => index + 1));
  await server.call('POST', `/api/v1/briefs/${brief.id}/cancel`);
});

test('one filter finds the same tasks in the list and in the export', async () => {
  const brief = (await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 6 }))).body;
  const filter = encodeURIComponent('number<=4 kind:plain -state:failed');
  const { body } = await server.call('GET', `/api/v1/tasks?family_id=${brief.family_id}&sort=oldest&filter=${filter}`);
  const all = (await server.call('GET', `/api/v1/tasks?family_id=${brief.family_id}&sort=oldest`)).body.items;
  const ids = (items: { id: string }[]) => items.map((task) => task.id);
  assert.deepEqual(ids(body.items), ids(all.filter((task: { number: number; config: { kind: string } }) => task.number <= 4 && task.config.kind === 'plain')));
  assert.deepEqual(ids((await server.call('GET', `/api/v1/families/${brief.family_id}/export?format=json&filter=${filter}`)).body), ids(body.items));
  assert.equal((await server.call('GET', `/api/v1/families/${brief.family_id}/export?filter=nothing:here`)).body.code, 'invalid_filter');
});

test('a removed worker loses its tasks and is told so', async () => {
  const brief = (await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 1 }))).body;
  const worker = await server.enrol();
  const task = await claimOne(worker.token);
  assert.equal((await server.call('DELETE', `/api/v1/workers/${worker.workerId}`)).status, 204);
  assert.equal((await server.call('GET', `/api/v1/tasks/${task.task_id}`)).body.state, 'pending');
  const beat = await server.call('POST', '/api/v1/heartbeats', {}, worker.token);
  assert.deepEqual([beat.status, beat.body.code], [409, 'worker_removed']);
  await server.call('POST', `/api/v1/briefs/${brief.id}/cancel`);
});

test('the OpenAPI document is 3.1 and names every route of the API', async () => {
  const { body } = await server.call('GET', '/api/v1/openapi.json', undefined, null);
  assert.equal(body.openapi, '3.1.0');
  for (const path of ['/api/v1/briefs', '/api/v1/claims', '/api/v1/tasks/{id}/result', '/api/v1/families/{id}/export', '/api/v1/ledger/entries']) assert.ok(path in body.paths, path);
  assert.equal((await server.call('GET', '/api/docs/', undefined, null)).status, 200);
});
