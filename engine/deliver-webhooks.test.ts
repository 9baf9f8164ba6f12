import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import type { Webhook } from '#core/event.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { findWebhook, listDeliveries } from '#store/webhook.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, refused, worldOn } from '#test/conformance/engine-world.ts';
import { addWebhook, changeWebhook, testWebhook } from './change-webhook.ts';
import { deliverDue, startDelivering } from './deliver-webhooks.ts';
import { recordEvent } from './record-event.ts';
import { signature, type Sending } from './send-webhook.ts';
import { parseAllowList } from './webhook-address.ts';

type Received = { headers: IncomingHttpHeaders; body: string };

onBothDatabases('webhooks', (database) => {
  const world = worldOn(database);
  const { engine, clock } = world;
  const received: Received[] = [];
  let answer: (response: ServerResponse) => void = (response) => void response.writeHead(204).end();
  let server: Server;
  let sending: Sending;
  let webhook: Webhook;
  const next = async () => (await listDeliveries(database.store.reader, webhook.id, { limit: 1, before: null }))[0]?.nextTryAt ?? 0;
  const receiver = (name = '127.0.0.1'): string => `http://${name}:${(server.address() as AddressInfo).port}/hook`;
  const records = async () => (await listDeliveries(database.store.reader, webhook.id, { limit: 9, before: null })).map(({ state, tries, lastStatus, lastError }) => ({ state, tries, lastStatus, lastError }));
  const add = async (address: string) => {
    if (webhook !== undefined) await changeWebhook(engine, webhook.id, 'delete');
    const { webhookId } = accepted(await addWebhook(engine, LOCAL_ID, { address, kinds: ['brief_finished'] }, sending.allowed));
    webhook = (await findWebhook(database.store.reader, webhookId)) ?? assert.fail('it was added');
  };
  const tell = (cause: string) => database.store.write((tx) => recordEvent(engine, tx, { kind: 'brief_finished', briefId: 'b', subject: 'مرحبا 🧪', detail: 'd' }, cause));

  before(async () => {
    server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      received.push({ headers: request.headers, body });
      answer(response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(async () => {
    sending = { allowed: parseAllowList('127.0.0.1'), timeoutMs: 5000, lookUp: () => Promise.reject(new Error('no names here')) };
    answer = (response) => void response.writeHead(204).end();
    received.length = 0;
    await add(receiver());
  });

  test('a message arrives once, signed, for the kinds that were asked for', async () => {
    await database.store.write((tx) => recordEvent(engine, tx, { kind: 'new_best', subject: 's', detail: 'd' }, `other ${clock.now}`));
    await tell('one');
    await tell('one');
    assert.deepEqual([await deliverDue(engine, sending), await deliverDue(engine, sending)], [1, 0]);
    assert.equal(received.length, 1);
    const [{ headers, body } = { headers: {}, body: '' }] = received;
    const [id, at] = [String(headers['webhook-id']), Number(headers['webhook-timestamp'])];
    assert.equal(at, Math.floor(clock.now / 1000));
    assert.equal(headers['webhook-signature'], signature(webhook.secret, id, at, body));
    const { type, data } = JSON.parse(body);
    assert.deepEqual([type, data.subject, data.brief_id], ['brief_finished', 'مرحبا 🧪', 'b']);
    assert.deepEqual(await records(), [{ state: 'delivered', tries: 1, lastStatus: 204, lastError: null }]);
  });

  test('what is refused is tried again with the same id after growing pauses, and given up after eight tries', async () => {
    answer = (response) => void response.writeHead(500).end('no\u0000 thanks');
    await tell('two');
    const pauses: number[] = [];
    for (let tries = 1; tries <= 8; tries += 1) {
      assert.equal(await deliverDue(engine, sending), 1);
      const triedAt = clock.now;
      clock.now = (await next()) - 1;
      assert.equal(await deliverDue(engine, sending), 0);
      clock.now += 1;
      pauses.push(clock.now - triedAt);
    }
    assert.deepEqual(await records(), [{ state: 'failed', tries: 8, lastStatus: 500, lastError: 'It answered with status 500: no thanks' }]);
    assert.ok(pauses.slice(1, -1).every((pause, index) => pause > (pauses[index] ?? 0)), pauses.join(' '));
    assert.equal(new Set(received.map(({ headers }) => headers['webhook-id'])).size, 1);
    clock.now += 1e9;
    assert.equal(await deliverDue(engine, sending), 0);
  });

  test('a receiver that does not answer, redirects, or is away is told so in the record', async () => {
    answer = () => undefined;
    await tell('three');
    await deliverDue(engine, { ...sending, timeoutMs: 50 });
    assert.match((await records())[0]?.lastError ?? '', /no answer within 0\.05 s/);
    answer = (response) => void response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    clock.now += 60_000;
    await deliverDue(engine, sending);
    assert.match((await records())[0]?.lastError ?? '', /redirect/);
    answer = (response) => void response.writeHead(200).end('x'.repeat(1_000_000));
    clock.now += 600_000;
    await deliverDue(engine, sending);
    assert.equal((await records())[0]?.state, 'delivered', 'a long answer is cut off');
  });

  test('whoever crashes between sending and recording has it sent again, with the same id', async () => {
    await tell('four');
    const crashing = { ...engine, store: { ...engine.store, reader: database.store.reader, write: engine.store.write } };
    let writes = 0;
    crashing.store.write = (work) => ((writes += 1) === 1 ? database.store.write(work) : Promise.reject(new Error('crashed')));
    await assert.rejects(deliverDue(crashing, sending), /crashed/);
    assert.equal(received.length, 1);
    assert.equal(await deliverDue(engine, sending), 0, 'for a while it counts as taken');
    clock.now += 60_000;
    assert.equal(await deliverDue(engine, sending), 1);
    assert.equal(received[0]?.headers['webhook-id'], received[1]?.headers['webhook-id']);
    assert.deepEqual((await records())[0]?.state, 'delivered');
  });

  test('a name is looked up once for each try, and no answer of the name service leads inside', async () => {
    const { port } = server.address() as AddressInfo;
    sending = { ...sending, allowed: parseAllowList(`hooks.test:${port}`) };
    await add(receiver('hooks.test'));
    const answers = [['93.184.215.14', '127.0.0.1'], ['127.0.0.1']];
    let lookUps = 0;
    sending.lookUp = async () => answers[lookUps++] ?? [];
    await tell('five');
    await deliverDue(engine, sending);
    assert.match((await records())[0]?.lastError ?? '', /leads to 127\.0\.0\.1, which webhook_allow does not name/);
    // Allowed explicitly it is reached, at the address that was checked, whatever the name says the second time.
    clock.now += 60_000;
    lookUps = 1;
    await deliverDue(engine, { ...sending, allowed: parseAllowList(`hooks.test:${port}, 127.0.0.1`) });
    assert.equal(lookUps, 2);
    assert.equal(received[0]?.headers.host, `hooks.test:${port}`);
    assert.equal(received.length, 1);
  });

  test('what is not allowed any more, switched off or unknown is not sent', async () => {
    await tell('six');
    await deliverDue(engine, { ...sending, allowed: parseAllowList('hooks.example.org') });
    assert.match((await records())[0]?.lastError ?? '', /leads to 127\.0\.0\.1/);
    accepted(await changeWebhook(engine, webhook.id, 'disable'));
    clock.now += 60_000;
    assert.equal(await deliverDue(engine, sending), 0);
    assert.equal(refused(await testWebhook(engine, webhook.id)).code, 'webhook_disabled');
    assert.equal(refused(await changeWebhook(engine, 'none', 'enable')).code, 'webhook_not_found');
    assert.equal(refused(await testWebhook(engine, 'none')).code, 'webhook_not_found');
    assert.equal(refused(await addWebhook(engine, LOCAL_ID, { address: 'http://10.0.0.1/', kinds: ['new_best'] }, sending.allowed)).code, 'invalid');
    assert.equal(received.length, 0);
  });

  test('a running sender sends what is written at once, and stops', async () => {
    const arrived = Promise.withResolvers<void>();
    answer = (response) => {
      response.writeHead(204).end();
      arrived.resolve();
    };
    const stop = startDelivering(engine, sending, 3_600_000);
    accepted(await testWebhook(engine, webhook.id));
    await arrived.promise;
    await stop();
    assert.equal(JSON.parse(received[0]?.body ?? '').type, 'test');
  });
});
