import assert from 'node:assert/strict';
import { smallBrief, type TestServer } from '#test/running-server.ts';

/** A budget for two short runs and nothing more. */
const BUDGET_SECONDS = 0.1;
const BUDGET_CREDITS = 0.00334;

/**
 * Submits a brief whose script fails after all of its time as long as the budget pays for it, so that the brief is
 * exhausted with its tasks still open. No other brief may have a task that waits.
 */
export async function submitExhausted(server: TestServer, changes: Record<string, unknown> = {}): Promise<{ id: string; family_id: string }> {
  const brief = await submitFailing(server, changes, 2);
  const { state } = (await server.call('GET', `/api/v1/briefs/${brief.id}`)).body;
  assert.equal(state, 'exhausted');
  return brief;
}

/** Submits the same brief, of which one attempt has failed: what is left pays for one task of two. */
export function submitShort(server: TestServer, changes: Record<string, unknown> = {}): Promise<{ id: string; family_id: string }> {
  return submitFailing(server, changes, 1);
}

async function submitFailing(server: TestServer, changes: Record<string, unknown>, runs: number): Promise<{ id: string; family_id: string }> {
  const must = async (path: string, body: unknown, token?: string) => {
    const answer = await server.call('POST', path, body, token);
    assert.ok(answer.status < 400, `${path}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  const brief = await must('/api/v1/briefs', smallBrief({ title: 'Runs out', num_tasks: 2, time_budget_seconds: BUDGET_SECONDS, budget_credits: BUDGET_CREDITS, ...changes }));
  const worker = await must('/api/v1/workers', { name: 'fails in the end', hardware: { cpu_cores: 4, ram_gb: 16 }, runtimes: { node: '26.0.0' } });
  for (let run = 0; run < runs; run += 1) {
    const [task] = (await must('/api/v1/claims', { slots: 1, wait_seconds: 0 }, worker.token)).tasks;
    assert.ok(task?.task_id.startsWith(brief.family_id), `nobody else’s task comes first: ${JSON.stringify(task)}`);
    const lease = { attempt: task.attempt, lease_token: task.lease_token };
    // Its time is told by the server's clock: it says something until that is over.
    for (const from = server.engine.now(); server.engine.now() - from <= BUDGET_SECONDS * 1000; ) await must(`/api/v1/tasks/${task.task_id}/log`, { ...lease, text: 'still at it\n' }, worker.token);
    await must(`/api/v1/tasks/${task.task_id}/result`, { ...lease, outcome: 'failed', error: { kind: 'exit_code', message: 'It ended with status 1.' } }, worker.token);
  }
  await server.call('DELETE', `/api/v1/workers/${worker.worker_id}`);
  return brief;
}
