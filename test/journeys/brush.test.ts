import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';
import { openPage, startBrowser } from './browser.ts';

describe('brushing an axis', { timeout: 120_000 }, () => {
  let server: TestServer;
  let browser: Browser;
  let address: string;
  const runs: { number: number; lr: number; kind: string }[] = [];
  before(async () => {
    [server, browser] = await Promise.all([startTestServer(), startBrowser()]);
    const { body: brief } = await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 24 }));
    address = `${server.url}/briefs/${brief.id}`;
    const worker = await server.enrol();
    for (let ended = 0; ended < 24; ended += 1) {
      const [task] = (await server.call('POST', '/api/v1/claims', {}, worker.token)).body.tasks;
      const result = { attempt: task.attempt, lease_token: task.lease_token, outcome: 'completed', metrics: { loss: Math.abs(Math.log10(task.config.lr) + 2.5) } };
      assert.equal((await server.call('POST', `/api/v1/tasks/${task.task_id}/result`, result, worker.token)).status, 200);
      runs.push({ number: Number(task.task_id.split('-').at(-1)), lr: task.config.lr, kind: task.config.kind });
    }
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const filterOf = (page: Page) => new URL(page.url()).searchParams.get('filter') ?? '';
  const tableOf = async (page: Page) => (await page.locator('#tasks tbody td.id a').allInnerTexts()).map((text) => Number(text.slice(1))).toSorted((left, right) => left - right);
  const numbersWhere = (keep: (run: (typeof runs)[number]) => boolean) => runs.filter(keep).map((run) => run.number).toSorted((left, right) => left - right);

  test('with a pointer filters the table and dims the other runs in every picture, and Back undoes it', async () => {
    const { page, troubles } = await openPage(browser);
    await page.goto(address);
    const box = (await page.locator('.parallel-axis[data-field="lr"] .hit').boundingBox()) ?? assert.fail('the axis is on the page');
    const x = box.x + box.width / 2;
    await page.mouse.move(x, box.y + 0.3 * box.height);
    await page.mouse.down();
    await page.mouse.move(x, box.y + 0.7 * box.height, { steps: 4 });
    assert.ok((await page.locator('#parallel path.outside').count()) > 0, 'lines outside dim while dragging');
    await page.mouse.up();
    await page.waitForURL(/filter=/);
    const [, low = '', high = ''] = /^lr>=(\S+) lr<=(\S+)$/.exec(filterOf(page)) ?? [];
    const passing = numbersWhere((run) => run.lr >= Number(low) && run.lr <= Number(high));
    assert.ok(passing.length > 0 && passing.length < 24, filterOf(page));
    assert.deepEqual(await tableOf(page), passing);
    assert.equal(await page.locator('#parallel .runs.dimmed a').count(), 24 - passing.length);
    assert.ok((await page.locator('#history .dimmed a').count()) > 0);
    assert.equal(await page.locator('.parallel-axis.set').getAttribute('data-field'), 'lr');
    await page.goBack();
    assert.equal(filterOf(page), '');
    assert.equal((await tableOf(page)).length, 24);
    assert.deepEqual(troubles, []);
    await page.context().close();
  });

  test('with keys moves a handle, keeps it in hand, and Escape clears the axis', async () => {
    const { page, troubles } = await openPage(browser);
    await page.goto(`${address}?filter=state:completed`);
    await page.locator('.parallel-axis[data-field="kind"] .grip.low').focus();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.waitForURL(/kind/);
    assert.equal(filterOf(page), 'state:completed kind=fancy');
    assert.deepEqual(await tableOf(page), numbersWhere((run) => run.kind === 'fancy'));
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'kind: from');
    await page.keyboard.press('Escape');
    await page.waitForURL((url) => !url.search.includes('kind'));
    assert.equal(filterOf(page), 'state:completed');
    assert.deepEqual(troubles, []);
    await page.context().close();
  });

  test('without scripts a choice on an axis is a link to its runs', async () => {
    const { page } = await openPage(browser, { javaScriptEnabled: false });
    await page.goto(address);
    assert.equal(await page.locator('.grip').first().isVisible(), false, 'handles that would do nothing are not shown');
    await page.locator('a[aria-label="only kind plain"]').click();
    await page.waitForURL(/filter=/);
    assert.deepEqual(await tableOf(page), numbersWhere((run) => run.kind === 'plain'));
    for (const view of ['Slices', 'Contour', 'Distribution', 'Value and time']) {
      await page.getByRole('link', { name: view, exact: true }).click();
      assert.equal(filterOf(page), 'kind=plain', view);
      assert.ok((await page.locator('.gallery svg').count()) > 0, view);
    }
    await page.getByRole('link', { name: 'Show all' }).click();
    assert.equal(filterOf(page), '');
    await page.context().close();
  });
});
