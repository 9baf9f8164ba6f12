// `npm run bench:pages`: every page at two sizes of history, beside a file that the same server sends from memory.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runBenchmark } from './benchmark.ts';
import { encodeRequest, openConnection } from './connection.ts';
import { measure, type Measurement } from './measure.ts';
import { readOptions } from './options.ts';
import { openSeededSite, type SeededSite } from './seeded-site.ts';
import { msText, ratioText, table, wholeText } from './table.ts';

const NUMBERS = {
  tasks: { fallback: 1_000_000, least: 100 },
  small: { fallback: 1000, least: 100 },
  clients: { fallback: 4, least: 1 },
  seconds: { fallback: 1, least: 0.02 },
};
const WARM_UP_SHARE = 0.3;
/** As browsers ask; so answers are compressed where the server compresses them. */
const HEADERS = { accept: 'text/html', 'accept-encoding': 'gzip, deflate, br, zstd' };

type Options = ReturnType<typeof readPagesOptions>;
type Row = { name: string; smallBytes: number; small: Measurement; largeBytes: number; large: Measurement; asset: Measurement };

await runBenchmark(readPagesOptions, run, report);

function readPagesOptions(words: string[]) {
  return readOptions(words, NUMBERS, []);
}

async function run(options: Options): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'xeenet-bench-'));
  const cleanups: (() => Promise<void>)[] = [() => rm(folder, { recursive: true, force: true })];
  const open = async (tasks: number): Promise<SeededSite> => {
    const site = await openSeededSite(await mkdtemp(join(folder, `${tasks}-`)), tasks);
    cleanups.push(() => site.server.stop());
    return site;
  };
  try {
    const [small, large] = [await open(options.small), await open(options.tasks)];
    const rows: Row[] = [];
    // Both servers run all the time and are measured by turns, so that a busy moment of the machine hits both alike.
    for (const [index, { name, address }] of large.pages.entries()) {
      const smallAddress = small.pages[index]?.address ?? address;
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
async function load(options: Options, { server }: SeededSite, address: string): Promise<Measurement> {
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
    `"time" is the median time of a page at ${large} tasks over that at ${small}; "of static" is its rate over that of app.css from the same server.\n\n`,
    table(
      ['page', `${small}: KB`, 'p50 ms', 'p99 ms', `${large}: KB`, 'p50 ms', 'p99 ms', 'time', 'req/s', 'of static'],
      rows.map((row) => [
        row.name, kilobytes(row.smallBytes), msText(row.small.p50Ms), msText(row.small.p99Ms), kilobytes(row.largeBytes), msText(row.large.p50Ms), msText(row.large.p99Ms),
        ratioText(row.large.p50Ms / row.small.p50Ms), wholeText(row.large.perSecond), ratioText(row.large.perSecond / row.asset.perSecond),
      ]),
    ),
  ].join('');
}

function kilobytes(bytes: number): string {
  return (bytes / 1024).toFixed(1);
}
