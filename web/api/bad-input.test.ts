import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import type { ERRORS } from '#core/errors.ts';
import { problem } from '#protocol/problem.ts';
import { smallBrief, startTestServer, type Answer, type TestServer } from '#test/running-server.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server.stop());

/** Checks that an answer is a problem of the wire without a trace of the program. */
function assertProblem(answer: Answer, status: number, code: keyof typeof ERRORS, path?: string): void {
  assert.equal(answer.status, status, JSON.stringify(answer.body));
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const said = problem.parse(answer.body);
  assert.equal(said.code, code);
  assert.equal(said.status, status);
  assert.doesNotMatch(JSON.stringify(answer.body), /\.ts:\d+|node_modules|at \w+ \(/);
  if (path !== undefined) assert.ok(said.errors.some((issue) => issue.path === path), `errors name ${path}: ${JSON.stringify(said.errors)}`);
}

const WRONG_BRIEFS: [string, Record<string, unknown>, number, keyof typeof ERRORS, string][] = [
  ['an unknown field', { bogus: 1 }, 422, 'invalid', 'bogus'],
  ['an unknown field inside', { requires: { cpu: 1 } }, 422, 'invalid', 'requires.cpu'],
  ['no title', { title: '  ' }, 422, 'invalid', 'title'],
  ['a title of the wrong type', { title: 7 }, 422, 'invalid', 'title'],
  ['a title of two lines', { title: 'a\nb' }, 422, 'invalid', 'title'],
  ['a title with a NUL', { title: 'a\u0000b' }, 422, 'invalid', 'title'],
  ['a lone surrogate', { title: 'a\ud800b' }, 422, 'invalid', 'title'],
  ['a huge goal', { goal: 'x'.repeat(4001) }, 422, 'invalid', 'goal'],
  ['no tasks', { num_tasks: 0 }, 422, 'invalid', 'num_tasks'],
  ['a fraction of a task', { num_tasks: 1.5 }, 422, 'invalid', 'num_tasks'],
  ['too many tasks', { num_tasks: 1e9 }, 422, 'invalid', 'num_tasks'],
  ['a number as text', { num_tasks: '3' }, 422, 'invalid', 'num_tasks'],
  ['no time', { time_budget_seconds: 0 }, 422, 'invalid', 'time_budget_seconds'],
  ['negative time', { time_budget_seconds: -5 }, 422, 'invalid', 'time_budget_seconds'],
  ['more than a day', { time_budget_seconds: 1e6 }, 422, 'invalid', 'time_budget_seconds'],
  ['negative credits', { budget_credits: -1 }, 422, 'invalid', 'budget_credits'],
  ['credits below the price', { num_tasks: 12, time_budget_seconds: 60, budget_credits: 11 }, 422, 'invalid_brief', 'budget_credits'],
  ['an unknown experiment', { experiment: 'nothing' }, 422, 'invalid_brief', 'experiment'],
  ['an unknown strategy', { strategy: { name: 'magic' } }, 422, 'invalid_brief', 'strategy.name'],
  ['an unknown option', { strategy: { name: 'random', bogus: 1 } }, 422, 'invalid_brief', 'strategy.bogus'],
  ['a seed that is none', { strategy: { name: 'random', seed: -1 } }, 422, 'invalid', 'strategy.seed'],
  ['more replicates than tasks', { replicates: 4 }, 422, 'invalid_brief', 'replicates'],
  ['an unknown profile', { hardware_profile: 'huge' }, 422, 'invalid', 'hardware_profile'],
  ['an unknown parameter', { space: { bogus: { value: 1 } } }, 422, 'invalid_brief', 'space.bogus'],
  ['a wider parameter', { space: { x: { type: 'uniform', low: -9, high: 9 } } }, 422, 'invalid_brief', 'space.x'],
  ['a choice that is none', { space: { kind: { type: 'choice', values: ['plain', 'other'] } } }, 422, 'invalid_brief', 'space.kind'],
  ['a parameter of no type', { space: { x: { low: 1 } } }, 422, 'invalid', 'space.x'],
  ['low above high', { space: { x: { type: 'uniform', low: 1, high: -1 } } }, 422, 'invalid_brief', 'space.x'],
  ['a constraint of nonsense', { constraints: ['x ++ 2'] }, 422, 'invalid_brief', 'constraints.0'],
  ['a constraint on nothing', { constraints: ['bogus > 2'] }, 422, 'invalid_brief', 'constraints.0'],
  ['a space too small', { num_tasks: 9, space: { x: { value: 1 }, lr: { value: 0.01 }, kind: { value: 'plain' }, width: { type: 'choice', values: [4, 8] } } }, 422, 'space_too_small', 'num_tasks'],
];

test('a value of another type is refused in words of people', async () => {
  const said = async (path: string, body: unknown) => (await server.call('POST', path, body)).body.errors?.[0];
  assert.deepEqual(await said('/api/v1/accounts', {}), { path: 'name', message: 'is needed' });
  assert.deepEqual(await said('/api/v1/accounts', { name: null }), { path: 'name', message: 'must be a text' });
  assert.deepEqual(await said('/api/v1/accounts', { name: '\u200b\u2060' }), { path: 'name', message: 'must have something to see' });
  assert.deepEqual(await said('/api/v1/briefs', null), { path: '', message: 'must be an object' });
  assert.deepEqual(await said('/api/v1/briefs', smallBrief({ draft: 'no' })), { path: 'draft', message: 'must be true or false' });
  const either = { path: 'verification', message: 'must be true, false, or an object with audit_share, quorum and tolerance' };
  for (const wrong of ['yes', 1, []]) assert.deepEqual(await said('/api/v1/briefs', smallBrief({ verification: wrong })), either);
  assert.deepEqual((await server.call('GET', '/api/v1/ledger/entries?limit=x')).body.errors, [{ path: 'limit', message: 'must be a number' }]);
  for (const size of ['', '0x1', '1e0', ' 1']) assert.equal((await server.call('GET', `/api/v1/ledger/consistency?from=${encodeURIComponent(size)}`)).status, 422, size);
});

for (const [what, changes, status, code, path] of WRONG_BRIEFS) {
  test(`a brief with ${what} is refused at its field and leaves nothing`, async () => {
    const before = (await server.call('GET', '/api/v1/stats')).body;
    assertProblem(await server.call('POST', '/api/v1/briefs', smallBrief(changes)), status, code, path);
    assert.deepEqual((await server.call('GET', '/api/v1/stats')).body.briefs, before.briefs);
  });
}

test('a filter that cannot be read is refused with the place of what is wrong', async () => {
  const said = await server.call('GET', `/api/v1/tasks?filter=${encodeURIComponent('state:completed stat:failed')}`);
  assertProblem(said, 422, 'invalid_filter', 'filter');
  assert.equal(said.body.detail, 'filter, character 17: stat is not a field of tasks. Did you mean state? A parameter of this name is written config.stat.');
  assertProblem(await server.call('GET', '/api/v1/tasks?sort=duration'), 422, 'invalid', 'sort');
  assertProblem(await server.call('GET', '/api/v1/tasks?filter=a&filter=b'), 422, 'invalid', 'filter');
});

test('bodies that are no JSON, too large or of another type are refused', async () => {
  assertProblem(await server.call('POST', '/api/v1/briefs', '{"title": '), 400, 'malformed');
  assertProblem(await server.call('POST', '/api/v1/briefs', ''), 400, 'malformed');
  assertProblem(await server.call('POST', '/api/v1/briefs', '{"__proto__": {"title": "x"}}'), 400, 'malformed');
  assertProblem(await server.call('POST', '/api/v1/briefs', `"${'x'.repeat(1024 * 1024)}"`), 413, 'too_large');
  assertProblem(await server.call('POST', '/api/v1/briefs', '<brief/>', server.adminToken, { 'content-type': 'text/xml' }), 415, 'unsupported_media_type');
  assertProblem(await server.call('POST', '/api/v1/briefs', '[]'), 422, 'invalid');
  assertProblem(await server.call('POST', '/api/v1/briefs', 'null'), 422, 'invalid');
});

test('forms and plain text are no JSON', async () => {
  for (const type of ['application/x-www-form-urlencoded', 'text/plain']) {
    assertProblem(await server.call('POST', '/api/v1/briefs', 'title=x', server.adminToken, { 'content-type': type }), 415, 'unsupported_media_type');
  }
});

test('an action takes an empty body that is called JSON', async () => {
  assertProblem(await server.call('POST', '/api/v1/briefs/nothing/launch', ''), 404, 'brief_not_found');
  assertProblem(await server.call('DELETE', '/api/v1/workers/nothing', ''), 404, 'worker_not_found');
  assertProblem(await server.call('POST', '/api/v1/briefs/nothing/launch', '{"title": '), 400, 'malformed');
});

test('addresses that cannot be read are problems for programs and pages for people', async () => {
  assertProblem(await server.call('GET', '/api/v1/briefs/%zz'), 400, 'malformed');
  assertProblem(await server.call('GET', `/api/v1/briefs/${'x'.repeat(300)}`), 404, 'not_found');
  const page = await server.call('GET', '/briefs/%zz');
  assert.equal(page.status, 400);
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
});

test('a head that is too large, or no HTTP at all, is a problem', async () => {
  assertProblem(await server.call('GET', '/api/v1/briefs', undefined, server.adminToken, { 'x-long': 'x'.repeat(32 * 1024) }), 413, 'too_large');
  const { port } = new URL(server.url);
  const socket = connect(Number(port), '127.0.0.1');
  socket.end('NOT HTTP\r\n\r\n');
  assert.match(await text(socket), /^HTTP\/1.1 400 Bad Request\r\n[^]*application\/problem\+json[^]*"code":"malformed"/);
});

test('addresses and ids that do not exist are 404', async () => {
  for (const [path, code] of [
    ['/api/v1/nothing', 'not_found'],
    ['/api/v1/briefs/nothing', 'brief_not_found'],
    ['/api/v1/families/nothing', 'family_not_found'],
    ['/api/v1/families/nothing/export', 'family_not_found'],
    ['/api/v1/tasks/nothing', 'task_not_found'],
    ['/api/v1/tasks/nothing/log', 'task_not_found'],
    ['/api/v1/tasks/nothing/metrics', 'task_not_found'],
    ['/api/v1/workers/nothing', 'worker_not_found'],
    [`/api/v1/packages/${'0'.repeat(64)}`, 'package_not_found'],
  ] as const) {
    assertProblem(await server.call('GET', path), 404, code);
  }
  assertProblem(await server.call('POST', '/api/v1/briefs/nothing/launch'), 404, 'brief_not_found');
  assertProblem(await server.call('DELETE', '/api/v1/workers/nothing'), 404, 'worker_not_found');
});

test('queries with unknown names, wrong limits or foreign cursors are refused', async () => {
  assertProblem(await server.call('GET', '/api/v1/briefs?bogus=1'), 422, 'invalid', 'bogus');
  assertProblem(await server.call('GET', '/api/v1/briefs?limit=0'), 422, 'invalid', 'limit');
  assertProblem(await server.call('GET', '/api/v1/briefs?limit=501'), 422, 'invalid', 'limit');
  assertProblem(await server.call('GET', '/api/v1/briefs?limit=ten'), 422, 'invalid', 'limit');
  assertProblem(await server.call('GET', '/api/v1/briefs?cursor=%00'), 422, 'invalid', 'cursor');
  assertProblem(await server.call('GET', `/api/v1/briefs?cursor=${Buffer.from('[1,2]').toString('base64url')}`), 422, 'invalid', 'cursor');
  assertProblem(await server.call('GET', '/api/v1/tasks?state=lost'), 422, 'invalid', 'state');
  assertProblem(await server.call('GET', '/api/v1/tasks?sort=value'), 422, 'invalid', 'sort');
});

test('the API asks for a token, knows only its own, and keeps kinds apart', async () => {
  const worker = await server.enrol();
  assertProblem(await server.call('GET', '/api/v1/briefs', undefined, null), 401, 'unauthenticated');
  assertProblem(await server.call('GET', '/api/v1/briefs', undefined, 'wrong-token-wrong-token'), 401, 'unauthenticated');
  assertProblem(await server.call('GET', '/api/v1/briefs', undefined, null, { authorization: 'Basic eA==' }), 401, 'unauthenticated');
  assertProblem(await server.call('GET', '/api/v1/briefs', undefined, worker.token), 403, 'forbidden');
  assertProblem(await server.call('GET', '/api/v1/briefs', undefined, server.enrolmentToken), 403, 'forbidden');
  assertProblem(await server.call('POST', '/api/v1/briefs', smallBrief(), worker.token), 403, 'forbidden');
  assertProblem(await server.call('POST', '/api/v1/claims', {}, server.adminToken), 403, 'forbidden');
  assertProblem(await server.call('POST', '/api/v1/workers', {}, worker.token), 403, 'forbidden');
});

test('a page elsewhere can neither rebind nor forge', async () => {
  const { request } = await import('node:http');
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  request(`${server.url}/`, { headers: { host: 'attacker.example' } }, (response) => resolve(response.resume().statusCode ?? 0)).on('error', reject).end();
  assert.equal(await promise, 403);
  assertProblem(await server.call('POST', '/api/v1/briefs', smallBrief(), server.adminToken, { origin: 'http://attacker.example' }), 403, 'foreign_origin');
  assertProblem(await server.call('POST', '/api/v1/briefs', smallBrief(), server.adminToken, { origin: 'null' }), 403, 'foreign_origin');
  assert.equal((await server.call('POST', '/api/v1/briefs', smallBrief({ draft: true }), server.adminToken, { origin: server.url })).status, 201);
});

test('worker messages out of bounds are refused, and crash values never become a value', async () => {
  const { token } = await server.enrol();
  for (const [path, body, field] of [
    ['/api/v1/claims', { slots: 0 }, 'slots'],
    ['/api/v1/claims', { wait_seconds: 1e6 }, 'wait_seconds'],
    ['/api/v1/heartbeats', { load: { cpu_percent: 1e6 } }, 'load.cpu_percent'],
    ['/api/v1/heartbeats', { leases: [{ task_id: 'x' }] }, 'leases.0.attempt'],
    ['/api/v1/tasks/x/metrics', { attempt: 1, lease_token: 'x', points: [{ step: -1, name: 'a', value: 1 }] }, 'points.0.step'],
    ['/api/v1/tasks/x/metrics', { attempt: 1, lease_token: 'x', points: Array.from({ length: 1001 }, () => ({ step: 1, name: 'a', value: 1 })) }, 'points'],
    ['/api/v1/tasks/x/log', { attempt: 1, lease_token: 'x', text: 7 }, 'text'],
    ['/api/v1/tasks/x/result', { attempt: 1, lease_token: 'x', outcome: 'won' }, 'outcome'],
  ] as const) {
    assertProblem(await server.call('POST', path, body, token), 422, 'invalid', field);
  }
  assertProblem(await server.call('POST', '/api/v1/tasks/x/result', { attempt: 1, lease_token: 'x', outcome: 'failed' }, token), 404, 'task_not_found');

  const brief = (await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 5, title: 'crashes' }))).body;
  for (const value of ['-1', '0', '1e999', 'null', '"NaN"']) {
    const [task] = (await server.call('POST', '/api/v1/claims', {}, token)).body.tasks;
    const answer = await server.call('POST', `/api/v1/tasks/${task.task_id}/result`, `{"attempt": ${task.attempt}, "lease_token": "${task.lease_token}", "outcome": "completed", "metrics": {"loss": ${value}}}`, token);
    assert.deepEqual([answer.status, answer.body.accepted], [200, false], `${value}: ${JSON.stringify(answer.body)}`);
  }
  const family = (await server.call('GET', `/api/v1/families/${brief.family_id}`)).body;
  assert.deepEqual([family.summary.n, family.best, family.counts.completed], [0, null, 0]);
  await server.call('POST', `/api/v1/briefs/${brief.id}/cancel`);
});

test('hostile text is kept as it is and answered as JSON', async () => {
  const hostile = `<img src=x onerror=alert(1)>'"\`\${7*7}{{7*7}} ; drop table tasks;-- \u202eRTL 🦀 𝔘 مرحبا`;
  const { status, body } = await server.call('POST', '/api/v1/briefs', smallBrief({ title: hostile, goal: hostile, draft: true }));
  assert.equal(status, 201);
  assert.deepEqual([body.title, body.goal], [hostile, hostile]);
});
