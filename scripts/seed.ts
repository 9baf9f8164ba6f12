// `npm run seed -- --data DIR --tasks N`: fills a database with made-up history, marked as synthetic on every page.
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { z } from 'zod';
import { readConfig, UsageError } from '#bin/config.ts';
import { ALL_SETTINGS, SERVER_SETTINGS } from '#bin/settings.ts';
import { openStore } from '#store/open.ts';
import { StoreUnavailable } from '#store/seam.ts';
import { makeHistory, realDataIn } from './seed-history.ts';
import { defaultFamilies } from './seed-plan.ts';
import { recount } from './seed-verify.ts';

const whole = (least: number, most: number) => z.coerce.number<string | number>('must be a whole number').int('must be a whole number').min(least, `must be at least ${least}`).max(most, `must be at most ${most}`);

const SEED_SETTINGS = {
  data: SERVER_SETTINGS.data,
  database_url: SERVER_SETTINGS.database_url,
  tasks: { schema: whole(0, 10_000_000).default(1000), description: 'Tasks to make up; 0 with --verify only checks.' },
  families: { schema: whole(1, 100_000).nullable().default(null), description: 'Briefs to spread them over.' },
  workers: { schema: whole(1, 10_000).default(24), description: 'Workers to make up.' },
  seed: { schema: whole(0, 2 ** 31 - 1).default(1), description: 'The same seed gives the same history.' },
  until: { schema: z.iso.datetime('must be a moment such as 2026-01-31T12:00:00Z').nullable().default(null), description: 'The moment that the history leads to; now where absent.' },
};

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof UsageError || error instanceof StoreUnavailable || error instanceof RangeError)) throw error;
  process.stderr.write(`seed: ${error.message}\n`);
  process.exitCode = 2;
}

async function main(argv: string[]): Promise<number> {
  const { config, switches } = readConfig(SEED_SETTINGS, { argv, env: process.env }, ALL_SETTINGS, ['verify']);
  const dataDir = resolve(config.data);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const now = config.until === null ? Date.now() : Date.parse(config.until);
  const store = await openStore({ databaseUrl: config.database_url, dataDir, now: Date.now, onTrouble: (error) => process.stderr.write(`${error.message}\n`) });
  try {
    const reason = await realDataIn(store.reader);
    if (reason !== null) throw new UsageError(`This database is not filled with made-up history, because ${reason}. Choose another folder with --data.`);
    const size = { tasks: config.tasks, families: config.families ?? defaultFamilies(config.tasks), workers: config.workers, seed: config.seed, now };
    if (size.tasks > 0) {
      const startedMs = performance.now();
      await makeHistory(store, size, progressLine(size.tasks, startedMs));
      process.stdout.write(`${size.tasks} tasks in ${size.families} families by ${size.workers} workers, all synthetic, in ${((performance.now() - startedMs) / 1000).toFixed(1)} s.\n`);
    }
    return switches.has('verify') ? await verify(store.reader) : 0;
  } finally {
    await store.close();
  }
}

async function verify(reader: Parameters<typeof recount>[0]): Promise<number> {
  const problems = await recount(reader);
  process.stdout.write(problems.length === 0 ? 'Recounted: counts, summaries and the ledger agree with the rows.\n' : `${problems.join('\n')}\n`);
  return problems.length === 0 ? 0 : 1;
}

/** Shows how far it is, on one line of a terminal, and every tenth elsewhere. */
function progressLine(total: number, startedMs: number): (tasks: number) => void {
  let shownTenth = 0;
  return (tasks) => {
    const perSecond = Math.round((tasks / (performance.now() - startedMs)) * 1000);
    const line = `${tasks} of ${total} tasks, ${perSecond} a second`;
    const tenth = Math.floor((10 * tasks) / total);
    if (process.stdout.isTTY) process.stdout.write(`\r${line}\u001b[K${tasks === total ? '\n' : ''}`);
    else if (tenth > shownTenth) process.stdout.write(`${line}\n`);
    shownTenth = tenth;
  };
}
