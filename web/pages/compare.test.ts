import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';
import { paths } from '#web/paths.ts';

const HOSTILE = '"><script>alert(1)</script>';

let server: TestServer;
let familyId: string;
let otherFamilyId: string;

before(async () => {
  server = await startTestServer();
  const worker = await server.enrol({ cpu_model: HOSTILE });
  const brief = async (changes: Record<string, unknown>): Promise<string> => (await server.call('POST', '/api/v1/briefs', smallBrief(changes))).body.family_id;
  familyId = await brief({ title: HOSTILE, num_tasks: 6, replicates: 2 });
  for (let round = 0; round < ATTEMPTS; round += 1) await finish(worker.token);
  otherFamilyId = await brief({ num_tasks: 1, time_budget_seconds: 9 });
});
after(() => server.stop());

/** What the tasks of the family came to, by number; a failure for null. */
const VALUES = [1, 1.1, 2, 2.1, null, null];
/** One for each value, and for each failure all four that it gets. */
const ATTEMPTS = 4 + 2 * 4;

async function finish(token: string): Promise<void> {
  const [task] = (await server.call('POST', '/api/v1/claims', {}, token)).body.tasks;
  const value = VALUES[Number(task.task_id.split('-').at(-1)) - 1] ?? null;
  const lease = { attempt: task.attempt, lease_token: task.lease_token };
  const points = [1, 2, 3, 4].map((step) => ({ step, name: 'loss', value: (value ?? 3) + 1 / step, at_seconds: step }));
  await server.call('POST', `/api/v1/tasks/${task.task_id}/metrics`, { ...lease, points }, token);
  const result = value === null ? { outcome: 'failed', error: { kind: 'crashed', message: HOSTILE } } : { outcome: 'completed', metrics: { loss: value, device: 'cpu', note: HOSTILE } };
  assert.equal((await server.call('POST', `/api/v1/tasks/${task.task_id}/result`, { ...lease, ...result }, token)).status, 200);
}

const task = (number: number): string => `${familyId}-${number}`;

async function compare(query: Parameters<typeof paths.compare>[0]): Promise<string> {
  const { status, body } = await server.call('GET', paths.compare(query), undefined, null);
  assert.equal(status, 200, JSON.stringify(query));
  assert.doesNotMatch(body, /<script>alert/);
  return body;
}

test('seeds of a configuration are one column, and the difference is said with its noise', async () => {
  const page = await compare({ tasks: [1, 2, 3, 4].map(task).join(',') });
  assert.match(page, /<strong>A<\/strong> is the best with loss <span class="big"><data[^>]*>1\.050<\/data><\/span>[^;]*sd of 2 runs\), ahead of every other by more than the noise/);
  assert.equal([...page.matchAll(/<th scope="col">/g)].length, 2);
  assert.match(page, /\+1\.000<\/data><small>noise up to 0\.3042</, 'Fisher: t(0.975, 2) · 0.0707 · √(1/2 + 1/2)');
  assert.match(page, new RegExp(`aria-label="A: [^"]*, #1: loss 1\\.250 at 4\\.000 s"`));
});

test('equal rows are hidden until they are asked for', async () => {
  const tasks = `${task(1)},${task(3)}`;
  assert.doesNotMatch(await compare({ tasks }), /<th scope="row" title="Training time">/);
  assert.match(await compare({ tasks, equal: 'show' }), /<th scope="row" title="Training time">/);
});

test('unlike runs are not ranked against each other, and the page says why', async () => {
  const page = await compare({ tasks: `${task(1)},${otherFamilyId}-1` });
  assert.match(page, /Not all of these are ranked against each other/);
  assert.match(page, /B: no value yet/);
  assert.match(page, /loss \(lower is better\) after 9 s/);
});

test('a task is taken out and added by address', async () => {
  const page = await compare({ tasks: `${task(1)},${task(3)}` });
  assert.ok(page.includes(`href="${paths.compare({ tasks: task(3) })}"`));
  assert.match(await compare({ tasks: task(1), add: ` ${task(2)} ` }), /Compare 2 tasks/);
  assert.match(await compare({ tasks: task(1), seeds: 'all' }), /Compare 2 tasks/);
  assert.match(await compare({ family: familyId, best: 3 }), /Compare 3 tasks/);
});

test('ids that nobody has are named, and never fatal', async () => {
  const page = await compare({ tasks: `${task(1)},nobody,${HOSTILE},,${task(1)}` });
  assert.match(page, /There are no tasks with these ids: <code>nobody<\/code> <code>&quot;&gt;&lt;script/);
  assert.match(page, /Compare 1 task</);
  for (const query of [{}, { tasks: ',,,' }, { family: 'nobody' }]) assert.match(await compare(query), /Choose tasks/);
});

test('of more than twenty tasks the first twenty are compared, and the page says so', async () => {
  const tasks = [...Array.from({ length: 6 }, (_, index) => task(index + 1)), ...Array.from({ length: 25 }, (_, index) => `nobody${index}`)].join(',');
  const page = await compare({ tasks });
  assert.match(page, /31 tasks were asked for; the first 20 are compared/);
  assert.match(page, /Compare 6 tasks/);
});

test('what is asked wrongly is refused in words', async () => {
  for (const query of [{ equal: 'perhaps' }, { best: 0, family: familyId }, { tasks: 'x'.repeat(9000) }]) {
    assert.equal((await server.call('GET', paths.compare(query), undefined, null)).status, 422, JSON.stringify(query).slice(0, 60));
  }
});

test('values and curves leave as CSV', async () => {
  const tasks = [1, 3, 5].map(task).join(',');
  const values = (await server.call('GET', paths.compareExport({ tasks }), undefined, null)).body.trim().split('\r\n');
  assert.match(values[0], /^column,task_id,.*,difference,noise_margin,config\./);
  assert.deepEqual(values.slice(1).map((line: string) => line.split(',').slice(0, 2)), [['A', task(1)], ['B', task(3)], ['C', task(5)]]);
  const curves = (await server.call('GET', paths.compareExport({ tasks, what: 'curves' }), undefined, null)).body.trim().split('\r\n');
  assert.equal(curves.length, 1 + 3 * 4);
  assert.equal(curves[1], `${task(1)},1,1,loss,1,1,2`);
});

test('the explorer of a family is asked by its address, and refuses what the family has not', async () => {
  const page = async (query: Parameters<typeof paths.family>[1]) => server.call('GET', paths.family(familyId, query), undefined, null);
  const usual = (await page({})).body;
  assert.match(usual, /<option value="kind" selected>kind<\/option>/);
  assert.match(usual, /id="groups-1"/);
  const curves = (await page({ group: 'x', split: 'kind', spread: 'ci', show: 'curves' })).body;
  assert.match(curves, /id="group-curves-1"/);
  assert.match(curves, /<option value="ci" selected>/);
  for (const query of [{ group: 'nothing' }, { split: HOSTILE }, { spread: 'wide' }, { centre: 'mode' }]) {
    const { status, body } = await page(query);
    assert.equal(status, 422);
    assert.doesNotMatch(body, /<script>alert/);
  }
});

test('a baseline is set by value or by task, removed by nothing, and refused at its field', async () => {
  const send = (baseline: string) => fetch(`${server.url}${paths.familyBaseline(familyId)}`, { method: 'POST', body: new URLSearchParams({ baseline }), headers: { origin: server.url }, redirect: 'manual' });
  const baseline = async (): Promise<unknown> => (await server.call('GET', `/api/v1/families/${familyId}`)).body.baseline;
  for (const [typed, value] of [['1.5', 1.5], [' #3 ', 2], ['-1e-12', -1e-12], ['', null], ['1.5', 1.5]] as const) {
    assert.equal((await send(typed)).status, 303, typed);
    assert.equal(await baseline(), value);
  }
  for (const [typed, said] of [['much', 'must be a number'], ['#99', 'does not have'], ['#5', 'has no value'], ['1e400', 'must lie between'], [HOSTILE, 'must be a number']] as const) {
    const answer = await send(typed);
    const page = await answer.text();
    assert.equal(answer.status, 422, typed);
    assert.match(page, new RegExp(`<small id="baseline-wrong" class="wrong">[^<]*${said}`));
    assert.doesNotMatch(page, /<script>alert/);
    assert.equal(await baseline(), 1.5, 'nothing changed');
  }
  const page = (await server.call('GET', paths.family(familyId), undefined, null)).body;
  assert.match(page, /class="baseline"/);
  assert.match(page, />Δ baseline</);
});
