import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import type { AxeResults } from 'axe-core';
import type { Browser } from 'playwright-core';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';
import { openPage, startBrowser } from './browser.ts';

describe('every page', { timeout: 180_000 }, () => {
  let server: TestServer;
  let browser: Browser;
  const addresses = ['/', '/briefs', '/briefs/new?experiment=quadratic', '/families', '/tasks', '/workers', '/credits', '/experiments', '/settings', '/nothing'];
  before(async () => {
    [server, browser] = await Promise.all([startTestServer(), startBrowser()]);
    const brief = (await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 6 }))).body;
    const worker = await server.enrol();
    for (const [round, value] of [1.5, 1.25, null, 2].entries()) {
      const [task] = (await server.call('POST', '/api/v1/claims', {}, worker.token)).body.tasks;
      const lease = { attempt: task.attempt, lease_token: task.lease_token };
      const points = [1, 2, 3].map((step) => ({ step, name: 'loss', value: (round + 2) / step, at_seconds: step }));
      await server.call('POST', `/api/v1/tasks/${task.task_id}/metrics`, { ...lease, points }, worker.token);
      await server.call('POST', `/api/v1/tasks/${task.task_id}/log`, { ...lease, text: 'one line\n' }, worker.token);
      const result = value === null ? { outcome: 'failed', error: { kind: 'exit_code', message: 'The script ended with status 1.' } } : { outcome: 'completed', metrics: { loss: value } };
      await server.call('POST', `/api/v1/tasks/${task.task_id}/result`, { ...lease, ...result }, worker.token);
    }
    addresses.push(`/briefs/${brief.id}`, `/families/${brief.family_id}`, `/tasks/${brief.family_id}-1`, `/tasks/${brief.family_id}-6`, `/workers/${worker.workerId}`);
  });
  after(async () => {
    await browser.close();
    await server.stop();
  });

  for (const [colorScheme, width] of [['dark', 1280], ['light', 390]] as const) {
    test(`has nothing that axe-core finds (${colorScheme}, ${width} px)`, async () => {
      const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
      const { page, troubles } = await openPage(browser, { viewport: { width, height: 800 }, colorScheme });
      const found: string[] = [];
      for (const address of addresses) {
        await page.goto(`${server.url}${address}`);
        await page.evaluate(axe);
        const { violations } = await page.evaluate<AxeResults>('axe.run()');
        found.push(...violations.map((one) => `${address} ${one.id}: ${one.help} (${one.nodes.map((node) => node.target.join(' ')).join(', ')})`));
      }
      assert.deepEqual(found, []);
      assert.deepEqual(troubles.filter((trouble) => !/status of 404/.test(trouble)), []);
      await page.context().close();
    });
  }
});
