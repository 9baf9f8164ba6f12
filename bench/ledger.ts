// `npm run bench:ledger`: random changes of a copied ledger, and how many of them an independent verification finds.
import { seededRandom } from '#core/random.ts';
import { verifyLedger } from '#engine/verify-ledger.ts';
import { copyOfLedger, type LedgerCopy } from '#test/ledger-copy.ts';
import { chanceFrom, FORKS, MUTATIONS, type Mutation } from '#test/ledger-mutations.ts';
import { runBenchmark } from './benchmark.ts';
import { readOptions } from './options.ts';
import { msText, table, wholeText } from './table.ts';

const NUMBERS = { mutations: { fallback: 10_000, least: 1 }, seed: { fallback: 1, least: 0 } };

type Options = ReturnType<typeof readLedgerOptions>;
/** How many changes of a kind were made, how many were found, and what those that were not did. */
type Row = { kind: string; made: number; found: number; missed: string[] };

await runBenchmark(readLedgerOptions, run, report);

function readLedgerOptions(words: string[]) {
  return readOptions(words, NUMBERS, []);
}

async function run({ mutations, seed }: Options): Promise<{ rows: Row[]; size: number; milliseconds: number }> {
  const copy = await copyOfLedger();
  const untouched = await verifyLedger(copy.reader, { checkpoint: copy.older, keys: [] });
  if (untouched.wrong.length > 0) throw new Error(`the ledger is wrong before anything is changed: ${untouched.wrong.join(' ')}`);
  const kinds = Object.entries({ ...MUTATIONS, ...FORKS });
  const rows = kinds.map(([kind]): Row => ({ kind, made: 0, found: 0, missed: [] }));
  const startedAt = performance.now();
  let made = 0;
  for (let number = 0; made < mutations; number += 1) {
    const [entry, row] = [kinds[number % kinds.length], rows[number % kinds.length]];
    if (entry === undefined || row === undefined) throw new Error('there are kinds of changes');
    const { what, isFound } = await change(copy, entry[1], seed * mutations * 10 + number);
    if (what === null) continue;
    made += 1;
    row.made += 1;
    if (isFound) row.found += 1;
    else row.missed.push(what);
  }
  if (rows.some(({ missed }) => missed.length > 0)) process.exitCode = 1;
  return { rows, size: copy.size, milliseconds: performance.now() - startedAt };
}

async function change(copy: LedgerCopy, mutation: Mutation, seed: number): Promise<{ what: string | null; isFound: boolean }> {
  copy.database.exec('begin');
  try {
    const what = mutation(copy, chanceFrom(seededRandom(seed)));
    if (what === null) return { what, isFound: false };
    return { what, isFound: (await verifyLedger(copy.reader, { checkpoint: copy.older, keys: [] })).wrong.length > 0 };
  } finally {
    copy.database.exec('rollback');
  }
}

function report({ seed }: Options, { rows, size, milliseconds }: Awaited<ReturnType<typeof run>>): string {
  const [made, found] = [rows.reduce((sum, row) => sum + row.made, 0), rows.reduce((sum, row) => sum + row.found, 0)];
  const body = table(['change', 'made', 'found'], rows.map((row) => [row.kind, wholeText(row.made), wholeText(row.found)]));
  const missed = rows.flatMap((row) => row.missed.map((what) => `missed: ${row.kind}: ${what}\n`)).join('');
  return `${body}\n${wholeText(found)} of ${wholeText(made)} changes of a ledger of ${wholeText(size)} sealed entries were found (seed ${seed}), ${msText(milliseconds / made)} ms each.\n${missed}`;
}
