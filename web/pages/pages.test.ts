import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';
import { paths } from '#web/paths.ts';

const HOSTILE = `<script>alert(1)</script>" onload="alert(2)' onclick='alert(3)<img src=x onerror=alert(4)>`;
const FIRST_VIEW_BYTES = 60 * 1024;

let server: TestServer;
let emptyPages: Map<string, Answer>;
let worker: { workerId: string; token: string };
const tasks: { id: string; family_id: string; brief_id: string; state: string }[] = [];

type Answer = { status: number; text: string; headers: Headers };

async function get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(`${server.url}${path}`, { headers, redirect: 'manual' });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

/** Sends a form as a browser without scripts does. */
async function submit(path: string, fields: Record<string, string> = {}, headers: Record<string, string> = {}): Promise<Answer> {
  const answer = await fetch(`${server.url}${path}`, { method: 'POST', body: new URLSearchParams(fields), headers: { origin: server.url, ...headers }, redirect: 'manual' });
  return { status: answer.status, text: await answer.text(), headers: answer.headers };
}

const LISTS = [paths.overview(), paths.tasks(), paths.workers(), paths.credits(), paths.experiments(), paths.settings(), paths.experiment('char-lm')];

before(async () => {
  server = await startTestServer();
  emptyPages = new Map();
  for (const path of LISTS) emptyPages.set(path, await get(path));
  await fill();
});
after(() => server.stop());

/** A campaign with every kind of task, run by a worker whose every text is hostile. */
async function fill(): Promise<void> {
  const hardware = { cpu_model: HOSTILE, cpu_cores: 4, ram_gb: 16, gpus: [{ model: HOSTILE, vram_gb: 8 }], platform: HOSTILE, arch: HOSTILE };
  const registered = await server.call('POST', '/api/v1/workers', { name: HOSTILE.slice(0, 100), hardware, runtimes: { node: '26.10.0' }, slots: 2 }, server.enrolmentToken);
  worker = { workerId: registered.body.worker_id, token: registered.body.token };
  const brief = await server.call('POST', '/api/v1/briefs', smallBrief({ title: HOSTILE, goal: HOSTILE, num_tasks: 70 }));
  assert.equal(brief.status, 201, JSON.stringify(brief.body));
  await server.call('POST', '/api/v1/briefs', smallBrief({ title: 'Needs what nobody has', num_tasks: 2, requires: { gpu_vram_gb: 80 } }));
  for (let round = 0; round < 6; round += 1) await work(round === 5 ? 'keep' : round % 2 === 0 ? 'complete' : 'fail');
  for (const state of ['pending', 'running', 'completed']) {
    const { body } = await server.call('GET', `/api/v1/tasks?state=${state}&limit=3`);
    tasks.push(...body.items);
  }
}

async function work(end: 'complete' | 'fail' | 'keep'): Promise<void> {
  const { body } = await server.call('POST', '/api/v1/claims', { slots: 1, wait_seconds: 0 }, worker.token);
  const [task] = body.tasks;
  const lease = { attempt: task.attempt, lease_token: task.lease_token };
  const points = Array.from({ length: 12 }, (_, step) => ({ step, name: 'loss', value: 3 - step / 10, at_seconds: step / 10 }));
  await server.call('POST', `/api/v1/tasks/${task.task_id}/metrics`, { ...lease, points }, worker.token);
  await server.call('POST', `/api/v1/tasks/${task.task_id}/log`, { ...lease, text: `\u001b[31mred\u001b[0m ${HOSTILE}\n`.repeat(300) }, worker.token);
  if (end === 'keep') return;
  const result = end === 'complete' ? { outcome: 'completed', metrics: { loss: 1 + task.seed / 100, note: HOSTILE, steps_completed: 240 } } : { outcome: 'failed', error: { kind: 'crashed', message: HOSTILE } };
  const answer = await server.call('POST', `/api/v1/tasks/${task.task_id}/result`, { ...lease, ...result }, worker.token);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
}

function taskIn(state: string): string {
  return tasks.find((task) => task.state === state)?.id ?? assert.fail(`there is a task that is ${state}`);
}

function allPages(): string[] {
  const one = tasks[0] ?? assert.fail('there are tasks');
  return [
    ...LISTS,
    paths.tasks({ state: 'running' }),
    paths.tasks({ family: one.family_id, sort: 'value' }),
    paths.tasks({ worker: worker.workerId, state: 'completed' }),
    paths.tasks({ sort: 'finished' }),
    ...['pending', 'running', 'completed'].flatMap((state) => [paths.task(taskIn(state)), paths.taskLog(taskIn(state), { q: 'red' })]),
    paths.worker(worker.workerId),
    paths.workerAction(worker.workerId, 'remove'),
    paths.credits({ before: 'zzzz' }),
  ];
}

test('an empty server shows every page, and each says what to do next', () => {
  for (const [path, { status, text }] of emptyPages) {
    assert.equal(status, 200, path);
    assert.match(text, /<h1>/);
  }
  assert.match(emptyPages.get('/')?.text ?? '', /No campaign is running.*Write a brief/s);
  assert.match(emptyPages.get('/tasks')?.text ?? '', /There are no tasks yet/);
  assert.match(emptyPages.get('/workers')?.text ?? '', /npx xeenet worker --server http:\/\/127\.0\.0\.1:\d+ --token xn_enrolment_/);
});

test('every page answers with headers that let nothing foreign run, and holds no inline script, style or handler', async () => {
  for (const path of [...allPages(), '/no-such-page']) {
    const { status, text, headers } = await get(path);
    assert.equal(status, path === '/no-such-page' ? 404 : 200, path);
    const policy = headers.get('content-security-policy') ?? '';
    const nonce = /script-src 'nonce-([\w-]{20,})'/.exec(policy)?.[1] ?? assert.fail(path);
    assert.doesNotMatch(policy, /unsafe/);
    assert.match(policy, /frame-ancestors 'none'/);
    assert.match(policy, /require-trusted-types-for 'script'/);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    for (const [tag] of text.matchAll(/<[a-z][^>]*>/gi)) {
      const bare = tag.replaceAll(/"[^"]*"/g, '""');
      assert.doesNotMatch(bare, /\s(on[a-z]+|style)\s*=/i, `${path}: ${tag}`);
      if (tag.startsWith('<script')) assert.ok(tag.includes(`nonce="${nonce}"`) && tag.includes('src="/assets/'), tag);
    }
    assert.doesNotMatch(text, /<script>alert|<img /, path);
    assert.doesNotMatch(text.replaceAll(/<pre.*?<\/pre>|nonce="[^"]*"|Last-Event-ID[^"]*"/gs, ''), /undefined|\[object|NaN/, path);
    const ids = [...text.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    assert.equal(new Set(ids).size, ids.length, `${path} has each id once`);
  }
});

test('hostile text of workers, briefs, results, errors and logs is shown as it is', async () => {
  const completed = await get(paths.task(taskIn('completed')));
  assert.match(completed.text, /&lt;script&gt;alert\(1\)&lt;\/script&gt;/);
  assert.match(completed.text, /synthetic/);
  const pages = await Promise.all([get(paths.worker(worker.workerId)), get(paths.credits())]);
  for (const { text } of pages) assert.match(text, /&lt;script&gt;/);
  const log = await get(paths.taskLogText(taskIn('completed'), { attempt: 1 }));
  assert.equal(log.headers.get('content-type'), 'text/plain; charset=utf-8');
  assert.match(log.headers.get('content-security-policy') ?? '', /sandbox/);
  assert.equal(log.text.length, `\u001b[31mred\u001b[0m ${HOSTILE}\n`.length * 300);
});

test('a first view with all styles and scripts stays under 60 KB compressed', async () => {
  for (const path of allPages()) {
    const { text } = await get(path);
    let bytes = brotliCompressSync(text).byteLength;
    for (const [, asset = ''] of text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)) {
      const answer = await fetch(`${server.url}${asset}`, { headers: { 'accept-encoding': 'br' } });
      assert.equal(answer.status, 200, asset);
      assert.match(answer.headers.get('cache-control') ?? '', /immutable/);
      bytes += Number(answer.headers.get('content-length'));
    }
    assert.ok(bytes < FIRST_VIEW_BYTES, `${path}: ${bytes} bytes`);
  }
});

test('a pending task says why it waits', async () => {
  const family = tasks.find((task) => task.state === 'completed')?.family_id;
  const queued = tasks.find((task) => task.state === 'pending' && task.family_id === family) ?? (await server.call('GET', `/api/v1/tasks?state=pending&family_id=${family}&limit=1`)).body.items[0];
  assert.match((await get(paths.task(queued.id))).text, /come first; 1 online worker fits, with 2 slots/);
  const impossible = (await server.call('GET', '/api/v1/tasks?state=pending&limit=1')).body.items[0];
  assert.match((await get(paths.task(impossible.id))).text, /No worker fits.*needs a GPU with 80 GB, has 8 GB/s);
  await server.call('POST', `/api/v1/briefs/${impossible.brief_id}/pause`);
  assert.match((await get(paths.task(impossible.id))).text, /is paused/);
});

test('tasks are paged by key: every one of them once, in order', async () => {
  const family = tasks.find((task) => task.state === 'completed')?.family_id ?? '';
  const seen: string[] = [];
  for (let path: string | null = paths.tasks({ family }); path !== null; ) {
    const { text }: Answer = await get(path);
    seen.push(...[...text.matchAll(/<tr id="row-([^"]+)"/g)].map((match) => match[1] ?? ''));
    path = /<a href="([^"]+)" rel="next"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? null;
  }
  assert.deepEqual(seen, Array.from({ length: 70 }, (_, index) => `${family}-${70 - index}`));
  const byValue = await get(paths.tasks({ family, sort: 'value' }));
  const values = [...byValue.text.matchAll(/<data value="([^"]+)"/g)].map((match) => Number(match[1]));
  assert.ok(values.length >= 3);
  assert.deepEqual(values, values.toSorted((left, right) => left - right));
});

test('what an address asks wrongly is refused with a sentence', async () => {
  for (const path of ['/tasks?state=bogus', '/tasks?cursor=zz', '/tasks?family=a/b', '/credits?before=%3Cb%3E', '/workers?before=%00']) {
    const { status, text } = await get(path);
    assert.equal(status, 422, path);
    assert.match(text, /does not exist|not there/);
  }
  for (const path of ['/tasks/none', '/workers/none', '/experiments/none', '/tasks/none/log', '/workers/none/remove']) assert.equal((await get(path)).status, 404, path);
});

test('a package is withdrawn and approved again on its experiment’s page, and what waits for it says so', async () => {
  const { body } = await server.call('GET', '/api/v1/experiments');
  const { package_sha256: sha256 } = body.items.find((one: { name: string }) => one.name === 'quadratic');
  assert.match((await get(paths.experiment('quadratic'))).text, /Workers may run it/);
  const withdrawn = await submit(paths.packageAction(sha256, 'withdraw'));
  assert.deepEqual([withdrawn.status, withdrawn.headers.get('location')], [303, paths.experiment('quadratic')]);
  assert.match((await get(paths.experiment('quadratic'))).text, /Withdrawn<\/strong>.*Approve it again/s);
  const familyId = tasks.find((task) => task.state === 'completed')?.family_id;
  const [waiting] = (await server.call('GET', `/api/v1/tasks?family_id=${familyId}&state=pending&limit=1`)).body.items;
  assert.match((await get(paths.task(waiting.id))).text, /was withdrawn/);
  const refused = await server.call('POST', '/api/v1/briefs', smallBrief());
  assert.deepEqual([refused.status, refused.body.code], [409, 'package_withdrawn']);
  assert.equal((await server.call('GET', `/api/v1/packages/${sha256}`, undefined, worker.token)).status, 409);
  assert.ok(!(await server.call('GET', '/api/v1/packages', undefined, worker.token)).body.items.some((one: { sha256: string }) => one.sha256 === sha256));
  assert.equal((await server.call('POST', `/api/v1/packages/${sha256}/approve`, undefined, worker.token)).status, 403);
  assert.equal((await submit(paths.packageAction(sha256, 'approve'))).status, 303);
  assert.equal((await server.call('GET', `/api/v1/packages/${sha256}`, undefined, worker.token)).status, 200);
  assert.equal((await submit(paths.packageAction('f'.repeat(64), 'withdraw'))).status, 404);
});

test('without scripts a worker is drained, resumed and removed by forms, each answered with 303', async () => {
  const spare = await server.enrol();
  const drained = await submit(paths.workerAction(spare.workerId, 'drain'), { back: 'page' });
  assert.deepEqual([drained.status, drained.headers.get('location')], [303, paths.worker(spare.workerId)]);
  assert.match((await get(paths.worker(spare.workerId))).text, /badge draining/);
  assert.deepEqual([(await submit(paths.workerAction(spare.workerId, 'resume'), { back: 'list' })).headers.get('location')], [paths.workers()]);
  assert.match((await get(paths.workerAction(spare.workerId, 'remove'))).text, /It runs no task now/);
  assert.equal((await submit(paths.workerAction(spare.workerId, 'remove'))).status, 303);
  assert.match((await get(paths.worker(spare.workerId))).text, /badge removed.*was removed/s);
  assert.equal((await submit(paths.workerAction(spare.workerId, 'drain'))).status, 404);
  assert.equal((await submit(paths.workerAction(worker.workerId, 'drain'), {}, { origin: 'https://example.org' })).status, 403);
});

test('workers are found by name and state, and their history has a length', async () => {
  const rows = async (query: Record<string, string>): Promise<number> => [...(await get(paths.workers(query))).text.matchAll(/<tr id="worker-/g)].length;
  assert.ok((await rows({})) >= 1);
  assert.equal(await rows({ q: 'no machine has this name' }), 0);
  assert.equal(await rows({ q: worker.workerId, state: 'busy' }), 1);
  assert.equal(await rows({ state: 'offline' }), 0);
  assert.match((await get(paths.worker(worker.workerId))).text, /aria-current="true">1 h<.*Reliability/s);
  assert.match((await get(paths.worker(worker.workerId, { hours: 24 }))).text, /aria-current="true">24 h<.*−24 h/s);
  for (const path of [paths.worker(worker.workerId, { hours: 5 }), paths.workers({ state: 'sleepy' })]) assert.equal((await get(path)).status, 422, path);
});

test('the page for removing a worker counts what goes back to the queue', async () => {
  assert.match((await get(paths.workerAction(worker.workerId, 'remove'))).text, /1 task that it runs goes back to the queue at once/);
});

test('the theme is kept in a cookie, and an address can force another', async () => {
  const saved = await submit(paths.settingsTheme(), { theme: 'dark' });
  assert.equal(saved.status, 303);
  const cookie = saved.headers.get('set-cookie')?.split(';')[0] ?? '';
  assert.match((await get('/settings', { cookie })).text, /data-theme="dark".*value="dark" checked/s);
  assert.match((await get('/settings?theme=light', { cookie })).text, /data-theme="light".*value="dark" checked/s);
  assert.doesNotMatch((await get('/')).text, /data-theme/);
  assert.equal((await submit(paths.settingsTheme(), { theme: 'pink' })).status, 422);
});

test('the live address streams to who asks for it, and else answers with the regions that changed', async () => {
  const page = await get('/workers');
  const versions = /Last-Event-ID&quot;:&quot;([^&]+)&quot;/.exec(page.text)?.[1] ?? '';
  const same = await get(paths.live('/workers'), { accept: 'text/html', 'last-event-id': versions });
  assert.equal(same.status, 204);
  assert.equal(same.headers.get('x-versions'), versions);
  const all = await get(paths.live('/workers'), { accept: 'text/html' });
  assert.match(all.text, /^<hx-partial id="summary">.*<hx-partial id="workers">/s);
  assert.doesNotMatch(all.text, / hx-|nonce/, 'what is shared holds nothing of one viewer');
  assert.equal((await get(paths.live('/tasks/none'), { accept: 'text/event-stream' })).status, 404);
});

test('an entry says what it was for, also once its brief is deleted', async () => {
  const { body } = await server.call('GET', '/api/v1/ledger/entries?limit=1');
  const [entry] = body.items;
  const before = await get(paths.creditEntry(entry.id));
  assert.ok(before.text.includes(paths.brief(entry.brief_id)));
  assert.match(before.text, /That is the amount of this entry/);
  assert.equal((await server.call('DELETE', `/api/v1/briefs/${entry.brief_id}`)).status, 202);
  const after = await get(paths.creditEntry(entry.id));
  assert.equal(after.status, 200);
  assert.ok(after.text.includes(`<code>${entry.brief_id}</code>, which was deleted with its tasks since`));
});
