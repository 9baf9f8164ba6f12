import { join } from 'node:path';
import { makeHistory } from '#scripts/seed-history.ts';
import { defaultFamilies } from '#scripts/seed-plan.ts';
import { openStore } from '#store/open.ts';
import { one, sql, type Reader } from '#store/seam.ts';
import { paths } from '#web/paths.ts';
import { serveWords, startProcess, type ServerProcess } from './server-process.ts';

/** A server on made-up history, its pages, and a file that it sends from memory. */
export type SeededSite = { server: ServerProcess; pages: SitePage[]; asset: string };
/** A page by its name in {@link paths}, with an example of its address. */
export type SitePage = { name: string; address: string };

const WORKERS = 24;
/** Addresses that are no pages of the dashboard. */
const NO_PAGES: ReadonlySet<string> = new Set(['familyExport', 'familyBaseline', 'compareExport', 'styleguide', 'taskSelection', 'taskActions', 'briefPreview', 'creditsExport', 'taskLogText', 'taskLogLines', 'taskLogSearch', 'searchHits', 'settingsShortcuts', 'settingsTheme', 'notificationsRead', 'notificationsRecent', 'live', 'asset', 'apiDocs', 'openapi', 'monitoring']);

/** Starts a server on made-up history of so many tasks, in a folder that is empty. */
export async function openSeededSite(dataDir: string, tasks: number): Promise<SeededSite> {
  const store = await openStore({ databaseUrl: null, dataDir, now: Date.now, onTrouble: () => undefined });
  let pages: SitePage[];
  try {
    await makeHistory(store, { tasks, families: defaultFamilies(tasks), workers: WORKERS, seed: 1, now: Date.now() }, () => undefined);
    pages = await findPages(store.reader);
  } finally {
    await store.close();
  }
  const server = await startProcess(serveWords(dataDir), join(dataDir, 'server.log'));
  const overview = await (await fetch(`${server.url}${paths.overview()}`)).text();
  const asset = new RegExp(`${paths.asset('app')}[^"]*\\.css`).exec(overview)?.[0];
  if (asset === undefined) throw new Error('the overview loads no app.css');
  return { server, pages, asset };
}

/** Every page of the site's table of contents: lists as they are, and one example of each page of a single thing. */
async function findPages(reader: Reader): Promise<SitePage[]> {
  const family = await one<{ id: string; brief_id: string; best_task_id: string }>(reader, sql`
    select id, brief_id, best_task_id from families where state = 'completed' order by completed desc, id limit 1`);
  const task = await one<{ task_id: string }>(reader, sql`
    select task_id from points group by task_id order by count(*) desc, task_id limit 1`);
  const worker = await one<{ id: string }>(reader, sql`select id from workers order by completed desc, id limit 1`);
  const entry = await one<{ id: string }>(reader, sql`select id from entries order by id desc limit 1`);
  const experiment = await one<{ name: string }>(reader, sql`select name from experiments order by name limit 1`);
  const examples: Record<string, string> = { brief: family.brief_id, family: family.id, task: task.task_id, taskLog: task.task_id, worker: worker.id, creditEntry: entry.id, experiment: experiment.name };
  return Object.entries(paths).flatMap(([name, path]): SitePage[] => {
    const example = examples[name];
    // What takes an id has a parameter without a default; actions take a verb beside it.
    if (NO_PAGES.has(name) || path.length > 1 || (path.length === 1 && example === undefined)) return [];
    return [{ name, address: String(Reflect.apply(path, paths, example === undefined ? [] : [example])) }];
  });
}
