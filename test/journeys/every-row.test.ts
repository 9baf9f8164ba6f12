// The rows of lists and of the place itself: overview, briefs, families, workers, credits, experiments, settings.
// Those of one campaign are in campaign-rows.test.ts, and those of the tables of tasks in task-table.test.ts.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { smallBrief } from '#test/running-server.ts';
import { openPage, startBrowser } from './browser.ts';
import { startHalfDone, type HalfDone } from './half-done.ts';

describe('the place and its lists', { timeout: 300_000 }, () => {
  let site: HalfDone;
  let browser: Browser;
  before(async () => {
    [site, browser] = await Promise.all([startHalfDone(), startBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await site?.server.stop();
  });

  const said = (page: Page, part = 'main'): Promise<string> => page.locator(part).innerText();
  const open = async (page: Page, address: string): Promise<string> => {
    await page.goto(`${site.server.url}${address}`);
    return said(page);
  };
  const press = async (page: Page, part: string, name: string | RegExp): Promise<void> => {
    await Promise.all([page.waitForEvent('load'), page.locator(part).getByRole('button', { name, exact: true }).first().click()]);
  };
  const heads = async (page: Page, part: string): Promise<string[]> => (await page.locator(`${part} thead th`).allInnerTexts()).map((head) => head.trim());

  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? 'with' : 'without';

    test(`the overview tells what goes on, and leads from what failed to its requeueing and back (${how} scripts)`, async () => {
      const { page, troubles } = await openPage(browser, { javaScriptEnabled });
      const text = await open(page, '/');
      for (const part of [/Workers\s+1 online of 2\s+1 busy · 0 idle · 1 offline/, /Tasks\s+3 pending\s+1 running · 5 completed · 1 failed · 10 total/, /Families\s+2 campaigns/, /Briefs\s+2 questions asked/, /in circulation\s+.*earned in the last hour/]) assert.match(text, part);
      assert.match(await said(page, '#campaigns'), /Which bowl is deepest\?.*1\.000\s+loss.*6 \/ 8 · 1 failed/s);
      assert.ok((await page.locator('#campaigns svg').count()) > 0, 'the best so far is a small line');
      const attention = await said(page, '#attention');
      for (const part of [/stuck.*needs a GPU with 80 GB, has 24/s, /Which bowl is deepest\?\s+1 task failed, 5 completed\. Most often exit_code/, /lab-2\s+last heard 1 h ago/i]) assert.match(attention, part);
      assert.match(await said(page, '#fleet'), /lab-1.*finished per minute/is);
      assert.match((await page.locator('#fleet svg a').first().getAttribute('href')) ?? '', /^\/(tasks|workers)\//, 'every mark leads somewhere');

      await page.locator('#attention').getByRole('button', { name: 'See and requeue' }).click();
      await page.waitForURL(/\/tasks\?/);
      await page.getByRole('checkbox', { name: 'Select task 7' }).check();
      await press(page, '.selection-bar', /^Requeue/);
      assert.match(await said(page), /1 task requeued\..*Can be undone/s);
      await press(page, '.action-notice', 'Undo');
      assert.match(await said(page), /1 task as before again/);
      assert.deepEqual(troubles, []);
      await page.context().close();
    });

    test(`briefs are found, and their row says how each stands (${how} scripts)`, async () => {
      const { page, troubles } = await openPage(browser, { javaScriptEnabled });
      const { body: draft } = await site.server.call('POST', '/api/v1/briefs', smallBrief({ title: 'For later', draft: true }));
      await open(page, '/briefs');
      await page.getByLabel('Words of title, goal or experiment').fill('BOWL lowest');
      await page.getByLabel('State', { exact: true }).selectOption('running');
      await page.getByLabel('Owner').selectOption({ label: 'this server' });
      await page.getByLabel('Order').selectOption('oldest');
      await press(page, '.filters', 'Show');
      for (const [key, value] of Object.entries({ q: 'BOWL lowest', state: 'running', owner: 'local', sort: 'oldest' })) assert.equal(new URL(page.url()).searchParams.get(key), value);
      const rows = page.locator('#briefs tbody tr');
      assert.equal(await rows.count(), 1);
      assert.match(await rows.innerText(), new RegExp(`${site.brief.id.slice(-7)}.*Which bowl is deepest\\?\\s+The lowest loss\\..*running.*6 / 8 tasks · 1 failed.*1\\.000\\s+loss.*of 50\\.00 credits.*any`, 's'));
      assert.equal(await rows.getByRole('button', { name: 'Pause' }).isVisible(), true);
      await page.goBack();
      assert.equal(await rows.count(), 3);
      await press(page, `#brief-${draft.id}`, 'Launch');
      await press(page, 'main', 'Pause');
      await press(page, '.action-notice', 'Undo');
      assert.match(await said(page), /as before again/);
      assert.ok((await site.server.call('DELETE', `/api/v1/briefs/${draft.id}`)).status < 300);
      assert.deepEqual(troubles, []);
      await page.context().close();
    });

    test(`a family is listed with its figures, and with the baseline that its page was given (${how} scripts)`, async () => {
      const { page, troubles } = await openPage(browser, { javaScriptEnabled });
      await open(page, `/families/${site.brief.familyId}`);
      await page.getByText('Set a baseline').or(page.getByText('Change the baseline')).first().click();
      await page.locator('[name="baseline"]').fill(javaScriptEnabled ? '1.25' : '1.5');
      await Promise.all([page.waitForEvent('load'), page.locator('[name="baseline"]').press('Enter')]);
      await open(page, '/families');
      const columns = (await heads(page, '#families')).join();
      for (const column of [/Family/, /Name/, /State/, /Brief/, /Metric/, /Baseline/, /\bn\b/, /Best/, /Mean ± sd/, /Best so far/, /Tasks done/, /Created/]) assert.match(columns, column);
      assert.match(await page.locator(`#family-${site.brief.familyId}`).innerText(), new RegExp(`${javaScriptEnabled ? '1.250' : '1.500'}\\s+5\\s+1\\.000\\s+1\\.470\\s+± 0\\.`));
      assert.ok((await page.locator(`#family-${site.brief.familyId} svg`).count()) > 0);
      assert.deepEqual(troubles, []);
      await page.context().close();
    });

    test(`workers are found, drained and kept, and one says what it is and has done (${how} scripts)`, async () => {
      const { page, troubles } = await openPage(browser, { javaScriptEnabled });
      assert.match(await open(page, '/workers'), /1 of 2 online, 1 busy.*worker --server http:\S+ --token xn_enrolment_/s);
      const columns = (await heads(page, '#workers')).join();
      for (const column of [/Worker/, /State/, /CPU/, /RAM/, /GPU and VRAM/, /platform/i, /last heartbeat/i, /Load/, /At work on/, /Done/, /Failed/, /Earned/, /Actions/]) assert.match(columns, column);
      await page.getByLabel('Name or id').fill('lab');
      await page.getByLabel('State').selectOption('busy');
      await press(page, '.filters', 'Show');
      const rows = page.locator('#workers tbody tr');
      assert.equal(await rows.count(), 1);
      const row = await rows.innerText();
      for (const part of [/lab-1/, /busy/, /4 cores/, /16 GB/, /Example GPU\s+24 GB/, /linux/, /ago/, /CPU\s+50 %/, new RegExp(`${site.brief.familyId.slice(-7)}-6`), /5\s+4\s+0\.0[4-9]/]) assert.match(row, part);
      await press(page, '#workers tbody', 'Drain');
      assert.match(await open(page, `/workers/${site.busy.id}`), /lab-1 draining/);
      await press(page, 'main', 'Resume');
      const text = await said(page);
      for (const part of [/lab-1 busy/, /1\s+of 1 slot/, /5 completed, 4 failed, .*1 running/, /Runtimes\s+node 26\.10\.0/, /Reliability\s+Completed\s+5/, /quadratic\s+10\s+5\s+4/]) assert.match(text, part);
      await page.getByRole('link', { name: '6 h', exact: true }).click();
      await page.waitForURL(/hours=6/);
      await page.getByRole('button', { name: 'Remove…' }).click();
      await page.waitForURL(/remove$/);
      assert.match(await said(page), /1 task that it runs goes back to the queue.*5 completed attempts, 4 failed ones/s);
      await page.getByRole('link', { name: 'Keep it' }).click();
      await page.waitForURL(`**/workers/${site.busy.id}`);
      assert.deepEqual(troubles, []);
      await page.context().close();
    });

    test(`credits are filtered, burn down, are exported, and each entry proves itself (${how} scripts)`, async () => {
      const { page, troubles } = await openPage(browser, { javaScriptEnabled });
      assert.match(await open(page, '/credits'), /in circulation,.*Balances.*Workers\s+0\.0[4-9].*Together\s+0\.00/s);
      await open(page, `/credits?account=${site.busy.id}`);
      await page.getByLabel('Kind', { exact: true }).selectOption('result');
      await page.getByLabel('Id of a brief').fill(site.brief.id);
      await press(page, '.filters', 'Show');
      assert.equal(await page.locator('#entries tbody tr').count(), 5);
      assert.match(await said(page, '#burn-down'), /Budget of Which bowl is deepest\?.*Budget\s+50\.00\s+Spent\s+0\.0[4-9].*Held\s+0\.0/s);
      assert.equal(await page.locator('#burn-down svg[role=img]').isVisible(), true);
      const file = await site.server.call('GET', (await page.getByRole('link', { name: 'CSV' }).getAttribute('href')) ?? '', undefined, null);
      assert.equal(file.body.trim().split('\n').length, 6, 'a head and five entries');
      await page.locator('#entries tbody tr a').first().click();
      await page.waitForURL(/\/credits\/[0-9a-z]+$/);
      assert.match(await said(page), /Out of\s+Hold of a brief\s+Into\s+lab-1.*fixed 8,333 micro-credits for 0\.5 s of budgeted time.*That is the amount of this entry\./s);
      assert.deepEqual(troubles, []);
      await page.context().close();
    });

    test(`experiments say what they are and who can run them, and lead to a brief (${how} scripts)`, async () => {
      const { page, troubles } = await openPage(browser, { javaScriptEnabled });
      assert.match(await open(page, '/experiments'), /Quadratic bowl.*1 online worker can run it.*Metric\s+loss, lower is better.*Add an experiment.*experiment\.yaml/s);
      await page.getByRole('link', { name: /^Quadratic bowl/ }).click();
      await page.waitForURL('**/experiments/quadratic');
      const text = await said(page);
      for (const part of [/Contract\s+Metric\s+loss.*Requirements.*Command\s+node main\.mjs/s, /Search space\s+x\s+uniform -2 … 2/, /Who can run it\s+1 online worker can: lab-1/, /Recent campaigns.*Which bowl is deepest\?/s, /Script/]) assert.match(text, part);
      await page.locator('main .head').getByRole('button', { name: 'New brief' }).click();
      await page.waitForURL(/experiment=quadratic/);
      for (const label of ['Title', 'Goal', 'Experiment', 'Strategy', 'Seed', 'Number of tasks', 'Seeds per configuration', 'Constraints', 'Time budget per task', 'Budget in credits', 'Hardware profile']) assert.equal(await page.getByLabel(label, { exact: true }).isVisible(), true, label);
      await page.getByLabel('Title').fill('Too dear');
      await page.getByLabel('Time budget per task').fill('60');
      await page.getByLabel('Budget in credits').fill('1');
      await press(page, 'main', 'Create brief');
      const budget = page.locator('[name="budget_credits"][aria-invalid="true"]');
      const about = await Promise.all(((await budget.getAttribute('aria-describedby')) ?? '').split(' ').map((id) => said(page, `#${id}`)));
      assert.match(about.join(' '), /12 tasks of 60 s cost 12\.00 credits; the budget is 1\b/);
      assert.equal(await page.getByLabel('Title').inputValue(), 'Too dear');
      assert.deepEqual(troubles.filter((trouble) => !trouble.includes('422')), []);
      await page.context().close();
    });

    test(`settings choose the look, and say whose this is (${how} scripts)`, async () => {
      const { page, troubles } = await openPage(browser, { javaScriptEnabled, colorScheme: 'dark' });
      const text = await open(page, '/settings');
      for (const part of [/Version\s+\d+\.\d+\.\d+/, /This server owns every brief/, /admin\s+1.*enrolment\s+1.*worker\s+2/s]) assert.match(text, part);
      await page.getByLabel('light').check();
      await press(page, 'form[action="/settings/theme"]', 'Save');
      assert.equal(await page.locator('html').getAttribute('data-theme'), 'light');
      await open(page, '/?theme=dark&kiosk');
      assert.equal(await page.locator('html').getAttribute('data-theme'), 'dark');
      assert.deepEqual(troubles, []);
      await page.context().close();
    });
  }
});
