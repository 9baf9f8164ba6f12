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

/** Addresses behind which there is no page of the site, and what there is instead. */
const NO_PAGE: Partial<Record<keyof typeof paths, string>> = {
  briefPreview: 'a part of the form of a brief',
  briefFile: 'a YAML file',
  familyBaseline: 'takes a form',
  familyExport: 'a file',
  taskSelection: 'takes a form',
  taskComplete: 'data for the filter',
  taskLogText: 'plain text',
  taskLogLines: 'data for the log',
  taskLogSearch: 'data for the log',
  taskActions: 'takes a form',
  actionUndo: 'takes a form',
  compareExport: 'a file',
  creditsExport: 'a file',
  creditsCheckpoint: 'a file',
  creditReceipt: 'a file',
  experimentPackage: 'a file',
  packageAction: 'takes a form',
  creditAccountsExport: 'a file',
  creditAccountAction: 'takes a form',
  searchHits: 'data for the palette',
  settingsTheme: 'takes a form',
  settingsShortcuts: 'takes a form',
  notificationsRead: 'takes a form',
  notificationsRecent: 'data for the bell',
  webhookAction: 'takes a form',
  live: 'a stream',
  asset: 'a file',
  apiDocs: 'Swagger UI, which is not ours',
  openapi: 'data for programs',
  monitoring: 'data for programs',
};

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
      // The style guide is for development only, and grows with every fragment.
      if (address === paths.styleguide()) continue;
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

  test('is accessible and as wide as its window, narrow and wide, in both themes', { timeout: 280_000 }, async () => {
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    const found: string[] = [];
    const queue = [...site.addresses];
    const seen = new Set<string>();
    const lookThrough = async (): Promise<void> => {
      const { page, troubles } = await openPage(browser, { reducedMotion: 'reduce' });
      for (let address = queue.shift(); address !== undefined; address = queue.shift()) {
        const kind = kindOf(address) ?? address;
        found.push(...(await lookAt(page, site, address, axe, !seen.has(kind))));
        seen.add(kind);
      }
      found.push(...troubles.filter((trouble) => !/status of 4(04|09|22)/.test(trouble)));
      await page.context().close();
    };
    await Promise.all([lookThrough(), lookThrough()]);
    assert.deepEqual(found, []);
  });

  test('is visited, whatever its kind', () => {
    const visited = new Set(site.addresses.map(kindOf));
    assert.deepEqual(Object.keys(paths).filter((name) => !visited.has(name) && !Object.hasOwn(NO_PAGE, name)), [], 'a new kind of page belongs into the example site');
    assert.deepEqual(Object.keys(NO_PAGE).filter((name) => visited.has(name)), [], 'what is visited is a page');
  });
});

/**
 * What is wrong with a page on a phone in the dark and on a wide screen in the light, and with its colours the other
 * way round. It is loaded once: its styles follow the window and the theme. The second page of a kind differs by its
 * data alone, which only a phone makes cramped.
 */
async function lookAt(page: Page, site: ExampleSite, address: string, axe: string, whole: boolean): Promise<string[]> {
  await show(page, site, address, { colorScheme: 'dark', width: 360 });
  await page.evaluate(axe);
  const found = [...(await violations(page, address)), ...(await overflow(page, address))];
  await page.emulateMedia({ colorScheme: 'light' });
  // The style guide is as long as many pages, and its fragments stand on wide ones elsewhere.
  const isGuide = kindOf(address) === 'styleguide';
  if (whole) found.push(...(await violations(page, address, ['color-contrast'])));
  await page.setViewportSize({ width: 1920, height: 900 });
  found.push(...(await overflow(page, address)));
  if (!whole || isGuide) return found;
  found.push(...(await violations(page, address)));
  await page.emulateMedia({ colorScheme: 'dark' });
  return [...found, ...(await violations(page, address, ['color-contrast']))];
}

async function show(page: Page, site: ExampleSite, address: string, { colorScheme, width }: { colorScheme: 'dark' | 'light'; width: number }): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme });
  if (kindOf(address) !== 'briefReport') {
    await page.goto(`${site.server.url}${address}`);
    return;
  }
  // A browser keeps the report as a file, which is opened from there.
  await page.goto('about:blank');
  await page.setContent(await (await fetch(`${site.server.url}${address}`)).text());
}

async function violations(page: Page, address: string, only?: readonly string[]): Promise<string[]> {
  // The style guide shows a fragment several times, each with its one name.
  const rules = kindOf(address) === 'styleguide' ? { 'landmark-unique': { enabled: false } } : {};
  const { violations: all } = await page.evaluate<AxeResults>(`axe.run(${JSON.stringify(only === undefined ? { resultTypes: ['violations'], rules } : { resultTypes: ['violations'], runOnly: only })})`);
  return all.map((one) => `${address} ${one.id}: ${one.help} (${one.nodes.map((node) => node.target.join(' ')).join(', ')})`);
}

/** The kind of a page: the name in `paths` whose pattern says the most of its address. */
function kindOf(address: string): string | null {
  const path = address.replace(/\?.*$/, '');
  const patterns = Object.entries<unknown>(paths).map(([name, make]) => ({ name, parts: (make as (...parts: string[]) => string)(':id', ':action').replace(/\?.*$/, '').split('/') }));
  const fitting = patterns.filter(({ parts }) => parts.length === path.split('/').length && path.split('/').every((part, index) => parts[index]?.startsWith(':') === true || parts[index] === part));
  const byWildcards = fitting.toSorted((left, right) => left.parts.filter((part) => part.startsWith(':')).length - right.parts.filter((part) => part.startsWith(':')).length);
  return byWildcards[0]?.name ?? null;
}

/** By how much a page is wider than its window, if it is. */
async function overflow(page: Page, address: string): Promise<string[]> {
  const [pixels, width] = await page.evaluate(() => [document.documentElement.scrollWidth - document.documentElement.clientWidth, window.innerWidth] as const);
  return pixels > 0 ? [`${address} is ${pixels} px wider than its window of ${width} px`] : [];
}

/** The bytes of a file as they travel to a browser. */
async function compressedSize(address: string): Promise<number> {
  const answer = await fetch(address, { headers: { 'accept-encoding': 'identity' } });
  return brotliCompressSync(Buffer.from(await answer.arrayBuffer())).byteLength;
}
