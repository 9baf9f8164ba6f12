import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { submitExhausted } from '#test/exhausted-brief.ts';
import { startTestServer, type TestServer } from '#test/running-server.ts';
import { openPage, startBrowser } from './browser.ts';

let server: TestServer;
let browser: Browser;
before(async () => {
  [server, browser] = await Promise.all([startTestServer(), startBrowser()]);
});
after(async () => {
  await browser.close();
  await server.stop();
});

for (const javaScriptEnabled of [true, false]) {
  test(`${javaScriptEnabled ? 'with' : 'without'} scripts a brief that ran out says what is missing, wherever it is, and goes on once it is topped up`, async () => {
    const title = `Runs out ${javaScriptEnabled ? 'early' : 'late'}`;
    const brief = await submitExhausted(server, { title });
    const { page, troubles } = await openPage(browser, { javaScriptEnabled });
    await page.goto(`${server.url}/`);
    await page.locator('#attention').getByText('It has run out of credits').waitFor();
    await page.goto(`${server.url}/briefs?state=exhausted`);
    await page.getByRole('link', { name: title }).first().click();
    await page.getByText(/are missing for the next task/).first().waitFor();
    await page.goto(`${server.url}/tasks/${brief.family_id}-1`);
    await page.getByText(/is exhausted\. It has run out of credits/).waitFor();
    await page.getByRole('link', { name: 'Top it up' }).click();

    const budget = page.getByLabel('Budget of the brief, in credits');
    const suggested = await budget.inputValue();
    await budget.fill('0.003');
    await page.getByRole('button', { name: 'Top up' }).click();
    await page.getByText(/must be at least/).first().waitFor();
    assert.equal(await budget.inputValue(), '0.003', 'what was typed is still there');
    await budget.fill(suggested);
    await page.getByRole('button', { name: 'Top up' }).click();
    await page.getByRole('heading', { level: 1, name: new RegExp(title) }).waitFor();
    assert.equal((await server.call('GET', `/api/v1/briefs/${brief.id}`)).body.state, 'running');
    await server.call('POST', `/api/v1/briefs/${brief.id}/cancel`, {});
    assert.deepEqual(troubles.filter((trouble) => !/status of 422/.test(trouble)), []);
    await page.context().close();
  });
}
