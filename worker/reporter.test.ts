import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { pino } from 'pino';
import { sayJson, sayProblem, startAnswering } from '#test/answering-server.ts';
import { createClient } from './client.ts';
import { Reporter } from './reporter.ts';

const claim = { task_id: 't', attempt: 2, lease_token: 'l' };
const never = new AbortController().signal;
const closing: (() => Promise<void>)[] = [];
after(() => Promise.all(closing.map((close) => close())));

async function reporterTo(answer: Parameters<typeof startAnswering>[0], options: { mostLogCharacters?: number } = {}) {
  const server = await startAnswering(answer);
  const lost = Promise.withResolvers<void>();
  const reporter = new Reporter({ client: createClient({ serverUrl: server.url, token: 't' }), claim, log: pino({ level: 'silent' }), onLost: lost.resolve, ...options });
  closing.push(async () => {
    reporter.close();
    await server.close();
  });
  return { server, reporter, lost: lost.promise };
}

type Bodies = { body: { text: string; offset: number; points: { step: number }[]; attempt: number; lease_token: string } }[];

test('points and text arrive whole, in order and in batches', async () => {
  const { server, reporter } = await reporterTo((_asked, response) => sayJson(response, 200, {}));
  const lines = Array.from({ length: 30_000 }, (_, index) => `line ${index} with an emoji 😀\n`);
  for (const line of lines) reporter.text(line);
  for (let step = 0; step < 2500; step++) reporter.point({ step, name: 'loss', value: step, at_seconds: 1 });
  await reporter.finish(never);
  const texts: Bodies = server.asked.filter(({ path }) => path === '/api/v1/tasks/t/log');
  const points: Bodies = server.asked.filter(({ path }) => path === '/api/v1/tasks/t/metrics');
  assert.ok(texts.map(({ body }) => body.text).join('') === lines.join(''));
  let offset = 0;
  for (const { body } of texts) {
    assert.deepEqual([body.offset, body.attempt, body.lease_token], [offset, 2, 'l']);
    assert.ok(body.text.length <= 65_536 && body.text.isWellFormed());
    offset += body.text.length;
  }
  assert.deepEqual(points.flatMap(({ body }) => body.points.map((point) => point.step)), Array.from({ length: 2500 }, (_, step) => step));
  assert.ok(points.every(({ body }) => body.points.length <= 1000));
});

test('what was not taken is sent again from the same offset, before what came later', async () => {
  const { server, reporter } = await reporterTo((_asked, response) => (server.asked.length === 1 ? sayProblem(response, 503, 'overloaded') : sayJson(response, 200, {})));
  reporter.text('first\n');
  const finished = reporter.finish(never);
  reporter.text('second\n');
  await finished;
  const texts: Bodies = server.asked;
  assert.deepEqual(texts.map(({ body }) => [body.offset, body.text])[0], [0, 'first\n']);
  const kept = new Map(texts.slice(1).map(({ body }) => [body.offset, body.text]));
  assert.equal([...kept.values()].join(''), 'first\nsecond\n');
  assert.ok(kept.has(0));
});

test('while the server is away memory is bounded: it is full until the server takes something', async () => {
  let isAway = true;
  const { reporter } = await reporterTo((_asked, response) => (isAway ? sayProblem(response, 503, 'overloaded') : sayJson(response, 200, {})));
  assert.equal(reporter.isFull(), false);
  const piece = 'x'.repeat(2 ** 20);
  for (let pieces = 0; pieces < 4; pieces++) reporter.text(piece);
  assert.equal(reporter.isFull(), true);
  isAway = false;
  await reporter.room();
  assert.equal(reporter.isFull(), false);
});

test('a log that grows too long is cut, and says so once', async () => {
  const { server, reporter } = await reporterTo((_asked, response) => sayJson(response, 200, {}), { mostLogCharacters: 10 });
  for (const text of ['12345678', '90abc', 'never seen']) reporter.text(text);
  await reporter.finish(never);
  const texts: Bodies = server.asked;
  assert.equal(texts.map(({ body }) => body.text).join(''), '1234567890\n[log truncated: more than 10 characters]\n');
});

test('a lost lease ends the sending', async () => {
  const { server, reporter, lost } = await reporterTo((_asked, response) => sayProblem(response, 409, 'stale_lease'));
  reporter.text('x'.repeat(200_000));
  await lost;
  reporter.text('more');
  await reporter.finish(never);
  assert.equal(server.asked.length, 1);
});

test('a refused part is left out, and the rest goes on', async () => {
  const { server, reporter, lost } = await reporterTo(({ path }, response) => (path.endsWith('metrics') ? sayProblem(response, 422, 'invalid') : sayJson(response, 200, {})));
  void lost.then(() => assert.fail('nothing was lost'));
  reporter.point({ step: 1, name: 'loss', value: 1, at_seconds: 0 });
  reporter.text('text');
  await reporter.finish(never);
  assert.deepEqual(server.asked.map(({ path }) => path.split('/').at(-1)), ['metrics', 'log']);
});

test('finishing gives up when it is told to', async () => {
  const giveUp = new AbortController();
  const { reporter } = await reporterTo((_asked, response) => {
    sayProblem(response, 503, 'overloaded');
    giveUp.abort();
  });
  reporter.text('never taken');
  await reporter.finish(giveUp.signal);
  assert.equal(reporter.isFull(), false);
});
