// The rows of one campaign: its brief, its family and its tasks. The brush, the comparison, the table of tasks, the log
// and what changes a brief have journeys of their own.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { openPage, startBrowser } from './browser.ts';
import { startHalfDone, type HalfDone } from './half-done.ts';

describe('a campaign that is half done', { timeout: 300_000 }, () => {
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
  const task = (number: number): string => `/tasks/${site.brief.familyId}-${number}`;
  const holds = (text: string, parts: readonly RegExp[]): void => {
    for (const part of parts) assert.match(text, part);
  };

  for (const javaScriptEnabled of [true, false]) {
    const how = javaScriptEnabled ? 'with' : 'without';

    test(`a brief answers first, with how sure it is, and shows each picture (${how} scripts)`, async () => {
      const { page, troubles } = await openPage(browser, { javaScriptEnabled });
      const text = await open(page, `/briefs/${site.brief.id}`);
      assert.ok(text.indexOf('The lowest loss.') < text.indexOf('leads with') && text.indexOf('leads with') < text.indexOf('Parallel coordinates') && text.indexOf('Parallel coordinates') < text.indexOf('Filter'), 'question, answer, pictures, tables');
      holds(text, [
        /leads with loss 1\.050 \(mean of 2 seeds, sd 0\.071\); 1 configuration is within the noise \(± 0\.\d+\); \d of \d+ done, 1 failed/,
        /Best single run.*1\.000/s,
        /Mean[^]*1\.470\s*±\s*0\.\d+\s+n\s*=\s*5/,
        /Runs\s+5 ok/,
        /Noise \(sd between seeds\)\s+0\.\d+ 2 degrees of freedom/,
        /Spent\s+0\.0[4-7]\d*\s+of \d+\.\d+ credits/,
        /Winning configuration.*1\.050\s*±\s*0\.0\d+\s+2 seeds\s+#1 #2/s,
        /Not to be told from it.*1\.125\s*±\s*0\.11\s+n\s*=\s*2/s,
        /Budget\s+\d+\.\d\d credits\s+Hardware\s+any\s+Requires\s+any CPU/,
      ]);
      await page.getByText('Train it by hand').click();
      assert.match(await said(page, '#by-hand'), /"seed":\d+.*main\.mjs --config-file config\.json/s);
      for (const [view, marks] of [['Slices', 'tasks'], ['Distribution', null], ['Value and time', 'tasks'], ['Learning curves', 'tasks'], ['Timeline', 'tasks']] as const) {
        await page.getByRole('link', { name: view, exact: true }).click();
        await page.waitForFunction((name) => document.querySelector('.gallery [aria-current]')?.textContent === name, view);
        assert.ok(((await page.locator('.gallery svg[aria-label]').first().getAttribute('aria-label')) ?? '').length > 20, `${view} is told in words`);
        if (marks !== null) assert.ok((await page.locator(`.gallery a[href^="/${marks}/"]`).count()) > 2, `the marks of ${view} are links`);
        assert.match((await page.locator('.gallery').getByRole('link', { name: 'Data as CSV' }).first().getAttribute('href')) ?? '', /export\?format=csv/);
      }
      assert.deepEqual(troubles, []);
      await page.context().close();
    });

    test(`a family shows exactly what ran on what, and groups it (${how} scripts)`, async () => {
      const { page, troubles } = await openPage(browser, { javaScriptEnabled });
      holds(await open(page, `/families/${site.brief.familyId}`), [
        /Brief\s+Which bowl is deepest\?\s+Metric\s+loss, lower is better\s+Baseline\s+none set.*Minimum resources\s+any CPU/s,
        /What exactly ran\s+Experiment\s+Quadratic bowl.*Started as\s+node main\.mjs\s+Package\s+[0-9a-f]{64}/s,
        /Task\s+State\s+loss\s+Seed\s+Time budget\s+Priority/,
      ]);
      await page.locator('#script summary').click();
      assert.match(await said(page, '#script'), /import .*--config-file/s);
      await page.getByLabel('Group by').selectOption('*');
      await page.getByLabel('Spread').selectOption('ci');
      await page.locator('#explorer').getByRole('button', { name: 'Show' }).click();
      await page.waitForURL(/spread=ci/);
      assert.match(await said(page, '#explored'), /n\s+mean loss\s+95 % interval.*2\s+1\.050\s+best\s+0\.4147 … 1\.685/s);
      assert.equal(await page.locator('#explored svg[aria-label]').first().isVisible(), true);
      assert.deepEqual(troubles, []);
      await page.context().close();
    });

    test(`a task shows what it was, what came of it, and how far it is from the best (${how} scripts)`, async () => {
      const { page, troubles } = await openPage(browser, { javaScriptEnabled });
      holds(await open(page, task(3)), [
        /loss 1\.050 on lab-1 in .*: 0\.05000 above the best of 5, 1\.000 \(compare\)/,
        /differs from the best in \d parameters · compare.*best: /s,
        /Result\s+loss\s+1\.050\s+steps\s+2.*Priority\s+0\s+Seed\s+\d+\s+Time budget\s+0\.5 s\s+Required resources\s+any CPU.*Code hash\s+[0-9a-f]{12}.*Duration/s,
        /Run it by hand.*main\.mjs --config-file \.\.\/config\.json/s,
      ]);
      assert.equal(await page.locator('#learning-curve svg[role=img]').isVisible(), true);
      const seed = /Seed\s+(\d+)/.exec(await said(page, '#facts'))?.[1];
      await page.getByRole('button', { name: 'Run once more…' }).click();
      await page.waitForURL(/rerun$/);
      assert.match(await said(page), new RegExp(`the same seed, ${seed}\\..*It costs 0\\.008333 credits, which the budget of`, 's'));
      await page.getByRole('button', { name: 'Run it once more' }).click();
      await page.waitForURL((url) => url.pathname.startsWith('/tasks/') && !url.pathname.includes('rerun'));
      holds(await said(page), [new RegExp(`Seed\\s+${seed}\\s`), /Waiting\./]);
      assert.deepEqual(troubles, []);
      await page.context().close();
    });

    test(`a task that waits says why, and one that failed leads to its lines (${how} scripts)`, async () => {
      const { page, troubles } = await openPage(browser, { javaScriptEnabled });
      holds(await open(page, task(8)), [/Waiting\.\s.*1 online worker fits, with 1 slot.*It starts in about/s]);
      holds(await open(page, `/tasks/${site.stuck.familyId}-1`), [/No worker fits.*needs a GPU with 80 GB, has 24/s]);
      const failed = await open(page, task(7));
      assert.match(failed, /Failed after 4 of 4 attempts on lab-1: exit_code/);
      const rows = page.locator('#attempts tbody tr');
      assert.equal(await rows.count(), 4);
      await rows.first().getByRole('link', { name: 'curve' }).click();
      await page.waitForURL(/attempt=/);
      assert.match(await said(page), /Log of attempt \d · show attempt 4.*step 1 is done/s);
      await page.locator('#attempts tbody tr').nth(1).getByRole('link', { name: 'log' }).click();
      await page.waitForURL(/\/log\?attempt=/);
      assert.match(await said(page), /step 1 is done/);
      assert.deepEqual(troubles, []);
      await page.context().close();
    });

    test(`the winner is confirmed with fresh seeds (${how} scripts)`, async () => {
      const { page, troubles } = await openPage(browser, { javaScriptEnabled });
      const tasks = async (): Promise<number> => (await site.server.call('GET', `/api/v1/briefs/${site.brief.id}`)).body.num_tasks;
      const before_ = await tasks();
      await open(page, `/briefs/${site.brief.id}`);
      await page.locator('main .head .menu > summary').click();
      await page.getByRole('link', { name: 'Confirm with fresh seeds…' }).click();
      await page.waitForURL(/confirm$/);
      assert.equal(await page.locator('[name="tasks"]:checked').count(), 2, 'the leader and its tie');
      await page.getByLabel('Fresh seeds each').fill('2');
      await page.getByRole('button', { name: 'Run them again' }).click();
      await page.waitForURL(`**/briefs/${site.brief.id}*`);
      assert.equal(await tasks(), before_ + 4);
      assert.deepEqual(troubles, []);
      await page.context().close();
    });
  }

  test('a running task grows its curve and its log on an open page', async () => {
    const { page, troubles } = await openPage(browser);
    const text = await open(page, task(6));
    holds(text, [/Running on lab-1 for .*; attempt 1, training time 0\.5 s/, /step 1 is done/]);
    await page.locator('#live[data-state="live"]').waitFor();
    await site.report(12);
    await page.locator('#log').getByText('step 12 is done').waitFor();
    await page.locator('#learning-curve svg[aria-label*="4 points"]').waitFor();
    assert.deepEqual(troubles, []);
    await page.context().close();
  });
});
