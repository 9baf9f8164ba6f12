import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
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

const machine = { name: 'theirs', hardware: { cpu_cores: 2, ram_gb: 4 }, runtimes: { node: '26.0.0' } };

for (const javaScriptEnabled of [true, false]) {
  test(`${javaScriptEnabled ? 'with' : 'without'} scripts an account is added, given credits for a reason, and lends a machine`, async () => {
    const { page, troubles } = await openPage(browser, { javaScriptEnabled });
    const name = `آدا 🦀 ${javaScriptEnabled ? 'one' : 'two'}`;
    await page.goto(`${server.url}/credits`);
    await page.getByRole('button', { name: 'Accounts' }).click();
    await page.getByLabel('Name').fill('This server');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('is the name of another account already').first().waitFor();
    await page.getByLabel('Name').fill(name);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByRole('heading', { level: 1, name }).waitFor();
    const token = /--token (\S+)/.exec((await page.locator('#enrolment').first().textContent()) ?? '')?.[1] ?? assert.fail('its token is shown');
    assert.equal((await server.call('POST', '/api/v1/workers', machine, token)).status, 201);
    await page.reload();
    await page.getByRole('link', { name: 'theirs' }).waitFor();

    await page.getByLabel('Credits', { exact: true }).fill('12.5');
    await page.getByRole('button', { name: 'Grant' }).click();
    await page.getByText('is needed').waitFor();
    assert.equal(await page.getByLabel('Credits', { exact: true }).inputValue(), '12.5', 'what was typed is still there');
    await page.getByLabel('Reason').fill('For the summer school');
    await page.getByRole('button', { name: 'Grant' }).click();
    await page.getByText('1,012.50').first().waitFor();
    await page.locator('#entries tbody a').first().click();
    await page.getByText('For the summer school').waitFor();

    await page.goBack();
    await page.getByRole('button', { name: 'Renew the token' }).click();
    await page.getByText('Copy it now').waitFor();
    assert.equal((await server.call('POST', '/api/v1/workers', machine, token)).status, 401, 'the token before opens nothing any more');
    await page.getByRole('button', { name: 'Revoke it' }).click();
    await page.getByText('No machine can join').waitFor();
    assert.deepEqual(troubles.filter((trouble) => !/status of 422/.test(trouble)), []);
    await page.context().close();
  });
}

test('another browser does not see the token', async () => {
  const added = await server.call('POST', '/credits/accounts', 'name=Shy', null, { 'content-type': 'application/x-www-form-urlencoded' });
  assert.equal(added.status, 303);
  const [path, cookie] = [added.headers.get('location') ?? '', added.headers.get('set-cookie') ?? ''];
  assert.match(cookie, /HttpOnly/);
  const read = async (sent: string) => (await server.call('GET', path, undefined, null, { cookie: sent })).body;
  const token = /enrolment=([^;]+)/.exec(cookie)?.[1] ?? assert.fail();
  assert.ok((await read(`enrolment=${token}`)).includes(token));
  assert.ok(!(await read('')).includes('--token'));
  // A token of anybody else is no token of this account, wherever it comes from.
  assert.ok(!(await read(`enrolment=${server.enrolmentToken}`)).includes('--token'));
});
