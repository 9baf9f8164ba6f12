import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';
import { openPage, startBrowser } from './browser.ts';

const LINES = 10_000;
const LONG_LINE = 5000;

describe('a log', { timeout: 120_000 }, () => {
  let server: TestServer;
  let browser: Browser;
  let path: string;
  let write: (text: string) => Promise<void>;
  before(async () => {
    [server, browser] = await Promise.all([startTestServer(), startBrowser()]);
    await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: 1, time_budget_seconds: 600 }));
    const { token } = await server.enrol();
    const [task] = (await server.call('POST', '/api/v1/claims', {}, token)).body.tasks;
    path = `/tasks/${task.task_id}`;
    write = async (text) => {
      const { status } = await server.call('POST', `/api/v1/tasks/${task.task_id}/log`, { attempt: task.attempt, lease_token: task.lease_token, text }, token);
      assert.equal(status, 200);
    };
    const line = (number: number): string => {
      if (number === LONG_LINE) return `${'long '.repeat(2000)}end of it\n`;
      return number % 1000 === 0 ? `\u001b[1;31mERROR\u001b[0m at ${number} <img src=x onerror=alert(1)> مرحبا 🦀\n` : `\u001b[32minfo\u001b[0m step ${number}\n`;
    };
    for (let from = 1; from <= LINES; from += 2500) await write(Array.from({ length: 2500 }, (_, index) => line(from + index)).join(''));
  });
  after(async () => {
    await browser.close();
    await server.stop();
  });

  const atEnd = (page: Page) => page.$eval('.log-scroll', (scroll) => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 8);
  const isInView = (page: Page, line: number) =>
    page.waitForFunction((id) => {
      const [box, view] = [document.getElementById(id)?.getBoundingClientRect(), document.querySelector('.log-scroll')?.getBoundingClientRect()];
      return box !== undefined && view !== undefined && box.top >= view.top - 1 && box.bottom <= view.bottom + 1;
    }, `L${line}`);

  test('of 10,000 lines follows its end on a phone, stops when one scrolls up, and follows again', async () => {
    const { page, troubles } = await openPage(browser, { viewport: { width: 360, height: 740 } });
    await page.goto(`${server.url}${path}/log`);
    await page.waitForSelector('#live[data-state=live]');
    await isInView(page, LINES);
    await write('a new line\n');
    await isInView(page, LINES + 1);
    assert.equal(await page.locator('.follow').getAttribute('aria-pressed'), 'true');

    await page.locator('.log-scroll').hover();
    await page.mouse.wheel(0, -3000);
    await page.waitForSelector('.follow[aria-pressed=false]');
    await write('one that waits\n');
    await page.waitForSelector('.follow:has-text("1 more")');
    assert.equal(await atEnd(page), false);
    await page.locator('.follow').click();
    await isInView(page, LINES + 2);
    await write('not ended');
    await page.waitForSelector(`#L${LINES + 3}:has-text("not ended")`);
    await write(' yet\n');
    await page.waitForSelector(`#L${LINES + 3}:has-text("not ended yet")`);
    assert.ok((await page.locator('.lines li').count()) < 2100, 'only what is around the screen is in the page');
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
    assert.deepEqual(troubles, []);
    await page.context().close();
  });

  test('is searched whole, goes from match to match, and shows what surrounds a line that an address names', async () => {
    const { page, troubles } = await openPage(browser);
    await page.goto(`${server.url}${path}/log`);
    await page.waitForSelector('.follow[aria-pressed=true]');
    await page.locator('#q').fill('error AT');
    await page.locator('#q').press('Enter');
    await page.waitForFunction(() => document.querySelector('#found')?.textContent?.endsWith('of 9 lines'));
    await isInView(page, 10_000);
    assert.equal(await page.locator('#L10000 mark').allInnerTexts().then((texts) => texts.join('')), 'ERROR at');
    await page.locator('#q').press('Enter');
    await isInView(page, 1000);
    assert.equal(await page.locator('#found').innerText(), '1 of 9 lines');
    await page.getByRole('button', { name: 'Previous' }).click();
    await isInView(page, 10_000);
    assert.equal(await page.locator('#L10000 .f1').first().innerText(), 'ERROR');
    await page.locator('.log-scroll').hover();
    await page.mouse.wheel(0, -2000);
    await page.waitForFunction(() => document.getElementById('L9800') !== null);

    await page.goto(`${server.url}${path}/log?line=${LONG_LINE}`);
    await page.waitForSelector(`#L${LONG_LINE}.current`);
    const whole = await page.locator(`#L${LONG_LINE} .whole`).getAttribute('href');
    assert.match(await (await fetch(`${server.url}${whole}`)).text(), /^long long.* end of it$/);
    await page.goto(`${server.url}${path}/log#L7`);
    await isInView(page, 7);
    assert.deepEqual(troubles, []);
    await page.context().close();
  });

  test('is read, searched and kept without JavaScript', async () => {
    const { page } = await openPage(browser, { javaScriptEnabled: false });
    await page.goto(`${server.url}${path}`);
    await page.getByRole('link', { name: 'search and read all of it' }).click();
    assert.equal(await page.locator(`#L${LINES}`).count(), 1);
    await page.getByRole('link', { name: 'First' }).click();
    assert.equal(await page.locator('#L1').innerText().then((text) => text.replace(/\s+/, ' ')), '1 info step 1');
    await page.locator('#q').fill('ERROR at');
    await page.getByRole('button', { name: 'Find' }).click();
    assert.equal(await page.locator('.current').getAttribute('id'), 'L1000');
    assert.match(await page.locator('#found').innerText(), /^9 lines of 10,00\d have it/);
    await page.getByRole('button', { name: 'Next' }).click();
    assert.equal(await page.locator('.current').getAttribute('id'), 'L2000');
    await page.getByRole('button', { name: 'Previous' }).click();
    await page.getByRole('button', { name: 'Previous' }).click();
    assert.match(await page.locator('#found').innerText(), /No more in that direction/);
    const answer = await fetch(`${server.url}${path}/log/text?download=1`);
    assert.match(answer.headers.get('content-disposition') ?? '', /^attachment; filename="task-.*-attempt-1\.log"$/);
    assert.ok((await answer.text()).startsWith('\u001b[32minfo'));
    for (const wrong of ['?attempt=2', '?line=0', '?line=x', `?q=${'x'.repeat(201)}`, '?attempt=-1']) assert.ok([404, 422].includes((await fetch(`${server.url}${path}/log${wrong}`)).status), wrong);
    await page.context().close();
  });
});
