// All tasks that match a filter, more than are done while one waits: what is done to them, how far it is, and its undoing.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { Action } from '#core/action.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { TOPICS } from '#engine/engine.ts';
import { newAction } from '#engine/new-action.ts';
import { holdAction, insertAction } from '#store/action.ts';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';
import { openPage, startBrowser } from './browser.ts';

/** More tasks than one request acts on. */
const TASKS = 300;
const FILTER = 'lr<0.05 x>=-2';

describe('all that match', { timeout: 300_000 }, () => {
  let server: TestServer;
  let browser: Browser;
  let brief: { id: string; family_id: string };
  before(async () => {
    [server, browser] = await Promise.all([startTestServer(), startBrowser()]);
    brief = (await server.call('POST', '/api/v1/briefs', smallBrief({ num_tasks: TASKS, budget_credits: 1000 }))).body;
    await server.call('POST', '/api/v1/briefs', smallBrief({ title: 'Not to be touched' }));
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  /** How many tasks of each state match, and how many are cancelled anywhere. */
  const states = async (): Promise<{ pending: number; cancelled: number; cancelledAnywhere: number }> => {
    const { body } = await server.call('GET', `/families/${brief.family_id}/export?format=json&filter=${encodeURIComponent(FILTER)}`, undefined, null);
    const of = (state: string): number => body.filter((task: { state: string }) => task.state === state).length;
    return { pending: of('pending'), cancelled: of('cancelled'), cancelledAnywhere: (await server.call('GET', '/api/v1/stats')).body.tasks.cancelled };
  };
  const press = async (page: Page, part: string, name: string | RegExp): Promise<void> => {
    await Promise.all([page.waitForEvent('load'), page.locator(part).getByRole('button', { name, exact: true }).first().click()]);
  };

  for (const { javaScriptEnabled, address, family } of [
    { javaScriptEnabled: true, address: () => `/families/${brief.family_id}`, family: () => '' },
    { javaScriptEnabled: false, address: () => '/tasks', family: () => `family:${brief.family_id} ` },
  ]) {
    test(`are cancelled in the background and given back, ${javaScriptEnabled ? 'with scripts in a family' : 'without scripts among all tasks'}`, async () => {
      const { page, troubles } = await openPage(browser, { javaScriptEnabled });
      /** Waits for words of the page: it is live, or is asked for again. */
      const until = async (words: RegExp): Promise<void> => {
        if (javaScriptEnabled) return page.locator('main').getByText(words).first().waitFor();
        while (!words.test(await page.locator('main').innerText())) await page.reload();
      };
      const { pending: many } = await states();
      assert.ok(many > 200 && many < TASKS, `${many} tasks match`);

      await page.goto(`${server.url}${address()}`);
      await page.locator('#filter').fill(`${family()}${FILTER}`);
      await Promise.all([page.waitForURL(/filter=/), page.locator('#filter').press('Enter')]);
      const all = page.getByRole('checkbox', { name: `All that match: ${many}`, exact: true });
      await all.check();
      if (javaScriptEnabled) assert.match(await page.locator('.selection-bar').innerText(), new RegExp(`^All that match \\(${many}\\):\\s+Requeue 0\\s+Cancel ${many}\\s+Set priority ${many}`));
      await press(page, '.selection-bar', /^Cancel/);
      assert.match(page.url(), /\/actions\/[0-9a-z]+$/, 'so many go on in the background, and a page shows how far they are');
      await until(new RegExp(`^${many} tasks cancelled\\.`, 'm'));
      assert.match(await page.locator('main').innerText(), new RegExp(`Done\\s+${many}\\s+Left as they were\\s+0\\s+In all\\s+${many}`));
      assert.deepEqual(await states(), { pending: 0, cancelled: many, cancelledAnywhere: many });

      await until(/Can be undone/);
      await press(page, '.action-notice', 'Undo');
      await until(new RegExp(`^${many} tasks as before again\\.`, 'm'));
      assert.deepEqual(await states(), { pending: many, cancelled: 0, cancelledAnywhere: 0 });
      assert.deepEqual(troubles, []);
      await page.context().close();
    });
  }

  test('an action that goes on shows its bar, and its end without a reload', async () => {
    const { page, troubles } = await openPage(browser);
    const { store, now } = server.engine;
    const action: Action = { ...newAction(server.engine, LOCAL_ID), verb: 'priority', priority: 7, filter: '', familyId: brief.family_id, total: TASKS };
    // Another server is at work on it, until it lets go.
    const elsewhere = 'another-server';
    await store.write((tx) => insertAction(tx, action, { id: elsewhere, until: now() + 60_000 }));
    await page.goto(`${server.url}/actions/${action.id}`);
    assert.match(await page.locator('main').innerText(), new RegExp(`Changing the priority of ${TASKS} tasks: 0 done so far\\..*It goes on by itself, also when this page is closed`, 's'));
    assert.equal(await page.locator('#action svg.progress').getAttribute('aria-label'), `0 of ${TASKS}`);
    await page.locator('#live[data-state="live"]').waitFor();
    await store.write(async (tx) => {
      await holdAction(tx, action.id, { id: elsewhere, now: now(), until: 0 });
      tx.touch(TOPICS.actions);
    });
    await page.locator('main').getByText(new RegExp(`^${TASKS} tasks given priority 7\\.`)).first().waitFor();
    assert.deepEqual(troubles, []);
    await page.context().close();
  });
});
