import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { submitShort } from '#test/exhausted-brief.ts';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';

let server: TestServer;

before(async () => {
  server = await startTestServer();
});
after(() => server.stop());

const overview = async (): Promise<string> => (await server.call('GET', '/', undefined, null)).body;

test('an empty server says what comes next', async () => {
  const empty = await startTestServer();
  try {
    const { body } = await empty.call('GET', '/', undefined, null);
    assert.match(body, /No campaign is running.*Nothing: no running campaign is stuck.*No worker was here in the last hour/s);
  } finally {
    await empty.stop();
  }
});

test('the first page tells what is going on, and what needs a person', async () => {
  await server.call('POST', '/api/v1/briefs', smallBrief({ title: 'كثير 🧪 '.repeat(12), requires: { gpu_vram_gb: 80 } }));
  const brief = (await server.call('POST', '/api/v1/briefs', smallBrief({ title: 'It fails', num_tasks: 5 }))).body;

  const worker = await server.enrol();
  await server.call('POST', '/api/v1/heartbeats', { load: { cpu_percent: 50, ram_used_gb: 4, gpu_percent: null }, leases: [] }, worker.token);
  for (const value of [1.5, null, null, null, null]) {
    const [task] = (await server.call('POST', '/api/v1/claims', {}, worker.token)).body.tasks;
    const result = value === null ? { outcome: 'failed', error: { kind: 'exit_code', message: 'It ended with status 1.' } } : { outcome: 'completed', metrics: { loss: value } };
    await server.call('POST', `/api/v1/tasks/${task.task_id}/result`, { attempt: task.attempt, lease_token: task.lease_token, ...result }, worker.token);
  }
  await server.call('POST', '/api/v1/claims', {}, worker.token);
  const page = await overview();
  assert.match(page, /badge stuck.*needs a GPU with 80 GB, has none/s);
  assert.match(page, /badge failed.*>It fails<\/a>.*1 task<\/a> failed, 1 completed\. Most often.*exit_code.*See and requeue/s);
  assert.match(page, /2 running</, 'briefs are counted by state');
  for (const part of [`href="/tasks/${brief.family_id}-1" tabindex`, 'class="failed" x=', 'class="running" x=']) assert.ok(page.includes(part), part);
  assert.match(page, /1 completed, 4 failed, 1 running/);
  assert.match(page, /Tasks finished per minute in the last hour: 1 completed, 1 failed/);

  const { body } = await server.call('GET', '/api/v1/stats');
  const accounts: { kind: string; balance_microcredits: number }[] = (await server.call('GET', '/api/v1/ledger/accounts')).body.items;
  const earned = accounts.filter((account) => account.kind === 'worker').reduce((sum, account) => sum + account.balance_microcredits, 0) / 1e6;
  assert.deepEqual([body.brief_states.running, body.brief_states.failed, body.last_hour], [2, 0, { completed: 1, failed: 1, credits_earned: earned }]);
  assert.ok(earned > 0 && body.credits_in_circulation === 1_000_000);
});

test('what a brief lacks for its open tasks is told, but not while its budget has it', async () => {
  for (const brief of (await server.call('GET', '/api/v1/briefs?state=running')).body.items) await server.call('POST', `/api/v1/briefs/${brief.id}/pause`);
  const rich = await submitShort(server, { title: 'Has enough', budget_credits: 1 });
  await server.call('POST', `/api/v1/briefs/${rich.id}/pause`);
  const brief = await submitShort(server, { title: 'Nearly paid' });
  const page = await overview();
  assert.match(page, new RegExp(`id="budget-${brief.id}".*Nearly paid</a><p>0\\.00165\\d* credits are missing for all of its 2 open tasks`, 's'));
  assert.ok(!page.includes(`budget-${rich.id}`));
});
