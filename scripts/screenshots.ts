// `npm run screenshots`: runs the sample campaign for real, and writes the pictures of the documentation.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import type { Browser } from 'playwright-core';
import { submitSample } from '#bin/sample.ts';
import { startServer, type RunningServer } from '#bin/server.ts';
import { SERVER_SETTINGS, type ServerConfig } from '#bin/settings.ts';
import type { Family } from '#core/brief.ts';
import { findFamily } from '#store/family.ts';
import { findBrief } from '#store/brief.ts';
import { startBrowser } from '#test/journeys/browser.ts';
import { paths } from '#web/paths.ts';
import { runWorker } from '#worker/loop.ts';

const FOLDER = join(dirname(import.meta.dirname), 'docs', 'images');
const THEMES = ['dark', 'light'] as const;
/** Of 12 runs: late enough for a spread, early enough to show a campaign in progress. */
const OVERVIEW_AFTER = 8;
const DESK = { width: 1360, height: 900 };
const PHONE = { width: 390, height: 844 };
const log = pino({ level: 'error' });

await main();

async function main(): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'xeenet-screenshots-'));
  const server = await startServer(serverConfig(data), log);
  const over = new AbortController();
  // A worker in this process has a name of its own choice; `up` would show the machine's.
  const worker = runWorker({
    serverUrl: server.url,
    enrolmentToken: server.enrolmentToken,
    name: 'lab-1',
    slots: 1,
    dataDir: join(data, 'worker'),
    pythonPath: null,
    environment: process.env,
    log,
    signal: new AbortController().signal,
    stopSignal: over.signal,
  });
  try {
    const briefId = await submitSample(server.engine);
    if (briefId === null) throw new Error('a new data folder has no brief');
    const browser = await startBrowser();
    try {
      await photographCampaign(browser, server, briefId);
    } finally {
      await browser.close();
    }
  } finally {
    over.abort();
    await worker;
    await server.close();
    await rm(data, { recursive: true, force: true });
  }
}

function serverConfig(data: string): ServerConfig {
  const defaults = Object.fromEntries(Object.entries(SERVER_SETTINGS).map(([name, { schema }]) => [name, schema.parse(undefined)]));
  return { ...(defaults as ServerConfig), port: 0, data };
}

/** The overview while the campaign runs, its other pages when it has ended. */
async function photographCampaign(browser: Browser, server: RunningServer, briefId: string): Promise<void> {
  await mkdir(FOLDER, { recursive: true });
  const { url } = server;
  await campaignReaches(server, briefId, ({ counts }) => counts.completed >= OVERVIEW_AFTER);
  for (const theme of THEMES) await takePicture(browser, `${url}${paths.overview()}?theme=${theme}`, `overview-${theme}`, DESK);
  const { rollup } = await campaignReaches(server, briefId, ({ state }) => state !== 'running');
  const taskId = rollup.bestTaskId ?? '';
  for (const theme of THEMES) {
    await takePicture(browser, `${url}${paths.brief(briefId, { theme })}`, `brief-${theme}`, DESK);
    await takePicture(browser, `${url}${paths.task(taskId, { theme })}`, `task-${theme}`, DESK);
  }
  await takePicture(browser, `${url}${paths.brief(briefId, { theme: 'dark' })}`, 'phone-dark', PHONE);
}

/** Resolves with the family of a brief once it is as wanted. */
async function campaignReaches({ engine }: RunningServer, briefId: string, isReached: (family: Family) => boolean): Promise<Family> {
  const { reader, watch } = engine.store;
  const brief = await findBrief(reader, briefId);
  const { promise, resolve, reject } = Promise.withResolvers<Family>();
  const look = async (): Promise<void> => {
    const family = brief === null ? null : await findFamily(reader, brief.familyId);
    if (family !== null && isReached(family)) resolve(family);
  };
  const unwatch = watch(() => void look().catch(reject));
  await look();
  return promise.finally(unwatch);
}

async function takePicture(browser: Browser, address: string, name: string, viewport: { width: number; height: number }): Promise<void> {
  const context = await browser.newContext({ viewport, deviceScaleFactor: 1, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC' });
  const page = await context.newPage();
  await page.goto(address);
  // The picture is of the page as it is while somebody looks: with its stream connected.
  await page.locator('#live[data-state="live"]').waitFor();
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  await context.close();
  process.stdout.write(`docs/images/${name}.png\n`);
}
