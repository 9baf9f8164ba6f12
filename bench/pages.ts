// `npm run bench:pages`: every page at two sizes of history, beside a file that the same server sends from memory.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { paths } from '#web/paths.ts';
import { runBenchmark } from './benchmark.ts';
import { encodeRequest, openConnection } from './connection.ts';
import { measure, type Measurement } from './measure.ts';
import { readOptions } from './options.ts';
import { openSeededSite, type SeededSite } from './seeded-site.ts';
import { msText, ratioText, table, wholeText } from './table.ts';

const NUMBERS = {
  tasks: { fallback: 1_000_000, least: 100 },
  small: { fallback: 1000, least: 100 },
  clients: { fallback: 1, least: 1 },
  seconds: { fallback: 1, least: 0.02 },
};
const WARM_UP_SHARE = 0.3;
/** The share of the small history that one campaign is, whose pages are compared; it is as large in the other. */
const EXAMPLE_SHARE = 1 / 3;
/** As browsers ask; so answers are compressed where the server compresses them. */
const HEADERS = { accept: 'text/html', 'accept-encoding': 'gzip, deflate, br, zstd' };

type Options = ReturnType<typeof readPagesOptions>;
type Row = { name: string; smallBytes: number; small: Load; largeBytes: number; large: Load; asset: Load };
/** `serverMs`: the processor time of the whole server for one page, which does not depend on what else the machine does. */
type Load = Measurement & { serverMs: number };

await runBenchmark(readPagesOptions, run, report);

function readPagesOptions(words: string[]) {
  return readOptions(words, NUMBERS, []);
}

async function run(options: Options): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'xeenet-bench-'));
  const cleanups: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  const open = async (tasks: number): Promise<SeededSite> => {
    const site = await openSeededSite(await mkdtemp(join(folder, `${tasks}-`)), tasks, Math.floor(options.small * EXAMPLE_SHARE));
    cleanups.push(() => site.server.stop());
    return site;
  };
  try {
    const [small, large] = [await open(options.small), await open(options.tasks)];
    const rows: Row[] = [];
    // Both servers run all the time and are measured by turns, so that a busy moment of the machine hits both alike.
    for (const { name, address } of large.pages) {
      const smallAddress = small.pages.find((page) => page.name === name)?.address;
      // A history of a hundred tasks has no drafts.
      if (smallAddress === undefined) continue;
      rows.push({
        name,
        smallBytes: await sizeOf(small, smallAddress),
        small: await load(options, small, smallAddress),
        largeBytes: await sizeOf(large, address),
        large: await load(options, large, address),
        asset: await load(options, large, large.asset),
      });
    }
    return rows;
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}

/** The bytes of a page's document, uncompressed: what the server renders. */
async function sizeOf({ server }: SeededSite, address: string): Promise<number> {
  return (await (await fetch(`${server.url}${address}`, { headers: { 'accept-encoding': 'identity' } })).arrayBuffer()).byteLength;
}

/** How a server bears up under several clients who ask for one address again and again. */
async function load(options: Options, { server }: SeededSite, address: string): Promise<Load> {
  const request = encodeRequest('GET', `${server.url}${address}`, HEADERS);
  const connections = await Promise.all(Array.from({ length: options.clients }, () => openConnection(server.url)));
  const clients = connections.map((connection) => async (): Promise<void> => {
    const { status, body } = await connection.send(request);
    if (status !== 200) throw new Error(`${address} was answered with ${status}: ${body.toString().slice(0, 500)}`);
  });
  try {
    await measure(clients, options.seconds * WARM_UP_SHARE);
    const beganSeconds = await processorSeconds(server.url);
    const measured = await measure(clients, options.seconds);
    return { ...measured, serverMs: (1000 * ((await processorSeconds(server.url)) - beganSeconds)) / measured.count };
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** How much processor time a server has used since it began. */
async function processorSeconds(url: string): Promise<number> {
  const metrics = await (await fetch(`${url}${paths.monitoring()}`)).text();
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(metrics)?.[1] ?? Number.NaN);
}

function report(options: Options, rows: Row[]): string {
  const [small, large] = [wholeText(options.small), wholeText(options.tasks)];
  return [
    `Pages with ${options.clients} clients, ${options.seconds} s each, at ${small} and ${large} synthetic tasks.\n`,
    `"server" is the processor time that the server needs for a page; "size" and "time" are the document's bytes and that time at ${large} tasks over those at ${small}; pages of one campaign show one of ${wholeText(options.small * EXAMPLE_SHARE)} tasks in both.\n`,
    '"of static" is the page\'s rate over that of app.css from the same server.\n\n',
    table(
      ['page', `${small}: KB`, 'server ms', 'p50 ms', `${large}: KB`, 'server ms', 'p50 ms', 'p99 ms', 'size', 'time', 'of static'],
      rows.map((row) => [
        row.name, kilobytes(row.smallBytes), msText(row.small.serverMs), msText(row.small.p50Ms), kilobytes(row.largeBytes), msText(row.large.serverMs), msText(row.large.p50Ms), msText(row.large.p99Ms),
        ratioText(row.largeBytes / row.smallBytes), ratioText(row.large.serverMs / row.small.serverMs), ratioText(row.large.perSecond / row.asset.perSecond),
      ]),
    ),
  ].join('');
}

function kilobytes(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}
