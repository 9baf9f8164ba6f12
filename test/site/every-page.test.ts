// Every page at once: valid HTML, light, accessible in both themes, and as wide as its window.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import type { AxeResults } from 'axe-core';
import { HtmlValidate } from 'html-validate';
import type { Browser, Page } from 'playwright-core';
import { openPage, startBrowser } from '#test/journeys/browser.ts';
import { paths } from '#web/paths.ts';
import { openExampleSite, type ExampleSite } from './example-site.ts';

/** The first view of a page with all that it loads, compressed, may have so many bytes. */
const MOST_BYTES = 60 * 1024;

/** What the standard demands and what people with assistive technology rely on; not how the markup is laid out. */
const validator = new HtmlValidate({
  extends: ['html-validate:standard', 'html-validate:a11y'],
  rules: {
    // Pico draws links that lead to an action as buttons by this role.
    'prefer-native-element': ['error', { exclude: ['button', 'region', 'group', 'listbox', 'option', 'article'] }],
    'no-redundant-role': 'error',
  },
});

describe('every page', { timeout: 300_000 }, () => {
  let site: ExampleSite;
  let browser: Browser;
  before(async () => {
    [site, browser] = await Promise.all([openExampleSite(), startBrowser()]);
  });
  after(async () => {
    await browser?.close();
    await site?.stop();
  });

  test('is valid HTML', async () => {
    const found: string[] = [];
    for (const address of site.addresses) {
      // The style guide shows fragments several times, each with its one id.
      if (address === paths.styleguide()) continue;
      const report = await validator.validateString(await (await fetch(`${site.server.url}${address}`)).text(), address);
      found.push(...report.results.flatMap(({ messages }) => messages.map((one) => `${address}:${one.line}:${one.column} ${one.ruleId}: ${one.message}`)));
    }
    assert.deepEqual(found, []);
  });

  test('weighs at most 60 KB with all that it loads', async () => {
    const assets = new Map<string, number>();
    const heavy: string[] = [];
    for (const address of site.addresses) {
      const document = await (await fetch(`${site.server.url}${address}`)).text();
      const loaded = [...document.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path = '']) => path);
      let bytes = brotliCompressSync(document).byteLength;
      for (const path of new Set(loaded)) {
        if (!assets.has(path)) assets.set(path, await compressedSize(`${site.server.url}${path}`));
        bytes += assets.get(path) ?? 0;
      }
      if (bytes > MOST_BYTES) heavy.push(`${address}: ${bytes} bytes`);
    }
    assert.deepEqual(heavy, []);
  });

  for (const [colorScheme, width] of [['dark', 360], ['light', 1920]] as const) {
    test(`is accessible and keeps its width (${colorScheme}, ${width} px)`, async () => {
      const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
      const { page, troubles } = await openPage(browser, { viewport: { width, height: 900 }, colorScheme });
      const found: string[] = [];
      for (const address of site.addresses) {
        await page.goto(`${site.server.url}${address}`);
        await page.evaluate(axe);
        const { violations } = await page.evaluate<AxeResults>('axe.run()');
        found.push(...violations.map((one) => `${address} ${one.id}: ${one.help} (${one.nodes.map((node) => node.target.join(' ')).join(', ')})`));
        found.push(...(await overflow(page)));
      }
      assert.deepEqual(found, []);
      assert.deepEqual(troubles.filter((trouble) => !/status of 404/.test(trouble)), []);
      await page.context().close();
    });
  }

  test('has colours with enough contrast in the other theme of each width, and keeps that width too', async () => {
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const found: string[] = [];
    for (const [colorScheme, width] of [['light', 360], ['dark', 1920]] as const) {
      const { page } = await openPage(browser, { viewport: { width, height: 900 }, colorScheme });
      for (const address of site.addresses) {
        await page.goto(`${site.server.url}${address}`);
        await page.evaluate(axe);
        const { violations } = await page.evaluate<AxeResults>("axe.run({ runOnly: ['color-contrast'] })");
        found.push(...violations.map((one) => `${address} ${one.id} (${one.nodes.map((node) => node.target.join(' ')).join(', ')})`));
        found.push(...(await overflow(page)));
      }
      await page.context().close();
    }
    assert.deepEqual(found, []);
  });
});

/** By how much a page is wider than its window, if it is. */
async function overflow(page: Page): Promise<string[]> {
  const pixels = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  return pixels > 0 ? [`${page.url()} is ${pixels} px wider than its window`] : [];
}

/** The bytes of a file as they travel to a browser. */
async function compressedSize(address: string): Promise<number> {
  const answer = await fetch(address, { headers: { 'accept-encoding': 'identity' } });
  return brotliCompressSync(Buffer.from(await answer.arrayBuffer())).byteLength;
}
