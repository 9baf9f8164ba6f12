import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { openPage, startBrowser } from '#test/journeys/browser.ts';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';

let browser: Browser;
let dataDir: string;
let server: TestServer;
before(async () => {
  browser = await startBrowser();
  dataDir = await mkdtemp(join(tmpdir(), 'xeenet-live-'));
  server = await startTestServer({ data: dataDir });
});
after(async () => {
  await browser.close();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

async function submitBrief(title: string): Promise<{ id: string; family_id: string }> {
  const { status, body } = await server.call('POST', '/api/v1/briefs', smallBrief({ title }));
  assert.equal(status, 201);
  return body;
}

test('a page takes a change in place: what has the focus keeps it', async () => {
  const { page, troubles } = await openPage(browser);
  const { id } = await submitBrief('Seen first');
  await page.goto(server.url);
  await page.waitForSelector('#live[data-state=live]');
  const row = `#campaign-${id}`;
  await page.focus(`${row} a`);
  await page.evaluate((selector) => Object.assign(window, { row: document.querySelector(selector) }), row);
  await submitBrief('Seen next');
  await page.waitForSelector('#campaigns tr:has-text("Seen next")');
  const kept = await page.evaluate((selector) => [Reflect.get(window, 'row') === document.querySelector(selector), document.activeElement === document.querySelector(`${selector} a`)], row);
  assert.deepEqual(kept, [true, true], 'the row is the same element and has the focus');
  assert.deepEqual(troubles, []);
  await page.context().close();
});

test('what a person opened stays open when its region changes', async () => {
  const { page, troubles } = await openPage(browser);
  const { id } = await submitBrief('Opened');
  const { token } = await server.enrol();
  const finishOne = async (loss: number): Promise<void> => {
    const { body } = await server.call('POST', '/api/v1/claims', { slots: 1, wait_seconds: 0 }, token);
    const [{ task_id, attempt, lease_token }] = body.tasks;
    await server.call('POST', `/api/v1/tasks/${task_id}/result`, { attempt, lease_token, outcome: 'completed', metrics: { loss } }, token);
  };
  const { body: running } = await server.call('GET', '/api/v1/briefs?state=running');
  for (const other of running.items) if (other.id !== id) await server.call('POST', `/api/v1/briefs/${other.id}/pause`);
  await finishOne(2);
  await page.goto(`${server.url}/briefs/${id}`);
  await page.waitForSelector('#live[data-state=live]');
  await page.click('details summary');
  await finishOne(1.5);
  await page.waitForSelector('#main:has-text("1.500")');
  assert.ok(await page.$eval('details', (details) => details instanceof HTMLDetailsElement && details.open));
  assert.deepEqual(troubles, []);
  await page.context().close();
});

test('a lost server shows within seconds, and the page heals to the true state when it is back', async () => {
  const { page } = await openPage(browser);
  await page.goto(server.url);
  await page.waitForSelector('#live[data-state=live]');
  const port = Number(new URL(server.url).port);
  await server.stop();
  await page.waitForSelector('#live[data-state=lost]', { timeout: 10_000 });
  server = await startTestServer({ data: dataDir, port });
  await submitBrief('Asked while nobody saw');
  await page.waitForSelector('#campaigns tr:has-text("Asked while nobody saw")', { timeout: 20_000 });
  await page.waitForSelector('#live[data-state=live]', { timeout: 20_000 });
  await page.context().close();
});

test('where no stream comes through the page asks at intervals, and streams again when it can', async () => {
  const { page } = await openPage(browser);
  let streaming = false;
  await page.route('**/live/**', (route) => (streaming || !(route.request().headers()['accept'] ?? '').includes('text/event-stream') ? route.continue() : route.abort()));
  await page.goto(server.url);
  await page.waitForSelector('#live[data-state=polling]', { timeout: 20_000 });
  await submitBrief('Found by asking');
  await page.waitForSelector('#campaigns tr:has-text("Found by asking")', { timeout: 10_000 });
  streaming = true;
  await page.waitForSelector('#live[data-state=live]', { timeout: 20_000 });
  await page.context().close();
});

test('times tick without requests', async () => {
  const { page, troubles } = await openPage(browser);
  const { workerId } = await server.enrol();
  await page.goto(`${server.url}/workers/${workerId}`);
  await page.waitForSelector('#live[data-state=live]');
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  const seconds = () => page.$eval('#now time[data-tick=ago]', (time) => Number.parseInt(time.textContent ?? '', 10) || 0);
  const first = await seconds();
  await page.waitForFunction((before) => Number.parseInt(document.querySelector('#now time[data-tick=ago]')?.textContent ?? '', 10) > before + 1, first);
  assert.deepEqual(requests, []);
  assert.deepEqual(troubles, []);
  await page.context().close();
});
