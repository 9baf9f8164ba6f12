import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { findChromium } from '#scripts/chromium.mjs';

/** A page of a real browser, with everything that went wrong in it. */
export type WatchedPage = { page: Page; troubles: string[] };

/** Starts the Chromium of this machine. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('No Chromium was found. "npm test" installs one; or name yours in XEENET_CHROMIUM.');
  return chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** Opens a page that notes errors, refused scripts and styles, and dialogs (which only an injected script would open). */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const troubles: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') troubles.push(`${page.url()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => troubles.push(`${page.url()}: ${error.message}`));
  page.on('dialog', (dialog) => {
    troubles.push(`${page.url()}: a dialog said ${dialog.message()}`);
    void dialog.dismiss();
  });
  return { page, troubles };
}
