// `npm run bench:lighthouse`: Lighthouse's scores of every page, by the Chromium of this machine.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { findChromium } from '#scripts/chromium.mjs';
import { runBenchmark } from './benchmark.ts';
import { readOptions } from './options.ts';
import { openSeededSite } from './seeded-site.ts';
import { table } from './table.ts';

/** Fetched by npm when it is asked for: it is larger than the rest of the project together. */
const LIGHTHOUSE = 'lighthouse@13.5.0';
const CATEGORIES = ['performance', 'accessibility', 'best-practices'] as const;
const CHROMIUM_FLAGS = '--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync';
/** A page's stream never ends, so that Lighthouse would wait its 45 s for a silent network on each. */
const MOST_LOADING_MS = 8000;
/** Lighthouse's own two machines: a phone on a slow network, which is its default, and a desk. */
const MACHINES = { phone: [], desk: ['--preset=desktop'] } as const;
type Machine = keyof typeof MACHINES;

const report = z.object({ categories: z.record(z.string(), z.object({ score: z.number().nullable() })) });

type Row = { name: string; machine: Machine; scores: string[] };

await runBenchmark((words) => readOptions(words, { tasks: { fallback: 3000, least: 100 } }, []), run, (options, rows) => {
  const title = `Lighthouse (${LIGHTHOUSE}) on pages of ${options.tasks} synthetic tasks; 100 is the best.\n\n`;
  return `${title}${table(['page', 'machine', ...CATEGORIES], rows.map((row) => [row.name, row.machine, ...row.scores]))}`;
});

async function run({ tasks }: { tasks: number }): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'xeenet-bench-'));
  const site = await openSeededSite(folder, tasks, Math.floor(tasks / 10));
  try {
    const rows: Row[] = [];
    // One address of each page is enough: the others differ in what they read, and not in how they are made.
    for (const { name, address } of site.pages.filter((page) => !page.name.includes(' ') && page.name !== 'briefFile')) {
      for (const machine of Object.keys(MACHINES) as Machine[]) rows.push({ name, machine, scores: await judge(`${site.server.url}${address}`, machine, join(folder, 'report.json')) });
    }
    return rows;
  } finally {
    await site.server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function judge(url: string, machine: Machine, file: string): Promise<string[]> {
  const words = ['exec', '--yes', `--package=${LIGHTHOUSE}`, '--', 'lighthouse', url, '--quiet', '--output=json', `--output-path=${file}`, `--only-categories=${CATEGORIES.join(',')}`, `--max-wait-for-load=${MOST_LOADING_MS}`, `--chrome-flags=${CHROMIUM_FLAGS}`, ...MACHINES[machine]];
  const child = spawn('npm', words, { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, CHROME_PATH: findChromium() } });
  const [status] = await once(child, 'exit');
  if (status !== 0) throw new Error(`Lighthouse ended with status ${status} on ${url}`);
  const { categories } = report.parse(JSON.parse(await readFile(file, 'utf8')));
  return CATEGORIES.map((name) => {
    const score = categories[name]?.score;
    return score === null || score === undefined ? 'none' : String(Math.round(score * 100));
  });
}
