import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';
import { openPage, startBrowser } from './browser.ts';

describe('the table of tasks', { timeout: 120_000 }, () => {
  let server: TestServer;
  let browser: Browser;
  let worker: { workerId: string; token: string };
  let brief: { id: string; family_id: string };

  before(async () => {
    [server, browser] = await Promise.all([startTestServer(), startBrowser()]);
    worker = await server.enrol();
    brief = (await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 120, budget_credits: 1000 }))).body;
    for (const value of [2, 1, 3]) await complete(value);
  });
  after(async () => {
    await browser.close();
    await server.stop();
  });

  async function complete(value: number): Promise<void> {
    const [task] = (await server.call('POST', '/api/v1/claims', {}, worker.token)).body.tasks;
    const answer = await server.call('POST', `/api/v1/tasks/${task.task_id}/result`, { attempt: task.attempt, lease_token: task.lease_token, outcome: 'completed', metrics: { loss: value, steps: 7 } }, worker.token);
    assert.equal(answer.status, 200);
  }

  const rows = (page: Page) => page.locator('#tasks tbody tr');
  const heads = async (page: Page) => (await page.locator('#tasks thead th').allInnerTexts()).map((head) => head.replace(/[ ↑↓]/g, ''));
  const filterIn = (page: Page) => new URL(page.url()).searchParams.get('filter');

  test('completes a filter by keyboard, and takes it to the address', async () => {
    const { page, troubles } = await openPage(browser);
    await page.goto(`${server.url}/briefs/${brief.id}`);
    const box = page.getByRole('combobox', { name: 'Filter' });
    const options = page.locator('#filter-options').getByRole('option');
    await box.pressSequentially('sta');
    await options.first().waitFor();
    assert.equal(await box.getAttribute('aria-expanded'), 'true');
    await box.press('ArrowDown');
    await page.locator(`#${await box.getAttribute('aria-activedescendant')}[aria-selected="true"]`).waitFor();
    await box.press('Enter');
    await options.filter({ hasText: 'completed' }).waitFor();
    assert.equal(await box.inputValue(), 'state:');
    await box.pressSequentially('compl');
    await options.filter({ hasNotText: 'pending' }).first().waitFor();
    await page.waitForFunction(() => document.querySelectorAll('[role=option]').length === 1);
    await box.press('ArrowDown');
    await box.press('Tab');
    assert.equal(await box.inputValue(), 'state:completed');
    await page.waitForFunction(() => document.querySelector('[role=combobox]')?.getAttribute('aria-expanded') === 'false');
    await box.pressSequentially(' lr');
    await options.first().waitFor();
    await box.press('Escape');
    assert.equal(await options.count(), 0);
    assert.equal(await box.inputValue(), 'state:completed lr');
    for (let letter = 0; letter < 3; letter += 1) await box.press('Backspace');
    await box.press('Escape');
    await box.press('Enter');
    await page.waitForURL(/filter=state/);
    assert.equal(filterIn(page), 'state:completed');
    assert.equal(await rows(page).count(), 3);
    assert.deepEqual(troubles, []);
    await page.context().close();
  });

  test('keeps what is selected while the page changes, and acts on it', async () => {
    const { page, troubles } = await openPage(browser);
    await page.goto(`${server.url}/families/${brief.family_id}?sort=newest`);
    const bar = page.locator('.selection-bar');
    await bar.waitFor({ state: 'hidden' });
    await page.locator('.live[data-state="live"]').waitFor();
    for (const number of [120, 119]) await page.getByRole('checkbox', { name: `Select task ${number}` }).check();
    assert.match(await bar.innerText(), /2 selected:[^]*Requeue 0[^]*Cancel 2[^]*Set priority 2/);
    await complete(1.5);
    await page.locator('.so-far', { hasText: '4' }).first().waitFor();
    assert.equal(await page.locator('input[name=ids]:checked').count(), 2);
    await page.getByRole('checkbox', { name: 'Select all tasks of this page' }).check();
    assert.match(await bar.innerText(), /50 selected/);
    await page.getByRole('checkbox', { name: /All that match: 120/ }).check();
    assert.match(await bar.innerText(), /All that match \(120\)/);
    await page.getByRole('checkbox', { name: /All that match/ }).uncheck();
    await page.getByRole('checkbox', { name: 'Select all tasks of this page' }).uncheck();
    await bar.waitFor({ state: 'hidden' });
    await page.getByRole('checkbox', { name: 'Select task 120' }).check();
    await page.getByRole('button', { name: 'Cancel 1' }).click();
    await page.locator('#tasks tbody tr', { hasText: '#120' }).locator('.badge.cancelled').waitFor();
    assert.deepEqual(troubles, []);
    await page.context().close();
  });

  for (const javaScriptEnabled of [true, false]) {
    test(`marks errors, sorts, pages and chooses columns ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
      const { page } = await openPage(browser, { javaScriptEnabled });
      await page.goto(`${server.url}/tasks?filter=${encodeURIComponent(`family:${brief.family_id} stat:failed`)}`);
      assert.equal(await page.locator('#filter-wrong mark').innerText(), 'stat');
      assert.match(await page.locator('#filter-wrong').innerText(), new RegExp(`Character ${brief.family_id.length + 9}: .*Did you mean state`));
      assert.equal(await page.locator('#filter').getAttribute('aria-invalid'), 'true');

      await page.locator('#filter').fill(`family:${brief.family_id} number<=70`);
      await page.getByRole('button', { name: 'Show', exact: true }).first().click();
      await page.waitForURL(/number/);
      assert.equal(await rows(page).count(), 50);
      assert.match(await page.locator('.pick-all').innerText(), /All that match: 70/);
      await page.getByRole('link', { name: 'Next →' }).click();
      await page.waitForURL(/cursor=/);
      assert.equal(await rows(page).count(), 20);
      await page.getByRole('link', { name: '← First page' }).click();
      await page.waitForURL((url) => !url.search.includes('cursor'));

      await page.locator('#tasks thead').getByRole('link', { name: 'loss' }).click();
      await page.waitForURL(/sort=value/);
      assert.equal(await page.locator('#tasks thead th[aria-sort=ascending]').innerText(), 'loss');
      const values = (await page.locator('#tasks tbody td:nth-child(4) data').evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute('value')))));
      assert.deepEqual(values, values.toSorted((left, right) => left - right));

      await page.locator('#task-columns summary').click();
      await page.locator('#task-columns').getByRole('checkbox', { name: 'Seed' }).check();
      await page.locator('#task-columns').getByRole('checkbox', { name: 'Family' }).uncheck();
      await page.locator('#task-columns').getByRole('checkbox', { name: 'steps (reported)' }).check();
      await page.locator('#task-columns').getByRole('button', { name: 'Show' }).click();
      await page.waitForURL(/columns=/);
      const shown = await heads(page);
      assert.ok(shown.includes('Seed') && shown.includes('steps') && !shown.includes('Family'), shown.join());
      assert.match(filterIn(page) ?? '', /number<=70/);
      assert.equal(new URL(page.url()).searchParams.get('sort'), 'value');

      await page.getByRole('link', { name: 'completed', exact: true }).click();
      await page.waitForURL(/state/);
      for (const box of await page.locator('input[name=ids]').all()) await box.check();
      const download = page.waitForEvent('download');
      await page.getByRole('button', { name: 'Export' }).click();
      assert.match((await download).url(), /export\?format=csv&filter=number%3D/);
      await page.context().close();
    });
  }
});
