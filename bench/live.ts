// `npm run bench:live`: how long a result takes from a worker's POST to every open page, and what readers that stall cost the server.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { SYNTHETIC_EXPERIMENTS } from '#test/running-server.ts';
import { paths } from '#web/paths.ts';
import { runBenchmark } from './benchmark.ts';
import { openCampaign } from './campaign.ts';
import { encodeRequest, openConnection, type Connection } from './connection.ts';
import { openStalledReader, openViewer, valueOf, type Viewer } from './live-viewer.ts';
import { quantile } from './measure.ts';
import { readOptions } from './options.ts';
import { serveWords, startProcess, type ServerProcess } from './server-process.ts';
import { msText, table, wholeText } from './table.ts';

const NUMBERS = {
  viewers: { fallback: 200, least: 1 },
  rate: { fallback: 5, least: 0.1 },
  seconds: { fallback: 10, least: 0.5 },
  stalled: { fallback: 200, least: 0 },
  tasks: { fallback: 1000, least: 1 },
};
const claimed = z.object({ tasks: z.array(z.object({ task_id: z.string(), attempt: z.number(), lease_token: z.string() })).length(1) });
const WARM_UP_RESULTS = 5;
/** How long results that are on their way are waited for at the end. */
const LAST_MS = 5000;

type Options = ReturnType<typeof readLiveOptions>;
type Phase = { name: string; results: number; latenciesMs: number[]; missing: number; updatesPerSecond: number; kilobytes: number; residentMb: number };

await runBenchmark(readLiveOptions, run, report);

function readLiveOptions(words: string[]) {
  return readOptions(words, NUMBERS, []);
}

async function run(options: Options): Promise<Phase[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'xeenet-bench-'));
  const cleanups: (() => unknown)[] = [() => rm(dataDir, { recursive: true, force: true })];
  try {
    const server = await startProcess(serveWords(dataDir, { 'experiments-dir': SYNTHETIC_EXPERIMENTS }), join(dataDir, 'server.log'));
    cleanups.push(() => server.stop());
    const worker = await openReporter(server, dataDir);
    cleanups.push(() => worker.connection.close());
    const address = paths.live(paths.brief(await submitBrief(options, server, dataDir)));
    const seenAt: number[][] = [];
    const seenUpTo: number[] = [];
    const viewers: Viewer[] = [];
    for (let index = 0; index < options.viewers; index += 1) {
      seenUpTo.push(-1);
      const viewer = await openViewer(server.url, address, (result) => {
        const now = performance.now();
        for (let one = (seenUpTo[index] ?? -1) + 1; one <= result; one += 1) (seenAt[one] ??= []).push(now);
        seenUpTo[index] = Math.max(seenUpTo[index] ?? -1, result);
      });
      viewers.push(viewer);
      cleanups.push(() => viewer.close());
    }
    for (let result = 0; result < WARM_UP_RESULTS; result += 1) await worker.report();
    await wait(1000);
    const phase = (name: string) => measurePhase(options, name, worker, viewers, seenAt, server);
    const phases = [await phase('all read')];
    for (let index = 0; index < options.stalled; index += 1) {
      const reader = await openStalledReader(server.url, address);
      cleanups.push(() => reader.close());
    }
    if (options.stalled > 0) phases.push(await phase(`${options.stalled} more stall`));
    return phases;
  } finally {
    for (const cleanup of cleanups.reverse()) await cleanup();
  }
}

/** Posts results at a steady rate and waits until all viewers have seen them all, or long enough. */
async function measurePhase(options: Options, name: string, worker: Reporter, viewers: readonly Viewer[], seenAt: readonly number[][], server: ServerProcess): Promise<Phase> {
  const [messagesBefore, bytesBefore] = [sumOf(viewers, 'messages'), sumOf(viewers, 'bytes')];
  const sentAt = new Map<number, number>();
  const startedAt = performance.now();
  const count = Math.max(1, Math.round(options.rate * options.seconds));
  for (let index = 0; index < count; index += 1) {
    await wait(Math.max(0, startedAt + (index * 1000) / options.rate - performance.now()));
    const { result, beganAt } = await worker.report();
    sentAt.set(result, beganAt);
  }
  const tookSeconds = (performance.now() - startedAt) / 1000;
  const last = Math.max(...sentAt.keys());
  for (const until = performance.now() + LAST_MS; performance.now() < until && (seenAt[last]?.length ?? 0) < viewers.length;) await wait(20);
  const latenciesMs = [...sentAt].flatMap(([result, at]) => (seenAt[result] ?? []).map((seen) => seen - at)).toSorted((left, right) => left - right);
  const messages = sumOf(viewers, 'messages') - messagesBefore;
  return {
    name,
    results: count,
    latenciesMs,
    missing: count * viewers.length - latenciesMs.length,
    updatesPerSecond: messages / viewers.length / tookSeconds,
    kilobytes: (sumOf(viewers, 'bytes') - bytesBefore) / Math.max(1, messages) / 1024,
    residentMb: await residentMegabytes(server),
  };
}

type Reporter = { connection: Connection; report(): Promise<{ result: number; beganAt: number }> };

/** A worker whose results are each better than the one before. */
async function openReporter(server: ServerProcess, dataDir: string): Promise<Reporter> {
  const connection = await openConnection(server.url);
  const headers = { authorization: `Bearer ${await openCampaign(server.url, dataDir).enrol('bench-live', 'An owner')}` };
  let next = 0;
  const report = async (): Promise<{ result: number; beganAt: number }> => {
    const answer = await connection.send(encodeRequest('POST', `${server.url}/api/v1/claims`, headers, { slots: 1, wait_seconds: 5 }));
    const [task] = claimed.parse(JSON.parse(answer.body.toString())).tasks;
    if (task === undefined) throw new Error('there is no task to claim');
    const result = next;
    next += 1;
    const message = { attempt: task.attempt, lease_token: task.lease_token, outcome: 'completed', metrics: { loss: valueOf(result) } };
    const request = encodeRequest('POST', `${server.url}/api/v1/tasks/${task.task_id}/result`, headers, message);
    const beganAt = performance.now();
    const taken = await connection.send(request);
    if (taken.status !== 200) throw new Error(`a result was answered with ${taken.status}: ${taken.body.toString()}`);
    return { result, beganAt };
  };
  return { connection, report };
}

async function submitBrief(options: Options, server: ServerProcess, dataDir: string): Promise<string> {
  const token = readFileSync(join(dataDir, 'admin-token'), 'utf8').trim();
  // However few were asked for, there is a task for each result.
  const tasks = Math.max(Math.round(options.tasks), 2 * Math.ceil(options.rate * options.seconds) + WARM_UP_RESULTS + 1);
  const brief = { title: 'Benchmark', experiment: 'quadratic', strategy: { name: 'random', seed: 1 }, num_tasks: tasks, time_budget_seconds: 1, budget_credits: tasks };
  const answer = await fetch(`${server.url}/api/v1/briefs`, { method: 'POST', headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, body: JSON.stringify(brief) });
  return z.object({ id: z.string() }).parse(await answer.json()).id;
}

async function residentMegabytes(server: ServerProcess): Promise<number> {
  const metrics = await (await fetch(`${server.url}${paths.monitoring()}`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(metrics)?.[1] ?? Number.NaN) / 1024 ** 2;
}

function sumOf(viewers: readonly Viewer[], of: 'messages' | 'bytes'): number {
  return viewers.reduce((sum, viewer) => sum + viewer[of], 0);
}

function report(options: Options, phases: Phase[]): string {
  return [
    `From just before a result is posted until a page has it: ${options.viewers} viewers of one brief of ${wholeText(options.tasks)} tasks, ${options.rate} results a second for ${options.seconds} s.\n\n`,
    table(
      ['viewers', 'results', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms', 'not seen', 'updates/s', 'KB each', 'server RSS MB'],
      phases.map(({ name, results, latenciesMs, missing, updatesPerSecond, kilobytes, residentMb }) => [
        name, wholeText(results), ...[0.5, 0.95, 0.99, 1].map((share) => msText(quantile(latenciesMs, share))), wholeText(missing), updatesPerSecond.toFixed(1), kilobytes.toFixed(1), wholeText(residentMb),
      ]),
    ),
  ].join('');
}
