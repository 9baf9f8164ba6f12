// `npm run bench:pruning`: plays campaigns whose runs have learning curves with every rule that stops runs early, and prints the steps used and the value reached beside Optuna's.
import { asha } from '#core/prune/asha.ts';
import { hyperband } from '#core/prune/hyperband.ts';
import { median as medianRule } from '#core/prune/median.ts';
import { findStrategy, STRATEGIES } from '#core/search/strategies.ts';
import { runBenchmark } from './benchmark.ts';
import optuna from './fixtures/optuna-pruning.json' with { type: 'json' };
import { median } from './measure.ts';
import { readOptions } from './options.ts';
import { prunedCampaign, type Pruned, type Rule } from './pruning-simulation.ts';
import { table, wholeText } from './table.ts';

/** The settings that Optuna was measured with, by the names that its figures have. */
const RULES: Record<string, Rule> = {
  none: null,
  median: { pruner: medianRule, options: { warm_up_share: 0, interval_share: 1 / 27 } },
  median_warmup9: { pruner: medianRule, options: { warm_up_share: 10 / 27, interval_share: 1 / 27 } },
  sha_r1_eta3: { pruner: asha, options: { first_share: 1 / 27 } },
  sha_r3_eta3: { pruner: asha, options: { first_share: 3 / 27 } },
  sha_auto_eta4: { pruner: asha, options: { first_share: 1 / 27, reduction: 4 } },
  hyperband: { pruner: hyperband, options: { first_share: 1 / 27 } },
};
const SAMPLERS: Record<string, string> = { random: 'random', tpe: 'tpe_default' };
const COMPARED = STRATEGIES.flatMap(({ name }) => (SAMPLERS[name] === undefined ? [] : [name]));

type Options = ReturnType<typeof readPruningOptions>;
type Played = { strategy: string; rule: string; campaigns: Pruned[] };

await runBenchmark(readPruningOptions, run, report);

function readPruningOptions(words: string[]) {
  return readOptions(words, { seeds: { fallback: 20, least: 1 }, first: { fallback: 0, least: 0 } }, [], {
    strategy: { fallback: COMPARED, known: STRATEGIES.map(({ name }) => name) },
    pruner: { fallback: Object.keys(RULES), known: Object.keys(RULES) },
  });
}

async function run({ seeds, first, strategy: names, pruner }: Options): Promise<Played[]> {
  return names.flatMap((name) =>
    pruner.flatMap((rule): Played[] => {
      const strategy = findStrategy(name);
      const campaigns = strategy === null ? [] : Array.from({ length: seeds }, (_, index) => prunedCampaign(strategy, RULES[rule] ?? null, first + index));
      return campaigns.length === 0 ? [] : [{ strategy: name, rule, campaigns }];
    }));
}

function report({ seeds, first }: Options, played: readonly Played[]): string {
  const rows = played.flatMap(({ strategy, rule, campaigns }) => {
    const of = (what: keyof Pruned): number => median(campaigns.map((one) => one[what]));
    const reference = optuna.summary.find((one) => one.sampler === SAMPLERS[strategy] && one.pruner === rule);
    const ours = row(`${strategy}, ${rule}`, { steps: of('steps'), completed: of('completed'), best: of('best'), suggested: of('suggested') });
    return reference === undefined ? [ours] : [ours, row('  Optuna', { ...reference, best: reference.best.median })];
  });
  return `200 runs of at most 27 steps each: medians over ${seeds} seeds from ${first}, and ${optuna.source}. Lower is better throughout.
Best: the best true value of what ran to its end. Given up: how far that is from the best of all that was tried, which depends on what was drawn.

${table(['', 'steps', 'completed', 'best', 'given up'], rows)}`;
}

function row(name: string, { steps, completed, best, suggested }: Pruned): string[] {
  return [name, wholeText(steps), completed.toFixed(1), best.toFixed(4), (best - suggested).toFixed(4)];
}
