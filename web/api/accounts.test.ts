import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { grantView, newAccountView } from '#protocol/account.ts';
import { accountView } from '#protocol/ledger.ts';
import { pageOf } from '#protocol/scalar.ts';
import { findWorker } from '#store/worker.ts';
import { startTestServer, type TestServer } from '#test/running-server.ts';

let server: TestServer;
before(async () => {
  server = await startTestServer({ starter_credits: 12.5 });
});
after(() => server.stop());

const machine = { name: 'theirs', hardware: { cpu_cores: 2, ram_gb: 4 }, runtimes: { node: '26.0.0' } };

test('an account is added once per key, machines that join with its token are its own, and the token can be renewed and revoked', async () => {
  const add = () => server.call('POST', '/api/v1/accounts', { name: '  Ada 🦀 ' }, server.adminToken, { 'idempotency-key': 'k' });
  const [first, second] = [await add(), await add()];
  assert.equal(first.status, 201);
  assert.deepEqual(second.body, first.body);
  const { enrolment_token: token, ...account } = newAccountView.parse(first.body);
  assert.deepEqual(account, { id: account.id, kind: 'person', name: 'Ada 🦀', balance_microcredits: 12_500_000 });
  const joined = await server.call('POST', '/api/v1/workers', machine, token);
  assert.equal((await findWorker(server.engine.store.reader, joined.body.worker_id))?.ownerId, account.id);
  assert.equal((await server.call('POST', '/api/v1/accounts', { name: 'No' }, token)).status, 403, 'it opens nothing else');
  const renewed = await server.call('POST', `/api/v1/accounts/${account.id}/enrolment-token`);
  assert.equal(renewed.status, 201);
  assert.deepEqual([(await server.call('POST', '/api/v1/workers', machine, token)).status, (await server.call('POST', '/api/v1/workers', machine, renewed.body.enrolment_token)).status], [401, 201]);
  assert.equal((await server.call('DELETE', `/api/v1/accounts/${account.id}/enrolment-token`)).status, 204);
  assert.equal((await server.call('POST', '/api/v1/workers', machine, renewed.body.enrolment_token)).status, 401);
});

test('a grant answers its entry with its reason, and a wrong one says what is wrong at its field', async () => {
  const { id } = (await server.call('POST', '/api/v1/accounts', { name: 'Grantee' })).body;
  const grant = { amount_credits: 0.000003, reason: 'A start' };
  const answers = [1, 2].map(() => server.call('POST', `/api/v1/accounts/${id}/grants`, grant, server.adminToken, { 'idempotency-key': 'g' }));
  const [first, second] = await Promise.all(answers);
  assert.equal(first?.status, 201, JSON.stringify(first?.body));
  assert.deepEqual(second?.body, first?.body);
  const granted = grantView.parse(first?.body);
  assert.deepEqual([granted.amount_microcredits, granted.reason, granted.kind, granted.credit_account], [3, 'A start', 'grant', id]);
  const wrong = [{ ...grant, amount_credits: 0 }, { ...grant, amount_credits: -5 }, { ...grant, amount_credits: 1e300 }, { ...grant, amount_credits: 'all' }, { ...grant, reason: ' ' }, { amount_credits: 1 }, { ...grant, reason: 'two\nlines' }];
  for (const body of wrong) assert.equal((await server.call('POST', `/api/v1/accounts/${id}/grants`, body)).status, 422, JSON.stringify(body));
  assert.equal((await server.call('POST', '/api/v1/accounts/nobody/grants', grant)).body.code, 'account_not_found');
  assert.equal((await server.call('POST', '/api/v1/accounts/treasury/grants', grant)).body.code, 'account_kind');
});

test('accounts of people are listed by name, page by page', async () => {
  const names: string[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body } = await server.call('GET', `/api/v1/accounts?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
    const page = pageOf(accountView).parse(body);
    names.push(...page.items.map((account) => account.name));
    cursor = page.next_cursor;
  }
  assert.deepEqual(names, names.toSorted());
  assert.ok(names.length >= 3 && names.includes('This server'));
  assert.deepEqual((await server.call('POST', '/api/v1/accounts', { name: names[0] })).body.errors, [{ path: 'name', message: 'is the name of another account already' }]);
});
