import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCli, type CliProcess } from '#test/processes.ts';
import { SYNTHETIC_EXPERIMENTS, smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';
import { openPage, startBrowser } from './browser.ts';

describe('control of a campaign', { timeout: 120_000 }, () => {
  let server: TestServer;
  let browser: Browser;
  before(async () => {
    [server, browser] = await Promise.all([startTestServer({ heartbeat_seconds: 1, experiments_dir: SYNTHETIC_EXPERIMENTS }), startBrowser()]);
  });
  after(async () => {
    await browser.close();
    await server.stop();
  });

  const said = (page: Page): Promise<string> => page.locator('main').innerText();
  const press = async (page: Page, name: string): Promise<void> => {
    await Promise.all([page.waitForEvent('load'), page.getByRole('button', { name, exact: true }).first().click()]);
  };
  const stateOf = async (taskId: string): Promise<string> => (await server.call('GET', `/api/v1/tasks/${taskId}`)).body.state;

  /** Lets a brief's first task fail for good. */
  async function fail(): Promise<void> {
    const { token } = await server.enrol();
    for (let tries = 0; tries < 4; tries += 1) {
      const { body } = await server.call('POST', '/api/v1/claims', { slots: 1, wait_seconds: 0 }, token);
      const [{ task_id: taskId, attempt, lease_token }] = body.tasks;
      await server.call('POST', `/api/v1/tasks/${taskId}/result`, { attempt, lease_token, outcome: 'failed', error: { kind: 'exit_code', message: 'No.' } }, token);
    }
  }

  for (const javaScriptEnabled of [true, false]) {
    test(`cancels, undoes, requeues, extends and deletes ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async () => {
      const { page, troubles } = await openPage(browser, { javaScriptEnabled });
      const { body: brief } = await server.call('POST', '/api/v1/briefs', smallBrief({ title: 'Ünder control 🧪', num_tasks: 2, time_budget_seconds: 60, budget_credits: 2 }));
      const [first, second] = [`${brief.family_id}-1`, `${brief.family_id}-2`];
      await fail();

      await page.goto(`${server.url}/tasks/${second}`);
      await press(page, 'Cancel');
      assert.match(await said(page), /1 task cancelled\. .*Can be undone for 10 minutes/s);
      assert.equal(await stateOf(second), 'cancelled');
      await press(page, 'Undo');
      assert.match(await said(page), /1 task as before again/);
      assert.equal(await stateOf(second), 'pending');

      await page.goto(`${server.url}/tasks/${first}`);
      await press(page, 'Requeue');
      assert.match(await said(page), /1 task requeued/);
      assert.match(await said(page), /requeued after 4 attempts/);
      assert.equal(await stateOf(first), 'pending');

      await page.goto(`${server.url}/briefs/${brief.id}`);
      await page.locator('main .head .menu > summary').click();
      await page.locator('main .head .menu').getByText('Add tasks…').click();
      await page.locator('[name="num_tasks"]').fill('3');
      await page.locator('[name="budget_credits"]').fill('4');
      await press(page, 'Add tasks');
      assert.match(await said(page), /5 tasks of 60 s cost 5 credits, with what was paid for failed attempts 5\.01; the budget is 4/);
      assert.equal(await page.locator('[name="num_tasks"]').inputValue(), '3', 'what was typed is kept');
      await page.locator('[name="budget_credits"]').fill('5.01');
      await press(page, 'Add tasks');
      assert.equal((await server.call('GET', `/api/v1/briefs/${brief.id}`)).body.num_tasks, 5);

      await press(page, 'Pause');
      assert.match(await said(page), /“Ünder control 🧪” is paused/);
      await press(page, 'Undo');
      assert.equal((await server.call('GET', `/api/v1/briefs/${brief.id}`)).body.state, 'running');

      await page.goto(`${server.url}/briefs/${brief.id}/delete`);
      assert.match(await said(page), /5 open tasks are cancelled by this.*5 tasks with all attempts.*stay in the ledger/s);
      await press(page, 'Delete for good');
      assert.match(await said(page), /“Ünder control 🧪”/);
      assert.equal((await server.call('GET', `/api/v1/briefs/${brief.id}`)).status, 404);
      assert.deepEqual(troubles.filter((trouble) => !/\b422\b/.test(trouble)), []);
      await page.context().close();
    });
  }

  test('a run that is stopped ends on its worker, and its page shows when it has', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'xeenet-journey-'));
    let worker: CliProcess | null = null;
    try {
      worker = startCli(['worker', '--server', server.url, '--token', server.enrolmentToken, '--name', 'obedient', '--worker-data', folder]);
      const { body: brief } = await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 1, time_budget_seconds: 600 }));
      const { page } = await openPage(browser);
      await page.goto(`${server.url}/tasks/${brief.family_id}-1`);
      await page.getByRole('button', { name: 'Stop this run' }).click({ timeout: 30_000 });
      await page.getByText(/obedient let it go/).waitFor({ timeout: 30_000 });
      await page.context().close();
    } finally {
      await worker?.end('SIGINT');
      await rm(folder, { recursive: true, force: true });
    }
  });
});
