import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sayJson, sayProblem, startAnswering } from '#test/answering-server.ts';
import { createClient, isForgotten, untilReached } from './client.ts';

const never = new AbortController().signal;
const beat = { load: {}, leases: [] };
const closing: (() => Promise<void>)[] = [];
after(() => Promise.all(closing.map((close) => close())));

async function clientOf(answer: Parameters<typeof startAnswering>[0]) {
  const server = await startAnswering(answer);
  closing.push(server.close);
  const reach: string[] = [];
  const client = createClient({ serverUrl: server.url, token: 'the token', onReach: (reachable, detail) => reach.push(reachable ? 'yes' : detail) });
  return { server, client, reach };
}

const well = { server_time: '2026-01-01T00:00:00.000Z', lost: [], drain: false };

test('a request carries the token, and its answer is checked', async () => {
  const { server, client } = await clientOf((_asked, response) => sayJson(response, 200, well));
  assert.deepEqual(await client.heartbeat(beat, never), { kind: 'taken', value: well });
  assert.equal(server.asked[0]?.headers.authorization, 'Bearer the token');
  assert.equal(server.asked[0]?.path, '/api/v1/heartbeats');
});

test('a refusal in the wire’s form is final; the same status from something in between is not', async () => {
  let answers = 0;
  const { client } = await clientOf((_asked, response) => (answers++ === 0 ? sayProblem(response, 409, 'worker_removed') : response.writeHead(409).end('<h1>Conflict</h1>')));
  const refused = await client.heartbeat(beat, never);
  assert.deepEqual(refused, { kind: 'refused', status: 409, code: 'worker_removed', detail: 'It is worker_removed.' });
  assert.ok(isForgotten(refused));
  assert.equal((await client.heartbeat(beat, never)).kind, 'unreachable');
});

test('failures of the server, foreign forms, redirects and silence are worth another try', async () => {
  const answers = [
    (response: Parameters<typeof sayJson>[0]) => sayProblem(response, 500, 'internal'),
    (response: Parameters<typeof sayJson>[0]) => sayProblem(response, 429, 'too_many_requests', { 'retry-after': '7' }),
    (response: Parameters<typeof sayJson>[0]) => response.writeHead(200).end('<html>'),
    (response: Parameters<typeof sayJson>[0]) => response.writeHead(301, { location: 'https://elsewhere.example/' }).end(),
    (response: Parameters<typeof sayJson>[0]) => response.destroy(),
  ];
  const { server, client, reach } = await clientOf((_asked, response) => answers[server.asked.length - 1]?.(response));
  const seen = [];
  for (const _answer of answers) seen.push(await client.heartbeat(beat, never));
  assert.ok(seen.every((one) => one.kind === 'unreachable'));
  assert.equal(seen[1]?.kind === 'unreachable' && seen[1].retryAfterMs, 7000);
  assert.match(seen[3]?.kind === 'unreachable' ? seen[3].detail : '', /elsewhere\.example/);
  assert.equal(server.asked.length, answers.length, 'the redirect was not followed');
  assert.deepEqual(reach, ['It is internal.'], 'told once that it is away');
});

test('asking goes on until the server answers, and waits as long as it says', async () => {
  const { server, client, reach } = await clientOf((_asked, response) => (server.asked.length < 3 ? sayProblem(response, 503, 'overloaded', { 'retry-after': '0' }) : sayJson(response, 200, well)));
  const answer = await untilReached(() => client.heartbeat(beat, never), never);
  assert.equal(answer.kind, 'taken');
  assert.equal(server.asked.length, 3);
  assert.deepEqual(reach, ['It is overloaded.', 'yes']);
});

test('a signal ends a request, and the waiting between two', async () => {
  const during = new AbortController();
  const { client } = await clientOf(() => during.abort());
  assert.deepEqual(await client.claim({ slots: 1, wait_seconds: 20 }, during.signal), { kind: 'aborted' });
  const between = new AbortController();
  const ended = untilReached(async () => {
    queueMicrotask(() => between.abort());
    return { kind: 'unreachable', detail: 'away', retryAfterMs: 100_000 };
  }, between.signal);
  assert.deepEqual(await ended, { kind: 'aborted' });
});
