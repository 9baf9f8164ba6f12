import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';
import { openPage, startBrowser } from './browser.ts';

let server: TestServer;
let browser: Browser;
before(async () => {
  [server, browser] = await Promise.all([startTestServer(), startBrowser()]);
  await server.enrol({ cpu_cores: 2 });
});
after(async () => {
  await browser.close();
  await server.stop();
});

test('the preview follows what is typed, and takes neither focus nor text', async () => {
  const { page, troubles } = await openPage(browser);
  await page.goto(`${server.url}/briefs/new?experiment=quadratic`);
  await page.getByLabel('Title').fill('Typed before');
  const tasks = page.getByLabel('Number of tasks');
  await tasks.focus();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('6', { delay: 20 });
  await page.getByText('First 6 configurations of 6').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'num_tasks');
  assert.deepEqual([await tasks.inputValue(), await page.getByLabel('Title').inputValue()], ['6', 'Typed before']);
  assert.match((await page.locator('#preview time').getAttribute('datetime')) ?? '', /^\d{4}-/);
  await page.keyboard.press('Backspace');
  await page.getByText('It cannot be run yet').waitFor();
  await page.keyboard.type('2');
  await page.getByLabel('Hardware profile').selectOption('large');
  await page.getByText('needs 8 CPU cores, has 2').waitFor();
  await page.locator('input[name="space.lr.only"]').fill('0.01');
  await page.locator('#preview td', { hasText: /^0\.010*$/ }).first().waitFor();
  await page.getByRole('button', { name: 'Create brief' }).click();
  await page.getByRole('heading', { level: 1, name: /Typed before/ }).waitFor();
  assert.deepEqual(troubles, []);
  await page.context().close();
});

test('a file from the disk fills the form in', async () => {
  const { page, troubles } = await openPage(browser);
  const { body: brief } = await server.call('POST', '/api/v1/briefs', smallBrief({ title: 'From the disk', draft: true }));
  const file = (await server.call('GET', `/briefs/${brief.id}/brief.yaml`, undefined, null)).body;
  await page.goto(`${server.url}/briefs/new`);
  await page.getByText('Fill it in from a YAML file').click();
  await page.getByLabel('A YAML file from your disk').setInputFiles({ name: 'brief.yaml', mimeType: 'application/yaml', buffer: Buffer.from(file) });
  await page.waitForFunction(() => (document.getElementById('file') as HTMLTextAreaElement).value.includes('From the disk'));
  await page.getByRole('button', { name: 'Fill in the form' }).click();
  await page.getByText('The form below is filled in from the file').waitFor();
  assert.equal(await page.getByLabel('Title').inputValue(), 'From the disk');
  assert.deepEqual(troubles, []);
  await page.context().close();
});

test('without scripts a draft is kept, edited, cloned and launched', async () => {
  const { page, troubles } = await openPage(browser, { javaScriptEnabled: false });
  await page.goto(`${server.url}/briefs/new?experiment=quadratic`);
  await page.getByLabel('Title').fill('Kept for later');
  await page.getByLabel('Keep it as a draft').check();
  await page.getByRole('button', { name: 'Create brief' }).click();
  await page.getByText('Not launched').waitFor();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await page.getByLabel('Number of tasks').fill('3');
  await page.locator('input[name="space.lr.only"]').fill('0.01');
  await page.getByRole('button', { name: 'Preview' }).last().click();
  await page.getByText('First 3 configurations of 3').waitFor();
  await page.getByRole('button', { name: 'Reset lr' }).click();
  assert.deepEqual([await page.locator('input[name="space.lr.only"]').inputValue(), await page.getByLabel('Number of tasks').inputValue()], ['', '3']);
  await page.getByRole('button', { name: 'Save and launch' }).click();
  await page.getByText('3 tasks waiting').waitFor();
  await page.getByRole('button', { name: 'Clone', exact: true }).click();
  assert.deepEqual([await page.getByLabel('Title').inputValue(), await page.getByLabel('Number of tasks').inputValue()], ['Kept for later', '3']);
  assert.deepEqual(troubles, []);
  await page.context().close();
});
