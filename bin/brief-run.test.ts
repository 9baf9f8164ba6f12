import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startCli } from '#test/processes.ts';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';

let server: TestServer;
const folder = mkdtempSync(join(tmpdir(), 'xeenet-brief-run-'));

before(async () => {
  server = await startTestServer();
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

test('whoever watches a brief that does not complete is told what it is instead, by words and by status', async () => {
  const file = join(folder, 'brief.json');
  writeFileSync(file, JSON.stringify(smallBrief({ title: 'Watched' })));
  const watching = startCli(['brief', 'run', file, '--watch', '--server', server.url, '--admin-token', server.adminToken]);
  const [, id = ''] = await watching.printed(/Brief (\S+) is running/);
  assert.equal((await server.call('POST', `/api/v1/briefs/${id}/cancel`)).status, 200);
  assert.equal(await watching.ended, 1);
  assert.match(watching.output(), new RegExp(`The brief is cancelled: ${server.url}/briefs/${id}`));
});
