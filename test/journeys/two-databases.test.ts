import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { postgresForSuite } from '#test/conformance/databases.ts';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';

/** Everything in a page that differs from run to run: ids, times, secrets, file hashes. */
function evened(page: string): string {
  return page
    // What is spent is drawn along the time that it took, and the text of a checkpoint is a signature.
    .replaceAll(/<figure class="picture" id="spending">.*?<\/figure>/gs, 'SPENDING')
    .replaceAll(/<pre id="checkpoint-note".*?<\/pre>/gs, 'NOTE')
    // The newest checkpoint of the ledger: its moment, its root and the server's own key.
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g, 'MOMENT')
    .replaceAll(/[A-Za-z0-9+/]{43}=/g, 'HASH')
    .replaceAll(/\+[0-9a-f]{8}\+[A-Za-z0-9+/]{44}/g, 'KEY')
    .replaceAll(/[0-9a-hjkmnp-tv-z]{16}/g, 'ID')
    .replaceAll(/\b[0-9a-hjkmnp-tv-z]{7,8}(?=-\d+\b|…|<)/g, 'ID')
    .replaceAll(/<time [^>]*>[^<]*<\/time>/g, 'TIME')
    .replaceAll(/(nonce="|nonce-|data-now="|xn_enrolment_|name="key" value="|Last-Event-ID&quot;:&quot;)[^"'&;]*/g, '$1')
    // Where on the axis of time a bar of a worker stands.
    .replaceAll(/ x="[\d.]+" width="[\d.]+" (?=y="[\d.]+" height="[\d.]+")/g, ' ')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
    .replaceAll(/\b\d+(\.\d+)? (ms|s)\b/g, 'SPAN');
}

describe('the same campaign on SQLite and on PostgreSQL', () => {
  const database = postgresForSuite();
  let servers: TestServer[] = [];
  before(async () => {
    servers = [await startTestServer(), await startTestServer({ database_url: database.place })];
  });
  after(async () => {
    for (const server of servers) await server.stop();
  });

  test('gives the same tasks, summaries and pages', async () => {
    const results = [];
    for (const server of servers) {
      const brief = (await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 12, replicates: 2, strategy: { name: 'random', seed: 7 } }))).body;
      const { token, workerId } = await server.enrol();
      for (let round = 0; round < 9; round += 1) {
        const [task] = (await server.call('POST', '/api/v1/claims', {}, token)).body.tasks;
        const lease = { attempt: task.attempt, lease_token: task.lease_token };
        await server.call('POST', `/api/v1/tasks/${task.task_id}/metrics`, { ...lease, points: [{ step: 1, name: 'loss', value: 3, at_seconds: 1 }] }, token);
        // A fault of the worker's: one of the script's is paid by the time that it took, which is never the same.
        const result = round % 4 === 3 ? { outcome: 'failed', error: { kind: 'spawn', message: 'no' } } : { outcome: 'completed', metrics: { loss: 1 + ((round * 7) % 5) / 3 } };
        await server.call('POST', `/api/v1/tasks/${task.task_id}/result`, { ...lease, ...result }, token);
      }
      const family = (await server.call('GET', `/api/v1/families/${brief.family_id}`)).body;
      const tasks = (await server.call('GET', `/api/v1/tasks?family_id=${brief.family_id}&sort=oldest`)).body.items;
      const pages: Record<string, string> = {};
      for (const [name, path] of Object.entries({ overview: '/', briefs: '/briefs', brief: `/briefs/${brief.id}`, families: '/families', family: `/families/${brief.family_id}`, tasks: '/tasks', task: `/tasks/${brief.family_id}-1`, workers: '/workers', worker: `/workers/${workerId}`, credits: '/credits', experiments: '/experiments' })) {
        const { status, body } = await server.call('GET', path);
        assert.equal(status, 200, path);
        pages[name] = evened(body);
      }
      results.push({
        tasks: tasks.map((task: Record<string, unknown>) => ({ number: task['number'], config: task['config'], seed: task['seed'], state: task['state'], value: task['value'], attempt: task['attempt'] })),
        summary: family.summary,
        counts: family.counts,
        csv: (await server.call('GET', `/api/v1/families/${brief.family_id}/export?format=csv`)).body.split('\r\n')[0],
        pages,
      });
    }
    assert.deepEqual(results[1], results[0]);
  });
});
