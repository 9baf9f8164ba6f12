import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';
import { openPage, startBrowser } from './browser.ts';

describe('someone who compares runs', { timeout: 120_000 }, () => {
  let server: TestServer;
  let browser: Browser;
  let brief: { id: string; family_id: string };
  let worker: { workerId: string; token: string };
  before(async () => {
    [server, browser] = await Promise.all([startTestServer(), startBrowser()]);
    brief = (await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 6 }))).body;
    worker = await server.enrol();
    for (const value of [1.5, 1.25, 2]) await finish(value);
  });
  after(async () => {
    await browser.close();
    await server.stop();
  });

  async function finish(value: number): Promise<void> {
    const [task] = (await server.call('POST', '/api/v1/claims', {}, worker.token)).body.tasks;
    const lease = { attempt: task.attempt, lease_token: task.lease_token };
    const points = [1, 2, 3].map((step) => ({ step, name: 'loss', value: value + 1 / step, at_seconds: step }));
    await server.call('POST', `/api/v1/tasks/${task.task_id}/metrics`, { ...lease, points }, worker.token);
    await server.call('POST', `/api/v1/tasks/${task.task_id}/result`, { ...lease, outcome: 'completed', metrics: { loss: value } }, worker.token);
  }

  for (const javaScriptEnabled of [false, true]) {
    test(`finds what differs between the best ${javaScriptEnabled ? 'with' : 'without'} JavaScript, by links and forms alone`, async () => {
      const { page, troubles } = await openPage(browser, { javaScriptEnabled });
      await page.goto(`${server.url}/briefs/${brief.id}`);
      await page.getByRole('link', { name: /^Compare the best \d$/ }).first().click();
      await page.getByRole('heading', { level: 1, name: /^Compare \d tasks$/ }).waitFor();
      const before = await page.locator('.runs li').count();
      assert.ok(before >= 3);
      await page.getByRole('link', { name: 'Show equal rows' }).click();
      await page.getByRole('rowheader', { name: 'Training time' }).waitFor();
      await page.getByRole('link', { name: /^Take task \d+ out/ }).last().click();
      await page.getByRole('heading', { level: 1, name: `Compare ${before - 1} tasks` }).waitFor();
      assert.equal(await page.getByRole('rowheader', { name: 'Training time' }).count(), 1, 'what was chosen stays chosen');
      await page.getByLabel('Ids of tasks to add').fill(`${brief.family_id}-6 nobody`);
      await page.getByRole('button', { name: 'Add', exact: true }).click();
      await page.getByText('There is no task with this id: nobody').waitFor();
      assert.equal(await page.locator('.runs li').count(), before);

      await page.goto(`${server.url}/families/${brief.family_id}`);
      await page.getByLabel('Group by').selectOption('kind');
      await page.getByLabel('Spread').selectOption('range');
      await page.getByLabel('Show', { exact: true }).selectOption('curves');
      await page.locator('#explorer').getByRole('button', { name: 'Show' }).click();
      await page.locator('#group-curves-1').waitFor();
      assert.match(page.url(), /spread=range/);
      assert.deepEqual(troubles, []);
      await page.context().close();
    });
  }

  test('sees a new value arrive without a reload', async () => {
    const { page } = await openPage(browser);
    await page.goto(`${server.url}/compare?tasks=${Array.from({ length: 6 }, (_, index) => `${brief.family_id}-${index + 1}`).join(',')}`);
    await page.locator('#live[data-state="live"]').waitFor();
    await finish(0.125);
    await page.locator('#said').getByText('0.1250').waitFor();
    await page.context().close();
  });
});
