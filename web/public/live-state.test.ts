// What a person is at in a region stays while the region changes under it, and a hidden tab costs nothing.
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, beforeEach, test } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import type { Browser, Page } from 'playwright-core';
import { openPage, startBrowser, type WatchedPage } from '#test/journeys/browser.ts';
import { startTestServer, type TestServer } from '#test/running-server.ts';
import { registerAssets } from '#web/assets.ts';
import { parseAllowList } from '#engine/webhook-address.ts';
import { html } from '#web/html.ts';
import { createLive } from '#web/live.ts';
import { registerPage, type Site } from '#web/page.ts';

const ROWS = 80;
const TOPIC = 'a-topic-of-this-test';

let browser: Browser;
let server: TestServer;
let app: FastifyInstance;
let url = '';
let round = 0;
let streamEnded = Promise.withResolvers<void>();
let watched: WatchedPage;

before(async () => {
  [browser, server] = await Promise.all([startBrowser(), startTestServer()]);
  const { store, now, log } = server.engine;
  const live = createLive({ watch: store.watch, now, log });
  const site: Site = { engine: server.engine, reader: store.reader, settings: { version: '0', publicUrl: () => '', enrolmentToken: '', starterMicrocredits: 0, command: '', development: false, webhookAllow: parseAllowList('') }, live };
  app = fastify({ forceCloseConnections: true });
  app.addHook('preClose', async () => live.close());
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.startsWith('/live/')) reply.raw.on('close', () => streamEnded.resolve());
  });
  registerAssets(app);
  const render = async () => html`<p id="said">Round ${round}</p><p id="still">A sentence that stays as it is.</p>
<details id="more"><summary>More</summary><p>${round}</p></details><dialog id="sure"><p>Sure? ${round}</p><button type="button">Yes</button></dialog>
<input id="typed" aria-label="Typed" name="typed"><select id="chosen" aria-label="Chosen"><option>one</option><option>two</option></select>
<div class="scroll" id="scroll" tabindex="0" role="region" aria-label="Rows"><table><tbody>${Array.from({ length: ROWS }, (_, row) => html`<tr id="row-${row}"><td><input type="checkbox" name="row" value="${row}" aria-label="Row ${row}"></td><td>${round * row}</td></tr>`)}</tbody></table></div>`;
  registerPage(app, site, '/', async () => ({ title: 'State', section: null, address: '/', regions: [{ id: 'list', topics: [TOPIC], render }], content: (region) => html`<h1>State</h1>${region('list')}` }));
  await app.listen({ host: '127.0.0.1', port: 0 });
  url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}/`;
});
after(async () => {
  await browser.close();
  await app.close();
  await server.stop();
});
beforeEach(async () => {
  watched = await openPage(browser);
  await watched.page.goto(url);
  await watched.page.waitForSelector('#live[data-state=live]');
});

async function change(page: Page): Promise<void> {
  round += 1;
  await server.engine.store.write(async (tx) => tx.touch(TOPIC));
  await page.waitForSelector(`#said:has-text("Round ${round}")`);
}

test('checked boxes, open details, typed text, the focus, the caret, the scroll and a selection of text survive updates', async () => {
  const { page, troubles } = watched;
  await page.check('#row-1 input');
  await page.check('#row-3 input');
  await page.click('#more summary');
  await page.selectOption('#chosen', 'two');
  await page.$eval('#scroll', (element) => element.scrollTo(0, 300));
  await page.fill('#typed', 'half a wo');
  await page.$eval('#typed', (element) => element instanceof HTMLInputElement && element.setSelectionRange(4, 6));
  const state = () =>
    page.evaluate(() => {
      const typed = document.querySelector<HTMLInputElement>('#typed');
      return {
        checked: [...document.querySelectorAll<HTMLInputElement>('#scroll input:checked')].map(({ value }) => value),
        open: document.querySelector<HTMLDetailsElement>('#more')?.open,
        chosen: document.querySelector<HTMLSelectElement>('#chosen')?.value,
        scrolled: document.querySelector('#scroll')?.scrollTop,
        typed: typed?.value,
        caret: [typed?.selectionStart, typed?.selectionEnd],
        focus: document.activeElement?.id,
        selected: String(document.getSelection()),
      };
    });
  const before = await state();
  assert.deepEqual([before.checked, before.open, before.chosen, before.typed, before.caret, before.focus], [['1', '3'], true, 'two', 'half a wo', [4, 6], 'typed']);
  for (const _ of [1, 2, 3]) await change(page);
  assert.deepEqual(await state(), before);
  await page.$eval('#still', (element) => document.getSelection()?.selectAllChildren(element));
  await change(page);
  assert.equal((await state()).selected, 'A sentence that stays as it is.');
  assert.deepEqual(troubles, []);
  await page.context().close();
});

test('an open dialog stays open and modal', async () => {
  const { page, troubles } = watched;
  await page.$eval('#sure', (element) => element instanceof HTMLDialogElement && element.showModal());
  await change(page);
  assert.deepEqual(await page.evaluate(() => [document.querySelector('dialog:modal')?.id, document.activeElement?.textContent]), ['sure', 'Yes']);
  assert.deepEqual(troubles, []);
  await page.context().close();
});

test('a hidden tab closes its stream, and shows the true state when it is seen again', async () => {
  const { page } = watched;
  const hide = (hidden: boolean) =>
    page.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  streamEnded = Promise.withResolvers<void>();
  await hide(true);
  await streamEnded.promise;
  await page.waitForSelector('#live[data-state=paused]');
  round += 5;
  await server.engine.store.write(async (tx) => tx.touch(TOPIC));
  await hide(false);
  await page.waitForSelector(`#said:has-text("Round ${round}")`);
  await page.waitForSelector('#live[data-state=live]');
  await page.context().close();
});

test('who loses the network for a while comes back to the true state', async () => {
  const { page } = watched;
  await page.context().setOffline(true);
  await page.waitForSelector('#live[data-state=lost]');
  await page.check('#row-2 input');
  round += 100;
  await server.engine.store.write(async (tx) => tx.touch(TOPIC));
  await page.context().setOffline(false);
  await page.waitForSelector(`#said:has-text("Round ${round}")`, { timeout: 20_000 });
  const shown = await page.$eval('#list', (element) => element.textContent);
  const fresh = /<div class="region" id="list">(.*?)<\/div>\s*<\/main>/s.exec(await (await fetch(url)).text())?.[1]?.replaceAll(/<[^>]*>/g, '');
  assert.equal(shown, fresh);
  assert.ok(await page.isChecked('#row-2 input'));
  await page.context().close();
});
