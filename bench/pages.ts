// `npm run bench:pages`: every page at two sizes of history, beside a file that the same server sends from memory.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeHistory } from '#scripts/seed-history.ts';
import { defaultFamilies } from '#scripts/seed-plan.ts';
import { openStore } from '#store/open.ts';
import { one, sql, type Reader } from '#store/seam.ts';
import { paths } from '#web/paths.ts';
import { runBenchmark } from './benchmark.ts';
import { encodeRequest, openConnection } from './connection.ts';
import { measure, type Measurement } from './measure.ts';
import { readOptions } from './options.ts';
import { serveWords, startProcess, type ServerProcess } from './server-process.ts';
import { msText, ratioText, table, wholeText } from './table.ts';

const NUMBERS = {
  tasks: { fallback: 100_000, least: 100 },
  small: { fallback: 1000, least: 100 },
  clients: { fallback: 4, least: 1 },
  seconds: { fallback: 1, least: 0.02 },
};
const WARM_UP_SHARE = 0.3;
const WORKERS = 24;
/** As browsers ask; so answers are compressed where the server compresses them. */
const HEADERS = { accept: 'text/html', 'accept-encoding': 'gzip, deflate, br, zstd' };
/** Addresses that are no pages of the dashboard. */
const NO_PAGES: ReadonlySet<string> = new Set(['familyExport', 'settingsTheme', 'live', 'asset', 'apiDocs', 'openapi', 'monitoring']);

type Options = ReturnType<typeof readPagesOptions>;
type Page = { name: string; address: string };
type Site = { server: ServerProcess; pages: Page[]; asset: string };
type Row = { name: string; small: Measurement; large: Measurement; asset: Measurement };

await runBenchmark(readPagesOptions, run, report);

function readPagesOptions(words: string[]) {
  return readOptions(words, NUMBERS, []);
}

async function run(options: Options): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'xeenet-bench-'));
  const cleanups: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  const open = async (tasks: number): Promise<Site> => {
    const site = await openSite(await mkdtemp(join(folder, `${tasks}-`)), tasks);
    cleanups.push(() => site.server.stop());
    return site;
  };
  try {
    const [small, large] = [await open(options.small), await open(options.tasks)];
    const rows: Row[] = [];
    // Both servers run all the time and are measured by turns, so that a busy moment of the machine hits both alike.
    for (const [index, { name, address }] of large.pages.entries()) {
      rows.push({
        name,
        small: await load(options, small, small.pages[index]?.address ?? address),
        large: await load(options, large, address),
        asset: await load(options, large, large.asset),
      });
    }
    return rows;
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}

/** A server on made-up history of so many tasks, with the addresses of its pages. */
async function openSite(dataDir: string, tasks: number): Promise<Site> {
  const store = await openStore({ databaseUrl: null, dataDir, now: Date.now, onTrouble: () => undefined });
  let pages: Page[];
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
async function findPages(reader: Reader): Promise<Page[]> {
  const family = await one<{ id: string; brief_id: string; best_task_id: string }>(reader, sql`
    select id, brief_id, best_task_id from families where state = 'completed' order by completed desc, id limit 1`);
  const task = await one<{ task_id: string }>(reader, sql`
    select task_id from points group by task_id order by count(*) desc, task_id limit 1`);
  const worker = await one<{ id: string }>(reader, sql`select id from workers order by completed desc, id limit 1`);
  const experiment = await one<{ name: string }>(reader, sql`select name from experiments order by name limit 1`);
  const examples: Record<string, string> = { brief: family.brief_id, family: family.id, task: task.task_id, taskLog: task.task_id, worker: worker.id, experiment: experiment.name };
  return Object.entries(paths).flatMap(([name, path]): Page[] => {
    const example = examples[name];
    // What takes an id has a parameter without a default; actions take a verb beside it.
    if (NO_PAGES.has(name) || path.length > 1 || (path.length === 1 && example === undefined)) return [];
    return [{ name, address: String(Reflect.apply(path, paths, example === undefined ? [] : [example])) }];
  });
}

/** How a server bears up under several clients who ask for one address again and again. */
async function load(options: Options, { server }: Site, address: string): Promise<Measurement> {
  const request = encodeRequest('GET', `${server.url}${address}`, HEADERS);
  const connections = await Promise.all(Array.from({ length: options.clients }, () => openConnection(server.url)));
  const clients = connections.map((connection) => async (): Promise<void> => {
    const { status, body } = await connection.send(request);
    if (status !== 200) throw new Error(`${address} was answered with ${status}: ${body.toString().slice(0, 500)}`);
  });
  try {
    await measure(clients, options.seconds * WARM_UP_SHARE);
    return await measure(clients, options.seconds);
  } finally {
    for (const connection of connections) connection.close();
  }
}

function report(options: Options, rows: Row[]): string {
  const [small, large] = [wholeText(options.small), wholeText(options.tasks)];
  return [
    `Pages with ${options.clients} clients, ${options.seconds} s each, at ${small} and ${large} synthetic tasks.\n`,
    `"growth" is the rate at ${large} tasks over the rate at ${small}; "of static" is that over the rate of app.css from the same server.\n\n`,
    table(
      ['page', `${small}: req/s`, 'p50 ms', 'p99 ms', `${large}: req/s`, 'p50 ms', 'p99 ms', 'growth', 'static req/s', 'of static'],
      rows.map((row) => [
        row.name, wholeText(row.small.perSecond), msText(row.small.p50Ms), msText(row.small.p99Ms), wholeText(row.large.perSecond), msText(row.large.p50Ms), msText(row.large.p99Ms),
        ratioText(row.large.perSecond / row.small.perSecond), wholeText(row.asset.perSecond), ratioText(row.large.perSecond / row.asset.perSecond),
      ]),
    ),
  ].join('');
}
