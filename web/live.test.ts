import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, test } from 'node:test';
import { html } from './html.ts';
import { createLive, LIVE_SETTINGS, versionOf, type Live, type LiveSettings, type Region } from './live.ts';

type Message = { id: string | null; event: string; data: string };
type Hub = { live: Live; announce: (...topics: string[]) => void; port: number; responses: ServerResponse[]; errors: unknown[]; advance: (milliseconds: number) => void };

const cleanups: (() => void)[] = [];
afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** A hub behind a real server; every request becomes a stream of the regions. */
async function startHub(regions: (path: string) => Region[], settings: Partial<LiveSettings> = {}): Promise<Hub> {
  const listeners = new Set<(topics: ReadonlySet<string>) => void>();
  const errors: unknown[] = [];
  const responses: ServerResponse[] = [];
  let ahead = 0;
  const live = createLive({
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    now: () => Date.now() + ahead,
    log: { error: (fields) => errors.push(fields) },
    settings: { ...LIVE_SETTINGS, tickMs: 40, ...settings },
  });
  const server: Server = createServer((request, response) => {
    responses.push(response);
    if (!live.attach(response, request.url ?? '', regions(request.url ?? ''), String(request.headers['last-event-id'] ?? ''))) response.writeHead(503).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => {
    live.close();
    server.closeAllConnections();
    server.close();
  });
  const announce = (...topics: string[]): void => {
    for (const listener of listeners) listener(new Set(topics));
  };
  return { live, announce, port: (server.address() as AddressInfo).port, responses, errors, advance: (milliseconds) => (ahead += milliseconds) };
}

/** Opens a stream and reads its messages one by one; null at its end. */
async function watch(hub: Hub, path = '/page', lastEventId = ''): Promise<{ status: number; next: () => Promise<Message | null>; stop: () => void }> {
  const controller = new AbortController();
  cleanups.push(() => controller.abort());
  const answer = await fetch(`http://127.0.0.1:${hub.port}${path}`, { headers: lastEventId === '' ? {} : { 'last-event-id': lastEventId }, signal: controller.signal });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const next = async (): Promise<Message | null> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const lines = text.slice(0, end).split('\n');
        text = text.slice(end + 2);
        const of = (name: string) => lines.filter((line) => line.startsWith(`${name}: `)).map((line) => line.slice(name.length + 2));
        return { id: of('id')[0] ?? null, event: of('event')[0] ?? 'message', data: of('data').join('\n') };
      }
      const chunk = await reader?.read().catch(() => ({ done: true, value: undefined }));
      if (chunk === undefined || chunk.done || chunk.value === undefined) return null;
      text += chunk.value;
    }
  };
  return { status: answer.status, next, stop: () => controller.abort() };
}

async function nextChange(stream: { next: () => Promise<Message | null> }): Promise<Message> {
  for (;;) {
    const message = await stream.next();
    assert.ok(message !== null, 'the stream goes on');
    if (message.event === 'message') return message;
  }
}

test('a change is rendered once for all who watch, and reaches each of them', async () => {
  let value = 1;
  let renders = 0;
  // Gathering is long enough for all three to come: who comes while it is being rendered has it rendered once more.
  const hub = await startHub(() => [{ id: 'a', topics: ['t'], render: async () => ((renders += 1), html`<p>${value}</p>`) }], { gatherMs: 200 });
  const streams = await Promise.all([watch(hub), watch(hub), watch(hub)]);
  for (const stream of streams) assert.equal((await nextChange(stream)).data, '<hx-partial id="a"><p>1</p></hx-partial>');
  assert.equal(renders, 1);
  value = 2;
  hub.announce('t', 'other');
  for (const stream of streams) assert.equal((await nextChange(stream)).data, '<hx-partial id="a"><p>2</p></hx-partial>');
  assert.equal(renders, 2);
});

test('who comes after a change is not shown the state before it, which the others still have', async () => {
  let value = 'draining';
  let started = (): void => {};
  let finish = (): void => {};
  const render = async (): Promise<ReturnType<typeof html>> => {
    const read = value;
    started();
    if (value === 'slow') await new Promise<void>((resolve) => (finish = resolve));
    return html`${read}`;
  };
  const hub = await startHub(() => [{ id: 'a', topics: ['t'], render }], { tickMs: 100 });
  const before = await watch(hub);
  const { id } = await nextChange(before);
  value = 'active';
  hub.announce('t');
  const late = await watch(hub, '/page', 'what-the-page-had');
  assert.match((await nextChange(late)).data, />active</, 'announced, and not rendered yet');
  assert.match((await nextChange(before)).data, />active</);
  value = 'slow';
  const reading = new Promise<void>((resolve) => (started = resolve));
  hub.announce('t');
  await reading;
  value = 'done';
  const later = await watch(hub, '/page', 'what-the-page-had');
  finish();
  assert.match((await nextChange(later)).data, />done</, 'being rendered from what was read before');
  // One who has what the others have is sent nothing, until there is more.
  const same = await watch(hub, '/page', id ?? '');
  assert.match((await nextChange(same)).data, />done</);
});

test('many announcements within a tick are one message, and other topics none', async () => {
  let value = 0;
  let renders = 0;
  const hub = await startHub(() => [{ id: 'a', topics: ['t'], render: async () => ((renders += 1), html`${value}`) }], { tickMs: 60 });
  const stream = await watch(hub);
  await nextChange(stream);
  for (value = 1; value <= 500; value += 1) hub.announce('t');
  value = 500;
  hub.announce('unrelated');
  assert.match((await nextChange(stream)).data, />500</);
  assert.equal(renders, 2);
  const before = performance.now();
  for (const wanted of [501, 502, 503]) {
    value = wanted;
    hub.announce('t');
    assert.match((await nextChange(stream)).data, new RegExp(`>${wanted}<`));
  }
  assert.ok(performance.now() - before > 2 * 60 - 5, 'updates keep the tick between them');
});

test('only the regions that changed are sent, in one message', async () => {
  const values = { a: 1, b: 1 };
  const region = (id: 'a' | 'b'): Region => ({ id, topics: ['t'], render: async () => html`${id} ${values[id]}` });
  const hub = await startHub(() => [region('a'), region('b')]);
  const stream = await watch(hub);
  assert.equal((await nextChange(stream)).data, '<hx-partial id="a">a 1</hx-partial>\n<hx-partial id="b">b 1</hx-partial>');
  values.b = 2;
  hub.announce('t');
  assert.equal((await nextChange(stream)).data, '<hx-partial id="b">b 2</hx-partial>');
});

test('a region that takes long holds nothing up, and goes out by itself when it is ready', async () => {
  const slow = Promise.withResolvers<void>();
  let value = 1;
  let renders = 0;
  const hub = await startHub(() => [
    { id: 'picture', topics: ['t'], render: async () => ((renders += 1), await slow.promise, html`drawn ${value}`) },
    { id: 'text', topics: ['t'], render: async () => html`said ${value}` },
  ]);
  const stream = await watch(hub);
  assert.equal((await nextChange(stream)).data, '<hx-partial id="text">said 1</hx-partial>');
  value = 2;
  hub.announce('t');
  assert.equal((await nextChange(stream)).data, '<hx-partial id="text">said 2</hx-partial>');
  assert.equal(renders, 1, 'one at a time is drawn');
  slow.resolve();
  assert.equal((await nextChange(stream)).data, '<hx-partial id="picture">drawn 2</hx-partial>');
});

test('a region that is the same on every page is rendered once for all of them', async () => {
  let renders = 0;
  const hub = await startHub(() => [{ id: 'bell', topics: ['t'], shared: true, render: async () => html`${(renders += 1)}` }]);
  const streams = await Promise.all([watch(hub, '/a'), watch(hub, '/b')]);
  for (const stream of streams) assert.match((await nextChange(stream)).data, />1</);
  hub.announce('t');
  for (const stream of streams) assert.match((await nextChange(stream)).data, />2</);
  assert.equal(renders, 2);
});

test('who comes back with what it has gets only what differs', async () => {
  let value = 1;
  const regions = (): Region[] => [{ id: 'a', topics: ['a'], render: async () => html`same` }, { id: 'b', topics: ['b'], render: async () => html`<i>${value}</i>` }];
  const hub = await startHub(regions);
  const first = await watch(hub);
  const { id } = await nextChange(first);
  assert.equal(id, `${versionOf(html`same`)}.${versionOf(html`<i>1</i>`)}`);
  first.stop();
  value = 2;
  const second = await watch(hub, '/page', id ?? '');
  assert.equal((await nextChange(second)).data, '<hx-partial id="b"><i>2</i></hx-partial>');
});

test('text of several lines arrives as it was, and a beat tells the server time', async () => {
  const hub = await startHub(() => [{ id: 'a', topics: [], render: async () => html`<pre>one\ntwo\r\n\nthree</pre>` }]);
  const stream = await watch(hub);
  const beat = await stream.next();
  assert.equal(beat?.event, 'beat');
  assert.ok(Math.abs(Number(beat?.data) - Date.now()) < 5000);
  assert.equal((await nextChange(stream)).data, '<hx-partial id="a"><pre>one\ntwo\n\nthree</pre></hx-partial>');
});

test('a region that fails is logged and tried again, and does not stop the others', async () => {
  let broken = true;
  const hub = await startHub(() => [
    { id: 'a', topics: ['t'], render: () => (broken ? Promise.reject(new Error('no')) : Promise.resolve(html`mended`)) },
    { id: 'b', topics: ['t'], render: async () => html`fine` },
  ]);
  const stream = await watch(hub);
  assert.equal((await nextChange(stream)).data, '<hx-partial id="b">fine</hx-partial>');
  assert.equal(hub.errors.length, 1);
  broken = false;
  hub.announce('t');
  assert.equal((await nextChange(stream)).data, '<hx-partial id="a">mended</hx-partial>');
});

test('a reader that stalls costs one message at most, and then gets the latest state', async () => {
  const padding = 'x'.repeat(400_000);
  let value = 0;
  const hub = await startHub((path) => [{ id: 'a', topics: ['t'], render: async () => html`${path === '/stalled' ? padding : ''}<b>${value}</b>` }], { tickMs: 1 });
  const socket: Socket = connect(hub.port, '127.0.0.1');
  cleanups.push(() => socket.destroy());
  socket.write('GET /stalled HTTP/1.1\r\nhost: x\r\n\r\n');
  socket.pause();
  await once(socket, 'connect');
  const fast = await watch(hub, '/fast');
  await nextChange(fast);
  const stalled = hub.responses[0];
  assert.ok(stalled !== undefined);
  for (value = 1; value <= 60; value += 1) {
    hub.announce('t');
    assert.match((await nextChange(fast)).data, new RegExp(`<b>${value}</b>`));
    assert.ok(stalled.writableLength < 2 * padding.length, `${stalled.writableLength} bytes wait after ${value} updates`);
  }
  value = 60;
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  socket.resume();
  while (!text.includes('<b>60</b>')) await once(socket, 'data');
  assert.ok(text.length < 60 * padding.length, 'what came in between was skipped');
});

test('a reader that takes nothing for long is dropped', async () => {
  const padding = 'x'.repeat(3_000_000);
  let value = 0;
  const hub = await startHub(() => [{ id: 'a', topics: ['t'], render: async () => html`${padding}${value}` }], { tickMs: 1, beatMs: 20, stallMs: 1000 });
  const socket = connect(hub.port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  cleanups.push(() => socket.destroy());
  socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  socket.pause();
  await once(socket, 'connect');
  while (!hub.responses[0]?.writableNeedDrain) {
    value += 1;
    hub.announce('t');
    await new Promise((resolve) => setImmediate(resolve));
  }
  const stalled = hub.responses[0];
  const closed = once(stalled, 'close');
  hub.advance(60_000);
  await closed;
  assert.ok(stalled.destroyed);
});

test('pages of different addresses keep only so many regions', async () => {
  const hub = await startHub(() => [{ id: 'a', topics: [], render: async () => html`x` }, { id: 'b', topics: [], render: async () => html`y` }], { mostRegions: 5 });
  const statuses: number[] = [];
  for (const path of ['/one', '/two', '/three']) statuses.push((await watch(hub, path)).status);
  assert.deepEqual(statuses, [200, 200, 503]);
});

test('there are only so many streams, and all of them end with the server', async () => {
  const hub = await startHub(() => [{ id: 'a', topics: [], render: async () => html`x` }], { mostViewers: 2 });
  const streams = await Promise.all([watch(hub), watch(hub, '/other')]);
  const third = await watch(hub);
  assert.equal(third.status, 503);
  for (const stream of streams) await nextChange(stream);
  hub.live.close();
  for (const stream of streams) assert.equal(await stream.next(), null);
});

test('nothing is rendered for pages that nobody watches any more', async () => {
  let renders = 0;
  const hub = await startHub(() => [{ id: 'a', topics: ['t'], render: async () => html`${(renders += 1)}` }]);
  const stream = await watch(hub);
  await nextChange(stream);
  const response = hub.responses[0];
  assert.ok(response !== undefined);
  const closed = once(response, 'close');
  stream.stop();
  await closed;
  hub.announce('t');
  const other = await watch(hub, '/other');
  await nextChange(other);
  assert.equal(renders, 2, 'one for each page while it was open');
});
