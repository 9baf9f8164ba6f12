import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { LOCAL_ID } from '#core/ledger.ts';
import { actOnTasks } from '#engine/act-on-tasks.ts';
import { newLedgerSigner } from '#engine/ledger-crypto.ts';
import { makeHistory } from '#scripts/seed-history.ts';
import { defaultFamilies } from '#scripts/seed-plan.ts';
import { openStore } from '#store/open.ts';
import { sql, type Store } from '#store/seam.ts';
import { insertWebhook } from '#store/webhook.ts';
import { paths } from '#web/paths.ts';
import { serveWords, startProcess, type ServerProcess } from './server-process.ts';
import { findPages, type SitePage } from './site-pages.ts';

/** A server on made-up history, its pages, and a file that it sends from memory. */
export type SeededSite = { server: ServerProcess; pages: SitePage[]; asset: string };

const WORKERS = 24;
const WEBHOOK = 'example-webhook';
const TASKS_OF_ACTION = 20;

/**
 * Starts a server on made-up history of so many tasks, in a folder that is empty.
 *
 * @param exampleTasks the size of the campaign whose pages are shown, so that they compare between sites
 */
export async function openSeededSite(dataDir: string, tasks: number, exampleTasks: number): Promise<SeededSite> {
  const now = Date.now();
  const store = await openStore({ databaseUrl: null, dataDir, now: Date.now, onTrouble: () => undefined });
  let pages: SitePage[];
  try {
    await makeHistory(store, { tasks, families: defaultFamilies(tasks), workers: WORKERS, seed: 1, now, exampleTasks }, () => undefined);
    await store.write((tx) => insertWebhook(tx, { id: WEBHOOK, ownerId: LOCAL_ID, address: 'https://example.invalid/', kinds: ['new_best'], secret: WEBHOOK, enabled: false, createdAt: now }));
    pages = await findPages(store.reader, exampleTasks, { webhook: WEBHOOK, action: await makeAction(store) });
  } finally {
    await store.close();
  }
  const server = await startProcess(serveWords(dataDir), join(dataDir, 'server.log'));
  const overview = await (await fetch(`${server.url}${paths.overview()}`)).text();
  const asset = new RegExp(`${paths.asset('app')}[^"]*\\.css`).exec(overview)?.[0];
  if (asset === undefined) throw new Error('the overview loads no app.css');
  return { server, pages, asset };
}

/** Gives the newest tasks another priority, which those that do not wait refuse, and with that an action its page. */
async function makeAction(store: Store): Promise<string> {
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const settings = { heartbeatMs: 5000, leaseMs: 30_000, deadlineSlackMs: 60_000 };
  const engine = { store, now: Date.now, randomBytes, settings, log, ledgerSigner: newLedgerSigner(), refreshExperiments: async () => undefined };
  const newest = await store.reader.rows<{ id: string }>(sql`select id from tasks order by family_id desc, number desc limit ${TASKS_OF_ACTION}`);
  const action = await actOnTasks(engine, LOCAL_ID, { ids: newest.map((task) => task.id) }, { verb: 'priority', priority: 1 });
  if (!action.ok) throw new Error(action.refusal.detail);
  return action.value.id;
}
