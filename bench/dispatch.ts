// `npm run bench:dispatch`: durable claim + result cycles over HTTP, beside a bare Fastify echo of the same messages, and
// with `--verification` beside the same where results are verified.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '#test/conformance/postgres-server.ts';
import { SYNTHETIC_EXPERIMENTS } from '#test/running-server.ts';
import { runBenchmark } from './benchmark.ts';
import { openCampaign, type Campaign } from './campaign.ts';
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
type Round = { xeenet: Measurement; verified: Measurement | null; echo: Measurement };
/** A server with its campaign and the workers that it gives tasks to. */
type Side = { campaign: Campaign; workers: Client[] };

await runBenchmark(readDispatchOptions, run, report);

function readDispatchOptions(words: string[]) {
  return readOptions(words, NUMBERS, ['postgres', 'profile', 'verification']);
}

/** All servers run all the time and are measured by turns, so that a busy moment of the machine hits them alike. */
async function run(options: Options): Promise<Round[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'xeenet-bench-'));
  const cleanups: (() => Promise<void>)[] = [() => rm(dataDir, { recursive: true, force: true })];
  try {
    const plain = await openSide(options, join(dataDir, 'plain'), false, cleanups);
    const verified = options.verification ? await openSide(options, join(dataDir, 'verified'), true, cleanups) : null;
    const echo = await startProcess(['bench/echo-server.ts'], join(dataDir, 'echo.log'));
    cleanups.push(() => echo.stop());
    const echoes: Client[] = [];
    for (let number = 1; number <= options.clients; number += 1) echoes.push(await openEcho(echo.url));
    cleanups.push(async () => echoes.forEach((client) => client.close()));
    return await measureRounds(options, plain, verified, echoes);
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}

/** Starts a server, with a database of its own, and the workers of two owners, of whom each may audit the other. */
async function openSide(options: Options, dataDir: string, isVerified: boolean, cleanups: (() => Promise<void>)[]): Promise<Side> {
  await mkdir(dataDir);
  const settings: Record<string, string> = { 'experiments-dir': SYNTHETIC_EXPERIMENTS };
  if (options.postgres) {
    const postgres = await startPostgres();
    cleanups.push(() => postgres.stop());
    settings['database-url'] = postgres.url;
  }
  const profile = options.profile ? ['--cpu-prof', '--cpu-prof-dir=data/profiles'] : [];
  const server = await startProcess([...profile, ...serveWords(dataDir, settings)], join(dataDir, 'server.log'));
  cleanups.push(() => server.stop());
  const campaign = openCampaign(server.url, dataDir, isVerified);
  const workers: Client[] = [];
  for (let number = 1; number <= options.clients; number += 1) {
    workers.push(await openWorker(server.url, await campaign.enrol(`bench-${number}`, number % 2 === 0 ? 'One owner' : 'Another owner')));
  }
  cleanups.push(async () => workers.forEach((client) => client.close()));
  return { campaign, workers };
}

async function measureRounds(options: Options, plain: Side, verified: Side | null, echoes: Client[]): Promise<Round[]> {
  const rounds: Round[] = [];
  const acknowledged = { plain: 0, verified: 0 };
  for (let round = 0; round <= options.rounds; round += 1) {
    const seconds = round === 0 ? options.seconds * WARM_UP_SHARE : options.seconds;
    for (const side of [plain, verified]) await side?.campaign.ensurePending(seconds * TASKS_PER_SECOND);
    const measured = {
      echo: await measure(echoes.map(({ once }) => once), seconds),
      xeenet: await measure(plain.workers.map(({ once }) => once), seconds),
      verified: verified === null ? null : await measure(verified.workers.map(({ once }) => once), seconds),
    };
    acknowledged.plain += measured.xeenet.count;
    acknowledged.verified += measured.verified?.count ?? 0;
    // The first round only warms the servers up.
    if (round > 0) rounds.push(measured);
  }
  const completed = await plain.campaign.countCompleted();
  if (completed !== acknowledged.plain) throw new Error(`${acknowledged.plain} results were acknowledged, but ${completed} are kept`);
  const kept = await verified?.campaign.countCompleted() ?? 0;
  // The rest are audits, which run a task that is completed.
  if (kept > acknowledged.verified || kept < acknowledged.verified / 2) throw new Error(`${acknowledged.verified} results were acknowledged where they are verified, but ${kept} are kept`);
  return rounds;
}

function report(options: Options, rounds: Round[]): string {
  const row = (name: string, { xeenet, verified, echo }: Round, ratio: number, share: number): string[] => [
    name, wholeText(xeenet.perSecond), msText(xeenet.p50Ms), msText(xeenet.p99Ms), wholeText(echo.perSecond), msText(echo.p50Ms), msText(echo.p99Ms), ratioText(ratio),
    ...(verified === null ? [] : [wholeText(verified.perSecond), msText(verified.p50Ms), msText(verified.p99Ms), ratioText(share)]),
  ];
  const ratioOf = ({ xeenet, echo }: Round): number => xeenet.perSecond / echo.perSecond;
  const shareOf = ({ xeenet, verified }: Round): number => (verified?.perSecond ?? Number.NaN) / xeenet.perSecond;
  const verified = rounds.flatMap((round) => round.verified ?? []);
  const middle = { xeenet: medianOf(rounds.map(({ xeenet }) => xeenet)), verified: verified.length === 0 ? null : medianOf(verified), echo: medianOf(rounds.map(({ echo }) => echo)) };
  const database = options.postgres ? 'PostgreSQL, fsync on' : 'SQLite, synchronous=full';
  return [
    `Durable claim + result over HTTP, ${options.clients} clients, ${rounds.length} rounds of ${options.seconds} s, ${database}.\n`,
    'The echo is a bare Fastify server that sends the same two messages back. Latencies are of a whole cycle.\n',
    options.verification ? 'Verified cycles are those of a second server, whose briefs have the default policy; audits are cycles too. The share is their rate by that without verification.\n\n' : '\n',
    table(
      ['round', 'cycles/s', 'p50 ms', 'p99 ms', 'echo cycles/s', 'p50 ms', 'p99 ms', 'ratio', ...(options.verification ? ['verified cycles/s', 'p50 ms', 'p99 ms', 'share'] : [])],
      [...rounds.map((round, index) => row(String(index + 1), round, ratioOf(round), shareOf(round))), row('median', middle, median(rounds.map(ratioOf)), median(rounds.map(shareOf)))],
    ),
  ].join('');
}
