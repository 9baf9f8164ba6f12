// `npm run bench:campaigns`: whole campaigns of real training, two strategies side by side on the same machine with the same budget.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { runBenchmark } from './benchmark.ts';
import { startWorkers } from './campaign-workers.ts';
import { median } from './measure.ts';
import { readOptions } from './options.ts';
import { serveWords, startProcess } from './server-process.ts';

import { table } from './table.ts';

const NUMBERS = {
  tasks: { fallback: 60, least: 2 },
  seconds: { fallback: 10, least: 0.5 },
  repeats: { fallback: 3, least: 1 },
  workers: { fallback: 2, least: 2 },
  /** Fresh seeds of each winner, beyond its campaign's budget, so that neither is judged by a lucky run. */
  checks: { fallback: 5, least: 2 },
  seed: { fallback: 1, least: 0 },
};
const RIVALS = ['auto', 'random'] as const;
const EXPERIMENT = 'char-lm';
/** A campaign takes minutes; it is asked so often whether it is over. */
const LOOK_MS = 2000;

type Options = ReturnType<typeof readCampaignOptions>;
type Rival = (typeof RIVALS)[number];
type Configuration = Record<string, string | number | boolean>;
/** How a campaign ended: what it said was best, and what its winner came to with fresh seeds. */
type Ended = { rival: Rival; repeat: number; found: number; config: Configuration; counts: Record<string, number>; checked: number[] };
type Call = (method: string, path: string, body?: unknown) => Promise<unknown>;

const created = z.object({ id: z.string(), family_id: z.string() });
const family = z.object({
  state: z.string(),
  counts: z.record(z.string(), z.number()),
  best: z.object({ value: z.number(), config: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])) }).nullable(),
  confirmation: z.object({ winner: z.object({ config: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])) }).nullish() }).nullish(),
});
const tasks = z.object({ items: z.array(z.object({ value: z.number().nullable() })) });

await runBenchmark(readCampaignOptions, run, report);

function readCampaignOptions(words: string[]) {
  return readOptions(words, NUMBERS, []);
}

async function run(options: Options): Promise<Ended[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'xeenet-bench-'));
  const cleanups: (() => unknown)[] = [() => rm(dataDir, { recursive: true, force: true })];
  try {
    const server = await startProcess(serveWords(dataDir, { 'starter-credits': '1000000' }), join(dataDir, 'server.log'));
    cleanups.push(() => server.stop());
    const call = callAs(server.url, readFileSync(join(dataDir, 'admin-token'), 'utf8').trim());
    const workers = startWorkers(server.url, dataDir, options.workers);
    cleanups.push(() => workers.stop());
    return await Promise.race([runAll(call, options), workers.failed]);
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  }
}

async function runAll(call: Call, options: Options): Promise<Ended[]> {
  const ended: Ended[] = [];
  for (let repeat = 0; repeat < options.repeats; repeat += 1) {
    // Both at once, so that whatever else the machine does slows both.
    const campaigns = await Promise.all(RIVALS.map(async (rival) => ({ rival, ...(await campaign(call, options, rival, options.seed + repeat)) })));
    ended.push(...(await Promise.all(campaigns.map(async (one) => ({ ...one, repeat, checked: await check(call, options, one.config, options.seed + repeat) })))));
    if (repeat + 1 < options.repeats) process.stderr.write(report(options, ended));
  }
  return ended;
}

async function campaign(call: Call, options: Options, rival: Rival, seed: number): Promise<Pick<Ended, 'found' | 'config' | 'counts'>> {
  const ended = await runBrief(call, { ...briefOf(options, `${rival}, seed ${seed}`, options.tasks), strategy: { name: rival, seed } });
  if (ended.best === null) throw new Error(`The campaign of ${rival} ended ${ended.state} without a value.`);
  return { found: ended.best.value, config: ended.confirmation?.winner?.config ?? ended.best.config, counts: ended.counts };
}

/** The values of a configuration with seeds that no campaign had. */
async function check(call: Call, options: Options, config: Configuration, seed: number): Promise<number[]> {
  const space = Object.fromEntries(Object.entries(config).map(([name, value]) => [name, { value }]));
  const brief = { ...briefOf(options, 'Check of a winner', options.checks), strategy: { name: 'random', seed: 1_000_000 + 1000 * seed }, replicates: options.checks, space };
  const { familyId } = await runBrief(call, brief);
  return tasks.parse(await call('GET', `/tasks?family_id=${familyId}&limit=500`)).items.flatMap(({ value }) => value ?? []);
}

function briefOf(options: Options, title: string, count: number): Record<string, unknown> {
  return { title, experiment: EXPERIMENT, num_tasks: count, time_budget_seconds: options.seconds, budget_credits: Math.ceil((count * options.seconds) / 60) * 2 };
}

async function runBrief(call: Call, brief: Record<string, unknown>): Promise<z.infer<typeof family> & { familyId: string }> {
  const { family_id: familyId } = created.parse(await call('POST', '/briefs', brief));
  for (;;) {
    const now = family.parse(await call('GET', `/families/${familyId}`));
    if (now.state !== 'running') return { ...now, familyId };
    await wait(LOOK_MS);
  }
}

function callAs(url: string, token: string): Call {
  return async (method, path, body) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${JSON.stringify(answer)}`);
    return answer;
  };
}

function report(options: Options, ended: Ended[]): string {
  const rows = ended.map((one) => [`${one.repeat + 1}, ${one.rival}`, ranText(one.counts), one.found.toFixed(4), meanText(one.checked), JSON.stringify(one.config)]);
  const middle = RIVALS.map((rival) => `${rival} ${median(ended.filter((one) => one.rival === rival).map((one) => meanOf(one.checked))).toFixed(4)}`).join(', ');
  return `${EXPERIMENT}, ${options.tasks} tasks of ${options.seconds} s for each campaign, ${options.workers} workers, both campaigns at once\n\n${table(['campaign', 'ran', 'best run', `winner, ${options.checks} fresh seeds`, 'winner'], rows)}\nMedian of the winners with fresh seeds: ${middle} (lower is better)\n`;
}

function ranText(counts: Record<string, number>): string {
  return Object.entries(counts).flatMap(([state, count]) => (count > 0 && state !== 'total' ? [`${count} ${state}`] : [])).join(', ');
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function meanText(values: readonly number[]): string {
  const mean = meanOf(values);
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  return `${mean.toFixed(4)} ± ${deviation.toFixed(4)}`;
}
