// Addresses and bodies that nobody means well with, on the database that takes fewer texts and numbers than the other.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { postgresForSuite } from '#test/conformance/databases.ts';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';
import { paths } from '#web/paths.ts';

const FOREIGN: Record<string, string>[] = [{ origin: 'http://evil.example' }, { origin: 'null' }, { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }];

describe('a server on PostgreSQL', () => {
  const database = postgresForSuite();
  let server: TestServer;
  let brief: { id: string; family_id: string };
  before(async () => {
    server = await startTestServer({ database_url: database.place, webhook_allow: 'hooks.example.org' });
    brief = (await server.call('POST', '/api/v1/briefs', smallBrief())).body;
  });
  after(() => server.stop());

  test('has nothing at an address that holds a NUL, and says so', async () => {
    const { body } = await server.call('GET', '/api/v1/openapi.json');
    for (const [path, methods] of Object.entries(body.paths as Record<string, object>)) {
      if (!path.includes('{')) continue;
      for (const method of Object.keys(methods)) {
        const { status } = await server.call(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'a%00b'), method === 'get' || method === 'delete' ? undefined : {});
        assert.ok([403, 404].includes(status), `${method} ${path}: ${status}`);
      }
    }
    for (const path of Object.values(paths) as ((...given: string[]) => string)[]) {
      if (path.length === 0) continue;
      const address = path('a\0b', 'cancel');
      for (const [method, at] of [['GET', address], ['GET', paths.live(address)], ['POST', address]] as const) {
        const { status } = await server.call(method, at.replace(/\?.*/, ''), undefined, null, method === 'POST' ? { 'content-type': 'application/x-www-form-urlencoded' } : {});
        assert.ok([404, 422].includes(status), `${method} ${at}: ${status}`);
      }
    }
  });

  test('refuses places and words that no list has', async () => {
    const cursor = (...key: unknown[]) => Buffer.from(JSON.stringify(key)).toString('base64url');
    const task = `${brief.family_id}-1`;
    const expected: [string, number][] = [
      ...[cursor('a', 1e300, 1, 1, 1, 'b'), cursor('a', 1.5, null, null, null, 'b'), cursor('a', 1, null, 1.5, 1e300, 'b')].flatMap((place): [string, number][] => [[`/api/v1/tasks?cursor=${place}`, 422], [`/tasks?cursor=${place}`, 422]]),
      ...[cursor('a\0b', 1), cursor('a', 1e300), cursor('a', 1.5)].map((place): [string, number] => [`/api/v1/tasks/${task}/metrics?cursor=${place}`, 422]),
      ['/workers?q=a%00b', 422],
      ['/search?q=a%00b', 200],
      ['/search/hits?q=%00', 200],
      ['/api/v1/search?q=a%00b', 200],
      ['/notifications/recent?after=%00', 200],
      [`/tasks?filter=${encodeURIComponent('worker:"a\0b"')}`, 422],
      [`/tasks?filter=${encodeURIComponent('number<1e300 created>-1 seed>=0.5 attempt!=9007199254740993 -priority=-9e99')}`, 422],
      [`/tasks?filter=${encodeURIComponent('number<1e300 seed>=0.5 attempt!=9007199254740993 -priority=-9e99 duration>1e308')}`, 200],
    ];
    for (const [address, status] of expected) assert.equal((await server.call('GET', address)).status, status, address);
  });

  test('lets no browser guess a type, whatever it answers, and takes no change from another site', async () => {
    for (const address of ['/', '/api/v1/tasks', '/healthz', '/metrics', '/search/hits?q=a', '/notifications/recent', '/nothing', `/families/${brief.family_id}/export`, `/briefs/${brief.id}/report.html`, '/credits/export?format=json']) {
      assert.equal((await server.call('GET', address)).headers.get('x-content-type-options'), 'nosniff', address);
    }
    for (const path of Object.values(paths) as ((...given: string[]) => string)[]) {
      const address = path(path.length === 0 ? '' : 'x', 'cancel').replace(/\?.*/, '');
      for (const headers of FOREIGN) {
        assert.equal((await server.call('POST', address, undefined, null, headers)).status, 403, address);
      }
    }
    for (const back of ['//evil.example', '/\\evil.example', 'https://evil.example/', '/\t/evil.example', '/.//evil.example', '/%2e//evil.example', '\\\\evil.example']) {
      const { headers } = await server.call('POST', '/tasks/actions', new URLSearchParams({ verb: 'priority', priority: '1', ids: `${brief.family_id}-1`, back }).toString(), null, { 'content-type': 'application/x-www-form-urlencoded' });
      const location = headers.get('location') ?? '';
      assert.equal(new URL(location, server.url).origin, server.url, `${back} leads to ${location}`);
    }
  });

  test('creates once what is asked for twice with one key, also at the same moment', async () => {
    const twice = async (path: string, body: unknown) => {
      const key = { 'idempotency-key': 'once' };
      const [one, other] = await Promise.all([1, 2].map(() => server.call('POST', path, body, server.adminToken, key)));
      assert.ok(one !== undefined && other !== undefined && one.status < 300, JSON.stringify(one?.body));
      assert.deepEqual([other.status, other.body.id], [one.status, one.body.id]);
      const changed = await server.call('POST', path, { ...(body as object), num_tasks: 7, raise_budget: false, address: 'https://hooks.example.org/other' }, server.adminToken, key);
      assert.ok([409, 422].includes(changed.status));
      return one.body;
    };
    assert.equal((await twice(`/api/v1/briefs/${brief.id}/extend`, { num_tasks: 2 })).num_tasks, 5);
    await server.call('POST', `/api/v1/tasks/${brief.family_id}-1/cancel`);
    assert.equal((await twice(`/api/v1/tasks/${brief.family_id}-1/rerun`, { raise_budget: true })).number, 6);
    const { id, secret } = await twice('/api/v1/webhooks', { address: 'https://hooks.example.org/', kinds: ['new_best'] });
    assert.match(secret, /^whsec_/);
    assert.deepEqual((await server.call('GET', '/api/v1/webhooks')).body.items.map((webhook: { id: string }) => webhook.id), [id]);
  });

  test('adds tasks once, however often the button of a form is pressed', async () => {
    const press = async (path: string, fields: Record<string, string>) => {
      const key = /name="key" value="(\w+)"/.exec((await server.call('GET', path)).body)?.[1] ?? assert.fail(`${path} has a key`);
      const send = (more: Record<string, string>) => server.call('POST', path, new URLSearchParams({ ...fields, key, ...more }).toString(), null, { 'content-type': 'application/x-www-form-urlencoded' });
      const answers = [...(await Promise.all([send({}), send({})])), await send({})];
      assert.deepEqual(answers.map(({ status }) => status), [303, 303, 303]);
      assert.equal(new Set(answers.map(({ headers }) => headers.get('location'))).size, 1);
      return send;
    };
    const size = async () => (await server.call('GET', `/api/v1/briefs/${brief.id}`)).body.num_tasks;
    const before = await size();
    const again = await press(`/briefs/${brief.id}/extend`, { num_tasks: '2', budget_credits: '100' });
    assert.equal(await size(), before + 2);
    assert.equal((await again({ num_tasks: '1' })).status, 303);
    assert.equal(await size(), before + 3, 'an edited form is a new wish');
    await press(`/tasks/${brief.family_id}-1/rerun`, {});
    assert.equal(await size(), before + 4);
  });
});
