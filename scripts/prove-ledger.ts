// `npm run prove:ledger`: random operations and dying processes, with every invariant of the ledger checked after each.
import { parseArgs } from 'node:util';
import { postgresHost, sqliteHost } from '#test/ledger/database-host.ts';
import { driveLedger, type Tally } from '#test/ledger/drive-ledger.ts';

const WORLD_OPERATIONS = 1000;
const RECOUNT_EVERY = 250;
const CRASH_SHARE = 0.08;
const TOLD_EVERY_MS = 30_000;

type Words = { operations: number; seed: number; database: 'sqlite' | 'postgres' };

const words = readWords(process.argv.slice(2));
if (typeof words === 'string') {
  process.stderr.write(`${words}\n`);
  process.exitCode = 2;
} else await prove(words);

function readWords(args: string[]): Words | string {
  const options = { operations: { type: 'string' }, seed: { type: 'string' }, database: { type: 'string' } } as const;
  try {
    const { operations = '20000', seed = String(Math.floor(Date.now() / 1000)), database = 'sqlite' } = parseArgs({ args, options }).values;
    if (!isWhole(operations) || !isWhole(seed)) return '--operations and --seed are whole numbers.';
    if (database !== 'sqlite' && database !== 'postgres') return `--database is sqlite or postgres, not "${database}".`;
    return { operations: Number(operations), seed: Number(seed), database };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function isWhole(text: string): boolean {
  return /^\d{1,12}$/.test(text);
}

async function prove({ operations, seed, database }: Words): Promise<void> {
  const host = database === 'sqlite' ? await sqliteHost() : await postgresHost();
  const startedMs = performance.now();
  let toldMs = startedMs;
  const onProgress = (tally: Tally): void => {
    if (performance.now() - toldMs < TOLD_EVERY_MS) return;
    toldMs = performance.now();
    process.stderr.write(`${tally.operations} of ${operations} operations after ${Math.round((toldMs - startedMs) / 1000)} s\n`);
  };
  try {
    const tally = await driveLedger(host, { operations, seed, worldOperations: WORLD_OPERATIONS, recountEvery: RECOUNT_EVERY, crashShare: CRASH_SHARE, onProgress });
    process.stdout.write(report({ operations, seed, database }, tally, (performance.now() - startedMs) / 1000));
  } finally {
    await host.close();
  }
}

function report({ seed, database }: Words, tally: Tally, seconds: number): string {
  const list = (counts: ReadonlyMap<string, number>): string => [...counts].sort(([, left], [, right]) => right - left).map(([name, count]) => `${name} ${count}`).join(', ');
  return [
    `Every invariant held after each of ${tally.checks} rounds, and when everything was counted anew ${tally.recounts} times.`,
    `${tally.operations} operations on ${database} with seed ${seed} in ${Math.round(seconds)} s; ${tally.deaths} times the process died between two statements, and ${tally.repeated} operations without an answer were asked again.`,
    `Operations: ${list(tally.byName)}.`,
    `Entries: ${list(tally.entries)}.`,
    '',
  ].join('\n');
}
