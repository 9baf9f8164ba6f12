// `npm run bench:dispatch`: durable claim + result cycles over HTTP, beside a bare Fastify echo of the same messages.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '#test/conformance/postgres-server.ts';
import { SYNTHETIC_EXPERIMENTS } from '#test/running-server.ts';
import { runBenchmark } from './benchmark.ts';
import { openCampaign } from './campaign.ts';
import { openEcho, openWorker, type Client } from './dispatch-client.ts';
import { measure, median, medianOf, type Measurement } from './measure.ts';
import { readOptions } from './options.ts';
import { serveWords, startProcess } from './server-process.ts';
import { msText, ratioText, table, wholeText } from './table.ts';

const NUMBERS = { clients: { fallback: 16, least: 1 }, seconds: { fallback: 3, least: 0.05 }, rounds: { fallback: 5, least: 1 } };
const WARM_UP_SHARE = 0.5;
/** Tasks that wait before a round, per second of it: more than any machine has been seen to do. */
const TASKS_PER_SECOND = 12_000;

type Options = ReturnType<typeof readDispatchOptions>;
type Round = { xeenet: Measurement; echo: Measurement };

await runBenchmark(readDispatchOptions, run, report);

function readDispatchOptions(words: string[]) {
  return readOptions(words, NUMBERS, ['postgres', 'profile']);
}

/** Both servers run all the time and are measured by turns, so that a busy moment of the machine hits both alike. */
async function run(options: Options): Promise<Round[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'xeenet-bench-'));
  const cleanups: (() => Promise<void>)[] = [() => rm(dataDir, { recursive: true, force: true })];
  try {
    const settings: Record<string, string> = { 'experiments-dir': SYNTHETIC_EXPERIMENTS };
    if (options.postgres) {
      const postgres = await startPostgres();
      cleanups.push(() => postgres.stop());
      settings['database-url'] = postgres.url;
    }
    const logFile = join(dataDir, 'server.log');
    const profile = options.profile ? ['--cpu-prof', '--cpu-prof-dir=data/profiles'] : [];
    const server = await startProcess([...profile, ...serveWords(dataDir, settings)], logFile);
    cleanups.push(() => server.stop());
    const echo = await startProcess(['bench/echo-server.ts'], logFile);
    cleanups.push(() => echo.stop());

    const campaign = openCampaign(server.url, dataDir);
    const workers: Client[] = [];
    const echoes: Client[] = [];
    for (let number = 1; number <= options.clients; number += 1) {
      workers.push(await openWorker(server.url, await campaign.enrol(`bench-${number}`)));
      echoes.push(await openEcho(echo.url));
    }
    cleanups.push(async () => [...workers, ...echoes].forEach((client) => client.close()));
    return await measureRounds(options, campaign, workers, echoes);
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}

async function measureRounds(options: Options, campaign: ReturnType<typeof openCampaign>, workers: Client[], echoes: Client[]): Promise<Round[]> {
  const rounds: Round[] = [];
  let acknowledged = 0;
  for (let round = 0; round <= options.rounds; round += 1) {
    const seconds = round === 0 ? options.seconds * WARM_UP_SHARE : options.seconds;
    await campaign.ensurePending(seconds * TASKS_PER_SECOND);
    const measured = {
      echo: await measure(echoes.map(({ once }) => once), seconds),
      xeenet: await measure(workers.map(({ once }) => once), seconds),
    };
    acknowledged += measured.xeenet.count;
    // The first round only warms both servers up.
    if (round > 0) rounds.push(measured);
  }
  const completed = await campaign.countCompleted();
  if (completed !== acknowledged) throw new Error(`${acknowledged} results were acknowledged, but ${completed} are kept`);
  return rounds;
}

function report(options: Options, rounds: Round[]): string {
  const row = (name: string, { xeenet, echo }: Round, ratio: number): string[] => [
    name, wholeText(xeenet.perSecond), msText(xeenet.p50Ms), msText(xeenet.p99Ms), wholeText(echo.perSecond), msText(echo.p50Ms), msText(echo.p99Ms), ratioText(ratio),
  ];
  const ratioOf = ({ xeenet, echo }: Round): number => xeenet.perSecond / echo.perSecond;
  const middle = { xeenet: medianOf(rounds.map(({ xeenet }) => xeenet)), echo: medianOf(rounds.map(({ echo }) => echo)) };
  const database = options.postgres ? 'PostgreSQL, fsync on' : 'SQLite, synchronous=full';
  return [
    `Durable claim + result over HTTP, ${options.clients} clients, ${rounds.length} rounds of ${options.seconds} s, ${database}.\n`,
    'The echo is a bare Fastify server that sends the same two messages back. Latencies are of a whole cycle.\n\n',
    table(
      ['round', 'cycles/s', 'p50 ms', 'p99 ms', 'echo cycles/s', 'p50 ms', 'p99 ms', 'ratio'],
      [...rounds.map((round, index) => row(String(index + 1), round, ratioOf(round))), row('median', middle, median(rounds.map(ratioOf)))],
    ),
  ].join('');
}
