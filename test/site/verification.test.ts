// What people see of verification: on the page of a task, of a worker, and on the API.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { parseHTML } from 'linkedom';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';

describe('a result that machines of other owners contradict', () => {
  let server: TestServer;
  const workers: { workerId: string; token: string }[] = [];
  let taskId: string;
  before(async () => {
    server = await startTestServer();
    for (const name of ['Ana', 'Ben', 'Cem']) {
      const { body: account } = await server.call('POST', '/api/v1/accounts', { name });
      const machine = { name: `of ${name}`, hardware: { cpu_model: 'test', cpu_cores: 4, ram_gb: 16, platform: 'linux', arch: 'x64' }, runtimes: { node: '26.10.0' }, slots: 1 };
      const { body } = await server.call('POST', '/api/v1/workers', machine, account.enrolment_token);
      workers.push({ workerId: body.worker_id, token: body.token });
    }
    await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 1, verification: true }));
    for (const [index, loss] of [1, 2, 2.001].entries()) {
      const token = workers[index]?.token ?? '';
      const { body } = await server.call('POST', '/api/v1/claims', { slots: 1 }, token);
      const [task] = body.tasks;
      taskId = task.task_id;
      const { status } = await server.call('POST', `/api/v1/tasks/${taskId}/result`, { attempt: task.attempt, lease_token: task.lease_token, outcome: 'completed', metrics: { loss } }, token);
      assert.equal(status, 200);
    }
  });
  after(() => server.stop());

  const said = async (address: string): Promise<string> => {
    const { status, body } = await server.call('GET', address, undefined, null);
    assert.equal(status, 200, address);
    return (parseHTML(body).document.querySelector('main')?.textContent ?? '').replaceAll(/\s+/g, ' ');
  };

  test('shows on its task who audited it, with which values and what came of it', async () => {
    const page = await said(`/tasks/${taskId}`);
    assert.match(page, /Verification.*disagreed\s*of Ana 1\.000\s*of Ben 2\.000.*disagreed\s*of Ana 1\.000\s*of Cem 2\.001/);
    assert.match(page, /Attempt 1 was refuted: Other machines ran the same task and agree on another value\./);
    await said(`/tasks/${taskId}?attempt=3`);
    const { body } = await server.call('GET', `/api/v1/tasks/${taskId}`);
    assert.deepEqual(body.attempts.map((one: { purpose: string; verification: string; metrics: { loss: number } }) => [one.purpose, one.verification, one.metrics.loss]), [['run', 'refuted', 1], ['audit', 'verified', 2], ['audit', 'verified', 2.001]]);
  });

  test('shows on its brief how many of the results are verified', async () => {
    const { body } = await server.call('GET', '/api/v1/briefs');
    assert.match(await said(`/briefs/${body.items[0].id}`), /Verified: 0 of 0 results\./);
  });

  test('shows on its worker that it is quarantined, and why', async () => {
    const page = await said(`/workers/${workers[0]?.workerId}`);
    assert.match(page, /Trust: quarantined.*Quarantined\. Task #1 of .*: it reported 1\./);
    assert.match(page, /quadratic: 1 result of its own was refuted: other machines that ran the same task agreed on another value\./);
  });
});
