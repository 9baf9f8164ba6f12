// `npm run screenshots`: runs campaigns for real, and writes the pictures of the documentation. It takes about five minutes.
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pino } from 'pino';
import type { Browser, Page } from 'playwright-core';
import { parse } from 'yaml';
import { startServer, type RunningServer } from '#bin/server.ts';
import { SERVER_SETTINGS, type ServerConfig } from '#bin/settings.ts';
import type { Brief, Family } from '#core/brief.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import type { Task } from '#core/task.ts';
import { submitBrief } from '#engine/submit-brief.ts';
import { briefInput, toBriefRequest } from '#protocol/brief.ts';
import { findBrief } from '#store/brief.ts';
import { findFamily } from '#store/family.ts';
import { listPoints } from '#store/point.ts';
import { listTasks } from '#store/task.ts';
import { startBrowser } from '#test/journeys/browser.ts';
import { paths, withQuery } from '#web/paths.ts';
import { runWorker } from '#worker/loop.ts';

const CLONE = dirname(import.meta.dirname);
const FOLDER = join(CLONE, 'docs', 'images');
const THEMES = ['dark', 'light'] as const;
const WORKERS = ['lab-1', 'lab-2'];
/** Of the 36 runs of the large campaign: late enough for a spread, early enough to show it in progress. */
const SECOND_AFTER = 22;
const OVERVIEW_AFTER = 4;
/** Late enough for a curve, early enough that its run goes on while the picture is taken. */
const POINTS_OF_A_CURVE = 6;
const DESK = { width: 1360, height: 900 };
const TALL_DESK = { width: 1360, height: 1080 };
const LOW_DESK = { width: 1360, height: 620 };
const WALL = { width: 1600, height: 900 };
const PHONE = { width: 390, height: 844 };
const log = pino({ level: 'error' });

type Viewport = { width: number; height: number };
type Shot = { name: string; viewport?: Viewport; before?: (page: Page) => Promise<void> };

await main();

async function main(): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'xeenet-screenshots-'));
  const server = await startServer(serverConfig(data), log);
  const over = new AbortController();
  const workers = WORKERS.map((name) => startWorker(server, name, join(data, name), over.signal));
  try {
    const browser = await startBrowser();
    try {
      await mkdir(FOLDER, { recursive: true });
      await photograph(browser, server);
    } finally {
      await browser.close();
    }
  } finally {
    over.abort();
    await Promise.all(workers);
    await server.close();
    await rm(data, { recursive: true, force: true });
  }
}

function serverConfig(data: string): ServerConfig {
  const defaults = Object.fromEntries(Object.entries(SERVER_SETTINGS).map(([name, { schema }]) => [name, schema.parse(undefined)]));
  return { ...(defaults as ServerConfig), port: 0, data };
}

/** A worker in this process has a name of its own choice; `up` would show the machine's. */
function startWorker(server: RunningServer, name: string, dataDir: string, stopSignal: AbortSignal): Promise<void> {
  const { signal } = new AbortController();
  return runWorker({ serverUrl: server.url, enrolmentToken: server.enrolmentToken, name, slots: 1, dataDir, pythonPath: null, sandbox: { mode: 'auto', allowNetwork: false, readable: [], memoryGb: null, diskGb: null, processes: null }, environment: process.env, log, signal, stopSignal });
}

/** What shows a campaign in progress is taken while two run, the rest when both have ended. */
async function photograph(browser: Browser, server: RunningServer): Promise<void> {
  const take = (address: string, shot: Shot) => takePicture(browser, `${server.url}${address}`, shot);
  const large = await submit(server, await largeCampaign());
  await campaignReaches(server, large, ({ counts }) => counts.completed >= SECOND_AFTER);
  const small = await submit(server, await readYaml('examples/schedules.yaml'));
  await campaignReaches(server, small, ({ counts }) => counts.completed >= OVERVIEW_AFTER);
  for (const theme of THEMES) await take(withQuery(paths.overview(), { theme }), { name: `overview-${theme}` });
  await take(withQuery(paths.overview(), { theme: 'dark', kiosk: 1 }), { name: 'kiosk-dark', viewport: WALL });
  await take(paths.workers({ theme: 'dark' }), { name: 'workers-dark', viewport: LOW_DESK });
  await campaignReaches(server, small, hasEnded);
  const family = await campaignReaches(server, large, hasEnded);
  for (const theme of THEMES) await take(paths.brief(large.id, { theme }), { name: `brief-${theme}`, viewport: TALL_DESK });
  await take(paths.brief(large.id, { theme: 'dark' }), { name: 'palette-dark', viewport: LOW_DESK, before: (page) => openPalette(page, 'co') });
  await take(paths.brief(large.id, { theme: 'dark' }), { name: 'phone-dark', viewport: PHONE });
  await take(paths.notifications({ theme: 'dark' }), { name: 'notifications-dark', viewport: LOW_DESK });
  await take(paths.credits({ theme: 'dark' }), { name: 'credits-dark' });
  await take(paths.family(family.id, { theme: 'light', group: 'lr_schedule', spread: 'ci' }), { name: 'explorer-light', before: (page) => page.locator('#explorer').evaluate((element) => element.scrollIntoView()) });
  await take(paths.compare({ theme: 'light', family: family.id, best: 8, seeds: 'all' }), { name: 'compare-light' });
  await take(paths.briefNew({ theme: 'light', from: small.id }), { name: 'new-brief-light', before: (page) => page.locator('#preview').evaluate((element) => element.scrollIntoView({ block: 'nearest' })) });
  const longer = await submit(server, await longerCampaign());
  const running = await taskWithCurve(server, longer);
  for (const theme of THEMES) await take(paths.task(running.id, { theme }), { name: `task-${theme}` });
}

function hasEnded({ state }: Family): boolean {
  return state !== 'running';
}

/** Twelve configurations of the sample's space, with three seeds each: enough to tell noise from a difference. */
async function largeCampaign(): Promise<unknown> {
  return {
    title: 'What makes a small transformer learn fastest in ten seconds?',
    goal: 'The lowest validation bits per byte after 10 s of training on one core; vary the schedule, the learning rate and the width, with three seeds each.',
    experiment: 'char-lm',
    strategy: { name: 'random', seed: 42 },
    space: await readYaml('experiments/char-lm/sample-space.yaml'),
    num_tasks: 36,
    replicates: 3,
    time_budget_seconds: 10,
    budget_credits: 10,
  };
}

/** Runs that are long enough to be looked at; the last one begins when another has ended, so that there is a best one to differ from. */
async function longerCampaign(): Promise<unknown> {
  return { ...(await readYaml('examples/schedules.yaml')), title: 'Learning-rate schedules at forty seconds', num_tasks: 3, replicates: 1, time_budget_seconds: 40, budget_credits: 3 };
}

async function readYaml(file: string): Promise<Record<string, unknown>> {
  return parse(await readFile(join(CLONE, file), 'utf8')) as Record<string, unknown>;
}

async function submit({ engine }: RunningServer, fields: unknown): Promise<Brief> {
  const outcome = await submitBrief(engine, LOCAL_ID, toBriefRequest(briefInput.parse(fields)), null);
  if (!outcome.ok) throw new Error(`a campaign was refused: ${outcome.refusal.detail}`);
  const brief = await findBrief(engine.store.reader, outcome.value.briefId);
  if (brief === null) throw new Error('a brief that was submitted is there');
  return brief;
}

/** Resolves with the family of a brief once it is as wanted. */
function campaignReaches(server: RunningServer, brief: Brief, isReached: (family: Family) => boolean): Promise<Family> {
  return lookUntil(server, async () => {
    const family = await findFamily(server.engine.store.reader, brief.familyId);
    return family !== null && isReached(family) ? family : null;
  });
}

/** Resolves with a task that is running, has a curve to show, and a best one to differ from. */
function taskWithCurve(server: RunningServer, { familyId }: Brief): Promise<Task> {
  const { reader } = server.engine.store;
  return lookUntil(server, async () => {
    const family = await findFamily(reader, familyId);
    const [task] = await listTasks(reader, { limit: 1, sort: 'newest', after: null, familyId, state: 'running', workerId: null });
    if (family === null || family.rollup.n < WORKERS.length || task === undefined) return null;
    const points = await listPoints(reader, task.id, task.attempt, { name: family.metric.name, limit: POINTS_OF_A_CURVE, after: null });
    return points.length === POINTS_OF_A_CURVE ? task : null;
  });
}

/** Looks now and after each change of the store, until there is something. */
async function lookUntil<T>({ engine }: RunningServer, find: () => Promise<T | null>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const look = async (): Promise<void> => {
    const found = await find();
    if (found !== null) resolve(found);
  };
  const unwatch = engine.store.watch(() => void look().catch(reject));
  await look();
  return promise.finally(unwatch);
}

async function openPalette(page: Page, text: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await page.locator('dialog.palette input').fill(text);
  await page.locator('dialog.palette [role=option] small', { hasText: 'brief' }).first().waitFor();
}

async function takePicture(browser: Browser, address: string, { name, viewport = DESK, before }: Shot): Promise<void> {
  const context = await browser.newContext({ viewport, deviceScaleFactor: 1, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC' });
  const page = await context.newPage();
  await page.goto(address);
  // The picture is of the page as it is while somebody looks: with its stream connected.
  await page.locator('#live[data-state="live"]').waitFor();
  await before?.(page);
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  await context.close();
  process.stdout.write(`docs/images/${name}.png\n`);
}
