// `npm run bench:search`: plays campaigns on known functions with every strategy, and prints what they reached beside what Optuna's samplers do.
import { availableParallelism } from 'node:os';
import { STRATEGIES } from '#core/search/strategies.ts';
import { runBenchmark } from './benchmark.ts';
import { median } from './measure.ts';
import { readOptions } from './options.ts';
import { FURTHER_OBJECTIVES } from './search-further.ts';
import { playAll, type Job, type Played } from './search-jobs.ts';
import { OBJECTIVES } from './search-objectives.ts';
import { MEASURED_AFTER, quartilesOf, REFERENCE_SOURCE, referenceFor, verdictOn, type Quartiles } from './search-reference.ts';
import { table } from './table.ts';

const NUMBERS = {
  seeds: { fallback: 30, least: 1 },
  first: { fallback: 0, least: 0 },
  trials: { fallback: 200, least: 25 },
  threads: { fallback: availableParallelism(), least: 1 },
};
const STRATEGY_NAMES = STRATEGIES.map(({ name }) => name);
const [GIVEN, FURTHER] = [OBJECTIVES.map(({ name }) => name), FURTHER_OBJECTIVES.map(({ name }) => name)];
const LISTS = {
  strategy: { fallback: STRATEGY_NAMES, known: STRATEGY_NAMES },
  objective: { fallback: GIVEN, known: [...GIVEN, ...FURTHER] },
  pending: { fallback: ['1', '8'], known: ['1', '2', '4', '8', '16', '32'] },
};

type Options = ReturnType<typeof readSearchOptions>;

await runBenchmark(readSearchOptions, run, report);

function readSearchOptions(words: string[]) {
  return readOptions(words, NUMBERS, ['further'], LISTS);
}

function objectivesOf({ objective, further }: Options): string[] {
  return further ? FURTHER : objective;
}

/** All campaigns of one kind share their seeds, so that strategies meet the same noise. */
async function run(options: Options): Promise<Played[]> {
  const seeds = Array.from({ length: options.seeds }, (_, index) => options.first + index);
  const jobs = objectivesOf(options).flatMap((objective) =>
    options.pending.flatMap((pending) => options.strategy.flatMap((strategy) => seeds.map((seed): Job => ({ objective, strategy, seed, pending: Number(pending), trials: options.trials })))));
  return playAll(jobs, options.threads);
}

function report(options: Options, played: readonly Played[]): string {
  const { seeds, first, pending, trials } = options;
  const parts = objectivesOf(options).flatMap((objective) =>
    pending.map((words) => {
      const of = played.filter((one) => one.objective === objective && one.pending === Number(words));
      const rows = options.strategy.flatMap((strategy) => rowsFor(strategy, of.filter((one) => one.strategy === strategy), options));
      const headings = [`${objective}, ${words === '1' ? 'one at a time' : `${words} pending`}`, ...checkpoints(trials).map((after) => `after ${after}`), 's'];
      return table(headings, rows);
    }));
  return `Best true value reached (of the trial with the lowest observation): median [quartiles] over ${seeds} seeds from ${first}, lower is better.
Beside it ${REFERENCE_SOURCE}: the best of a strategy's namesakes, and for auto the best of TPE and GP.
equal: within a tenth of the reference's interquartile range. A question mark: medians of so few seeds differ as much by chance. s: processor time of a campaign.

${parts.join('\n')}`;
}

function rowsFor(strategy: string, played: readonly Played[], { seeds, trials }: Options): string[][] {
  const [{ objective, pending } = { objective: '', pending: 1 }] = played;
  const reached = checkpoints(trials).map((after) => quartilesOf(played.map(({ scores }) => scores[after - 1] ?? Number.NaN)));
  const references = checkpoints(trials).map((after) => referenceFor(strategy, objective, pending, after));
  const ours = [strategy, ...reached.map(quartilesText), median(played.map(({ seconds }) => seconds)).toFixed(2)];
  if (references.every((reference) => reference === undefined)) return [ours];
  return [
    ours,
    ['  reference', ...references.map((reference) => (reference === undefined ? '–' : `${reference.sampler} ${quartilesText(reference)}`))],
    ['  verdict', ...references.map((reference, index) => (reference === undefined ? '–' : verdictOn(reached[index] as Quartiles, seeds, reference)))],
  ];
}

function checkpoints(trials: number): number[] {
  return MEASURED_AFTER.filter((after) => after <= trials);
}

function quartilesText({ q1, median: middle, q3 }: Quartiles): string {
  return `${middle.toPrecision(6)} [${q1.toPrecision(4)} ${q3.toPrecision(4)}]`;
}
