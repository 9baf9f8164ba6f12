// What people are told: the bell, toasts, the list, the browser's notifications, and webhooks, with scripts and without.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';
import { openPage, startBrowser } from './browser.ts';

let browser: Browser;
let server: TestServer;
let receiver: Server;
let worker: { workerId: string; token: string };
const received: { type: string; data: { subject: string } }[] = [];
const arrivals = new EventTarget();

before(async () => {
  [browser, server] = await Promise.all([startBrowser(), startTestServer({ webhook_allow: '127.0.0.1' })]);
  worker = await server.enrol();
  receiver = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    received.push(JSON.parse(body));
    response.writeHead(204).end();
    arrivals.dispatchEvent(new Event('message'));
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
});
after(async () => {
  await browser.close();
  await server.stop();
  receiver.closeAllConnections();
  receiver.close();
});

/** Runs a brief of one task to its end, which is an event. */
async function finishBrief(title: string): Promise<string> {
  const { body: brief } = await server.call('POST', '/api/v1/briefs', smallBrief({ title, num_tasks: 1 }));
  const { body: claimed } = await server.call('POST', '/api/v1/claims', { slots: 1, wait_seconds: 5 }, worker.token);
  const [{ task_id, attempt, lease_token }] = claimed.tasks;
  await server.call('POST', `/api/v1/tasks/${task_id}/result`, { attempt, lease_token, outcome: 'completed', metrics: { loss: 1.5 } }, worker.token);
  return brief.id;
}

test('an event rings the bell of an open page and shows as a toast, which takes no focus and can be dismissed', async () => {
  const { page, troubles } = await openPage(browser);
  await page.goto(`${server.url}/briefs/new`);
  await page.waitForSelector('#live[data-state=live]');
  await page.fill('[name=title]', 'Being typed');
  const briefId = await finishBrief('انتهى 🧪 first');
  const toast = page.locator('.toast');
  await toast.waitFor();
  assert.equal(await toast.locator('a').textContent(), 'Brief finished: انتهى 🧪 first');
  assert.equal(await toast.locator('a').getAttribute('href'), `${server.url}/briefs/${briefId}`);
  assert.match((await toast.locator('p').textContent()) ?? '', /^1 of 1 task completed, best loss 1\.5 \(synthetic values\)\.$/);
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('name')), 'title');
  assert.equal(await page.inputValue('[name=title]'), 'Being typed');
  await page.waitForSelector('.bell[aria-label="Notifications, 1 unread"]');
  await toast.getByRole('button', { name: 'Dismiss' }).click();
  await toast.waitFor({ state: 'detached' });
  assert.deepEqual(troubles, []);
  await page.reload();
  await page.waitForSelector('#live[data-state=live]');
  assert.equal(await toast.count(), 0, 'what was there when the page was opened is no news');
  await page.context().close();
});

test('the list fills by itself, is filtered by kind, and marks what is read', async () => {
  const { page, troubles } = await openPage(browser);
  await page.goto(`${server.url}/notifications`);
  await page.waitForSelector('#live[data-state=live]');
  await finishBrief('Second');
  await page.waitForSelector('.events li:has-text("Second")');
  await page.click('.kinds a:has-text("Worker gone")');
  await page.waitForSelector('.empty');
  await page.goBack();
  // Back may show the page as it was first sent, until it has caught up.
  await page.waitForSelector('.events li:has-text("Second")');
  await page.click('button:has-text("Mark all as read")');
  await page.waitForSelector('.bell[aria-label="Notifications"]');
  assert.equal(await page.locator('.unread').count(), 0);
  assert.deepEqual(troubles, []);
  await page.context().close();
});

test('without scripts the list, its filter and its marks work, and a webhook is added, tried and deleted', async () => {
  await finishBrief('Third');
  const { page } = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(server.url);
  await page.click('.bell');
  await page.click('.kinds a:has-text("Brief finished")');
  assert.match(await page.innerText('.events'), /Third/);
  await page.click('.kinds a:has-text("All")');
  await page.click('button:has-text("Mark all as read")');
  assert.equal(await page.locator('.unread').count(), 0);

  await page.click('a:has-text("Webhooks")');
  await page.fill('#address', 'http://169.254.169.254/latest');
  await page.uncheck('[value=new_best]');
  await page.click('button:has-text("Add")');
  assert.match(await page.innerText('#address-wrong'), /webhook_allow does not name/);
  assert.equal(await page.inputValue('#address'), 'http://169.254.169.254/latest');
  assert.equal(await page.isChecked('[value=new_best]'), false);
  await page.fill('#address', `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`);
  await page.click('button:has-text("Add")');
  assert.match(await page.innerText('#secret'), /^whsec_/);
  const arrived = once(arrivals, 'message');
  await page.click('button:has-text("Send a test")');
  await arrived;
  await finishAndWait('Fourth');
  assert.deepEqual(received.map(({ type, data }) => [type, data.subject]), [['test', 'A test'], ['brief_finished', 'Fourth']]);
  await page.click('button:has-text("Switch off")');
  await page.click('button:has-text("Delete this webhook")');
  assert.match(await page.innerText('.empty'), /There is no webhook/);
  await page.context().close();
});

async function finishAndWait(title: string): Promise<void> {
  const arrived = once(arrivals, 'message');
  await finishBrief(title);
  await arrived;
}

test('a hidden tab that may shows an event as a notification of the browser, and one that is seen does not', async () => {
  const { page, troubles } = await openPage(browser, { permissions: ['notifications'] });
  // The system's notifications cannot be looked at from here, so what the page hands to the browser is noted.
  await page.addInitScript(() => {
    const shown: string[] = [];
    class Noted extends EventTarget {
      static permission = 'granted';
      static requestPermission = async () => 'granted';
      constructor(title: string) {
        super();
        shown.push(title);
      }
    }
    Object.assign(window, { shown, Notification: Noted });
  });
  await page.clock.install();
  await page.goto(`${server.url}/notifications`);
  await page.waitForSelector('#live[data-state=live]');
  await page.click('#notify-switch');
  await page.waitForSelector('#notify-switch:has-text("Stop")');
  await finishBrief('While seen');
  await page.waitForSelector('.toast');
  assert.deepEqual(await page.evaluate('window.shown'), []);
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await finishBrief('While hidden');
  // It asks every 15 s.
  await page.clock.fastForward(16_000);
  await page.waitForFunction(() => Reflect.get(window, 'shown').length > 0);
  assert.deepEqual(await page.evaluate('window.shown'), ['Brief finished: While hidden']);
  assert.deepEqual(troubles, []);
  await page.context().close();
});
