import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { smallBrief, startTestServer, type TestServer } from '#test/running-server.ts';
import { openPage, startBrowser } from './browser.ts';

const HOSTILE = `<img src=x onerror=alert(1)><script>alert(2)</script>"><svg onload=alert(3)>' onmouseover='alert(4) \`\${alert(5)}\` javascript:alert(6) </title></textarea></style> 🦀 مرحبا ${'long'.repeat(20)}`;

describe('hostile text in every field', { timeout: 120_000 }, () => {
  let server: TestServer;
  let browser: Browser;
  const addresses = ['/', '/briefs', '/briefs/new', '/families', '/tasks', '/workers', '/credits', '/experiments', '/settings', '/nothing'];
  before(async () => {
    [server, browser] = await Promise.all([startTestServer(), startBrowser()]);
    const brief = (await server.call('POST', '/api/v1/briefs', smallBrief({ title: HOSTILE.slice(0, 200), goal: HOSTILE, num_tasks: 5 }))).body;
    const machine = { cpu_model: HOSTILE.slice(0, 200), cpu_cores: 4, ram_gb: 16, gpus: [{ model: HOSTILE.slice(0, 200), vram_gb: 8 }], platform: HOSTILE.slice(0, 200), arch: HOSTILE.slice(0, 200) };
    const worker = (await server.call('POST', '/api/v1/workers', { name: HOSTILE.slice(0, 100), hardware: machine, runtimes: { node: '26', [HOSTILE.slice(0, 60)]: HOSTILE.slice(0, 60) } })).body;
    for (let round = 0; round < 3; round += 1) {
      const [task] = (await server.call('POST', '/api/v1/claims', {}, worker.token)).body.tasks;
      const lease = { attempt: task.attempt, lease_token: task.lease_token };
      const path = `/api/v1/tasks/${task.task_id}`;
      await server.call('POST', `${path}/log`, { ...lease, text: `${HOSTILE}\n\u001b[31mred\u001b[0m\n` }, worker.token);
      await server.call('POST', `${path}/metrics`, { ...lease, points: [1, 2, 3].map((step) => ({ step, name: HOSTILE.slice(0, 60), value: step })) }, worker.token);
      await server.call('POST', `${path}/metrics`, { ...lease, points: [1, 2, 3].map((step) => ({ step, name: 'loss', value: 1 / step })) }, worker.token);
      const ends = [
        { outcome: 'completed', metrics: { loss: 1.5, [HOSTILE.slice(0, 60)]: HOSTILE } },
        { outcome: 'failed', error: { kind: HOSTILE.slice(0, 60), message: HOSTILE } },
      ];
      if (round < 2) await server.call('POST', `${path}/result`, { ...lease, ...ends[round] }, worker.token);
      addresses.push(`/tasks/${task.task_id}`, `/tasks/${task.task_id}/log`);
    }
    addresses.push(`/briefs/${brief.id}`, `/briefs/new?clone=${brief.id}`, `/families/${brief.family_id}`, `/workers/${worker.worker_id}`, `/tasks?family_id=${encodeURIComponent(HOSTILE.slice(0, 60))}`);
  });
  after(async () => {
    await browser.close();
    await server.stop();
  });

  for (const [width, colorScheme] of [[1360, 'dark'], [360, 'light']] as const) {
    test(`is inert on every page, which keeps its width (${width} px, ${colorScheme})`, async () => {
      const { page, troubles } = await openPage(browser, { viewport: { width, height: 800 }, colorScheme });
      for (const address of addresses) {
        await page.goto(`${server.url}${address}`);
        const injected = await page.locator('img[src="x"], main script, main [onload], main [onerror], main [onmouseover], a[href^="javascript:"]').count();
        assert.equal(injected, 0, `${address} holds no injected element`);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(overflow <= 0, `${address} is ${overflow} px wider than a window of ${width} px`);
      }
      assert.deepEqual(troubles.filter((trouble) => !/status of 4\d\d/.test(trouble)), []);
      await page.context().close();
    });
  }
});
