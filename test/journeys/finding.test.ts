import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';
import { openPage, startBrowser } from './browser.ts';

describe('finding', { timeout: 120_000 }, () => {
  let server: TestServer;
  let browser: Browser;
  let brief: { id: string; family_id: string };
  before(async () => {
    [server, browser] = await Promise.all([startTestServer(), startBrowser()]);
    brief = (await server.call('POST', '/api/v1/briefs', smallBrief({ title: 'مرحبا 🦀 <b>schedules</b>', goal: 'Which one wins?' }))).body;
    await server.call('POST', '/api/v1/briefs', smallBrief({ title: 'Another', goal: '' }));
  });
  after(async () => {
    await browser.close();
    await server.stop();
  });

  const active = (page: Page) => page.$eval('.palette input', (input) => document.getElementById(input.getAttribute('aria-activedescendant') ?? '')?.textContent ?? '');
  const axeFinds = async (page: Page) => {
    await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    const { violations } = await page.evaluate<AxeResults>('axe.run()');
    return violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.html).join(' ')}`);
  };
  const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent?.trim() ?? '');

  test('by the keyboard alone: a brief by its words, an action of its page, and back to where one was', async () => {
    const { page, troubles } = await openPage(browser);
    await page.goto(`${server.url}/briefs`);
    await page.locator('main a[href="/briefs/new"]').first().focus();
    const before_ = await focused(page);
    await page.keyboard.press('Control+k');
    await page.locator('dialog.palette').waitFor();
    assert.equal(await page.locator('.palette input').getAttribute('role'), 'combobox');
    await page.keyboard.press('Escape');
    await page.locator('dialog.palette').waitFor({ state: 'hidden' });
    assert.equal(await focused(page), before_, 'the focus returns to where it was');

    await page.keyboard.press('Control+k');
    await page.locator('dialog.palette').waitFor();
    await page.keyboard.type('wins SCHED');
    await page.locator('.palette li:has-text("مرحبا")').first().waitFor();
    assert.match(await active(page), /مرحبا 🦀 <b>schedules<\/b>/);
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/briefs/${brief.id}`);

    await page.keyboard.press('.');
    await page.locator('.palette li').first().waitFor();
    assert.deepEqual(await axeFinds(page), []);
    await page.keyboard.type('paus');
    assert.match(await active(page), /^Pause/);
    await page.keyboard.press('Enter');
    await page.locator('main .badge.paused').first().waitFor();

    await page.keyboard.press('Control+k');
    await page.locator('.palette li').first().waitFor();
    assert.match(await active(page), /مرحبا/, 'what was used before comes first, where the page still offers it');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowDown');
    assert.match(await active(page), /مرحبا/);
    await page.keyboard.press('Escape');
    await page.locator('dialog.palette').waitFor({ state: 'hidden' });
    // A browser lets go of a field that has vanished with its next frame; until then a key still counts as typed into it.
    await page.waitForFunction(() => document.activeElement?.closest('dialog') === null);

    await page.keyboard.press('.');
    await page.locator('.palette li').first().waitFor();
    await page.keyboard.type('dele');
    assert.match(await active(page), /^Delete/, 'what stands in a closed menu is found too');
    await page.keyboard.press('Enter');
    await page.waitForURL(`**/briefs/${brief.id}/delete`);
    assert.deepEqual(troubles, []);
    await page.context().close();
  });

  test('single keys go to pages, move in tables, change the theme and list themselves, but not while one types', async () => {
    const { page, troubles } = await openPage(browser, { colorScheme: 'light' });
    await page.goto(server.url);
    await page.keyboard.press('g');
    await page.keyboard.press('b');
    await page.waitForURL('**/briefs');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    assert.match(await page.evaluate(() => document.activeElement?.closest('tr')?.textContent ?? ''), /Another/);
    await page.keyboard.press('t');
    await page.locator('html[data-theme=dark]').waitFor();
    await page.keyboard.press('?');
    assert.deepEqual(await axeFinds(page), []);
    assert.match(await page.locator('dialog.keys').innerText(), /Next and previous row.*b Briefs/s);
    await page.keyboard.press('Escape');
    await page.locator('dialog.keys').waitFor({ state: 'detached' });
    await page.keyboard.press('n');
    await page.waitForURL('**/briefs/new');
    await page.locator('[name="title"]').fill('');
    await page.locator('[name="title"]').press('n');
    await page.keyboard.type('g b?');
    assert.deepEqual([await page.locator('[name="title"]').inputValue(), await page.locator('dialog[open]').count(), new URL(page.url()).pathname], ['ng b?', 0, '/briefs/new']);

    await page.goto(`${server.url}/settings`);
    await page.locator('[name="shortcuts"]').uncheck();
    await page.locator('form[action="/settings/shortcuts"] button').click();
    await page.locator('html[data-shortcuts=off]').waitFor({ state: 'attached' });
    await page.keyboard.press('?');
    await page.keyboard.press('g');
    await page.keyboard.press('b');
    await page.keyboard.press('Control+k');
    await page.locator('dialog.palette').waitFor();
    assert.deepEqual([await page.locator('dialog[open]').count(), new URL(page.url()).pathname], [1, '/settings']);
    assert.deepEqual(troubles, []);
    await page.context().close();
  });

  test('without JavaScript a form finds briefs by words, tasks by their short id, and says when there is nothing', async () => {
    const { page } = await openPage(browser, { javaScriptEnabled: false, viewport: { width: 360, height: 740 } });
    await page.goto(server.url);
    await page.locator('.find').click();
    await page.locator('main [name="q"]').fill('schedules');
    await page.getByRole('button', { name: 'Search' }).click();
    assert.equal(await page.locator(`main a[href="/briefs/${brief.id}"]`).first().isVisible(), true);
    await page.goto(`${server.url}/search?q=${brief.family_id.slice(9)}-2`);
    assert.equal(await page.locator(`main a[href="/tasks/${brief.family_id}-2"]`).first().isVisible(), true);
    await page.goto(`${server.url}/search?q=${'%25'.repeat(9)}`);
    assert.match(await page.locator('main').innerText(), /Nothing is called that/);
    assert.equal((await page.goto(`${server.url}/search?q=${'x'.repeat(201)}`))?.status(), 422);
    await page.context().close();
  });

  test('programs search as people do', async () => {
    const { body } = await server.call('GET', '/api/v1/search?q=quadratic');
    assert.deepEqual(body.items.map((item: { kind: string; id: string }) => [item.kind, item.id]), [['experiment', 'quadratic']]);
    assert.equal((await server.call('GET', `/api/v1/search?q=${brief.id.slice(0, 12)}`)).body.items[0].id, brief.id);
    assert.equal((await server.call('GET', '/api/v1/search')).status, 422);
    assert.deepEqual((await server.call('GET', '/api/v1/search?q=%20')).body, { items: [] });
  });
});
