import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { startCli, type CliProcess } from '#test/processes.ts';
import { startTestServer, type TestServer } from '#test/running-server.ts';
import { openPage, startBrowser } from './browser.ts';

describe('a researcher with a browser', { timeout: 180_000 }, () => {
  let server: TestServer;
  let browser: Browser;
  let worker: CliProcess;
  let folder: string;
  before(async () => {
    [server, browser, folder] = await Promise.all([startTestServer({ heartbeat_seconds: 1 }), startBrowser(), mkdtemp(join(tmpdir(), 'xeenet-journey-'))]);
    worker = startCli(['worker', '--server', server.url, '--token', server.enrolmentToken, '--name', 'journey', '--worker-data', folder]);
  });
  after(async () => {
    await browser.close();
    await worker.end('SIGINT');
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const fill = async (page: Page, fields: Record<string, string>): Promise<void> => {
    for (const [name, value] of Object.entries(fields)) await page.locator(`[name="${name}"]:not([type="hidden"])`).first().fill(value);
  };
  const submit = async (page: Page): Promise<void> => {
    await page.getByRole('button', { name: 'Create brief' }).click();
    await page.waitForURL(/\/briefs\/[0-9a-z]{16}$/);
  };

  test('asks with the form and watches real training arrive without a reload', async () => {
    const { page, troubles } = await openPage(browser);
    await page.goto(`${server.url}/briefs`);
    await page.locator('main a[href="/briefs/new"]').first().click();
    await page.locator('select[name="experiment"]').selectOption('char-lm');
    await page.getByRole('button', { name: 'Show its search space' }).click();
    await fill(page, { title: 'Which schedule wins?', goal: 'Lowest val_bpb after two seconds.', num_tasks: '3', time_budget_seconds: '2', budget_credits: '5' });
    await submit(page);
    const briefId = page.url().split('/').at(-1);
    await page.evaluate(() => document.documentElement.setAttribute('data-not-reloaded', 'yes'));
    assert.match(await page.locator('main').innerText(), /0 completed/);

    await page.locator('main').getByText(/3 of 3 done/).first().waitFor({ timeout: 120_000 });
    assert.equal(await page.locator('html').getAttribute('data-not-reloaded'), 'yes', 'the page was never loaded again');

    const { body: brief } = await server.call('GET', `/api/v1/briefs/${briefId}`);
    const { body: family } = await server.call('GET', `/api/v1/families/${brief.family_id}`);
    const { body: tasks } = await server.call('GET', `/api/v1/tasks?family_id=${brief.family_id}&sort=value`);
    const values = tasks.items.map((task: { value: number }) => task.value);
    assert.equal(new Set(values).size, 3, 'real values differ');
    assert.deepEqual([family.best.value, family.best.task_id], [Math.min(...values), tasks.items[0].id]);
    const text = await page.locator('main').innerText();
    assert.ok(text.includes(family.summary.best.toPrecision(4)), 'the page shows the best value');
    assert.ok(text.includes(family.summary.mean.toPrecision(4)), 'the page shows the mean');
    assert.equal(await page.locator(`a[href="/tasks/${family.best.task_id}"]`).first().isVisible(), true, 'the winner is a link to its task');

    await page.goto(`${server.url}/tasks/${family.best.task_id}`);
    assert.ok((await page.locator('main').innerText()).includes(family.best.value.toPrecision(4)));
    assert.equal(await page.locator('svg[role="img"]').first().isVisible(), true, 'the task shows its learning curve');
    await page.goto(`${server.url}/credits`);
    assert.match(await page.locator('main').innerText(), /journey/);
    assert.deepEqual(troubles, []);
    await page.context().close();
  });

  test('keeps everything typed when a field is wrong, and says so beside it', async () => {
    const { page, troubles } = await openPage(browser);
    await page.goto(`${server.url}/briefs/new?experiment=quadratic`);
    const goal = 'A goal that is long to type again.';
    await fill(page, { title: 'Too dear', goal, num_tasks: '12', time_budget_seconds: '60', budget_credits: '11' });
    await page.getByRole('button', { name: 'Create brief' }).click();
    const budget = page.locator('[name="budget_credits"]');
    await page.locator('[name="budget_credits"][aria-invalid="true"]').waitFor();
    const described = (await budget.getAttribute('aria-describedby')) ?? '';
    const said = await Promise.all(described.split(' ').map((id) => page.locator(`#${id}`).innerText()));
    assert.match(said.join(' '), /12 tasks of 60 s cost 12\.00 credits; the budget is 11/);
    assert.equal(await page.locator('[name="goal"]').inputValue(), goal);
    await budget.fill('12');
    await submit(page);
    assert.deepEqual(troubles.filter((trouble) => !trouble.includes('422')), []);
    await page.context().close();
  });

  test('does everything without JavaScript', async () => {
    const { page } = await openPage(browser, { javaScriptEnabled: false });
    await page.goto(`${server.url}/briefs/new?experiment=quadratic`);
    await fill(page, { title: 'By hand', num_tasks: '2', time_budget_seconds: '600', budget_credits: '100' });
    await page.locator('[name="draft"]').check();
    await submit(page);
    const state = async (): Promise<string> => (await server.call('GET', `/api/v1/briefs/${new URL(page.url()).pathname.split('/').at(-1)}`)).body.state;
    const seen = [await state()];
    for (const action of ['Launch', 'Pause', 'Resume']) {
      await page.getByRole('button', { name: action, exact: true }).click();
      await page.waitForURL(/\/briefs\/[0-9a-z]{16}\?action=[0-9a-z]{16}$/);
      seen.push(await state());
    }
    await page.locator('main .head .menu > summary').click();
    await page.locator('a[href$="/cancel"]').click();
    assert.match(await page.locator('main').innerText(), /waiting tasks? will never run/);
    await page.getByRole('button', { name: 'Cancel this brief' }).click();
    await page.waitForURL(/\/briefs\/[0-9a-z]{16}\?action=[0-9a-z]{16}$/);
    seen.push(await state());
    assert.deepEqual(seen, ['draft', 'running', 'paused', 'running', 'cancelled']);
    for (const path of ['/', '/briefs', '/families', '/tasks', '/workers', '/credits', '/experiments', '/settings']) {
      const response = await page.goto(`${server.url}${path}`);
      assert.equal(response?.status(), 200, path);
    }
    await page.goto(`${server.url}/settings`);
    await page.context().close();
  });
});
