import { assert } from '#core/errors.ts';
import { addValue, EMPTY_ROLLUP, type Rollup } from '#core/rollup.ts';
import { comparableHistory, type HistoryRun } from '#core/search/history.ts';
import { findStrategy } from '#core/search/strategies.ts';
import type { Proposal, ProposalRequest, Trial } from '#core/search/strategy.ts';
import { configurationKey, constraintsOf, contains, isActive, type Configuration, type Space } from '#core/space.ts';
import { pooledNoise } from '#core/stats/noise.ts';

/** What is known of a family, by the numbers of its tasks. A run that has not changed since the last question is the same object. */
export type KnownRuns = { familyId: string; runs: readonly HistoryRun[] };

/** What a strategy is asked about a family, before its runs and those of the families on which it builds are made one history. */
export type Question = KnownRuns & {
  strategy: string;
  earlier: readonly KnownRuns[];
  request: Omit<ProposalRequest, 'trials' | 'earlier' | 'noise'>;
};

/** `behind`: the answer is not there in time, and may come with the next question about the family. `failed`: there will be none. */
export type Answer = Proposal | 'behind' | 'failed';

/** Asks a strategy what to try next. */
export type Propose = (question: Question) => Promise<Answer>;

/** Asks a strategy here and now, which takes as long as it takes. */
export const proposeInline: Propose = async (question) => answerQuestion(question);

/** What the strategy answers. Pure: the same question has the same answer on every server. */
export function answerQuestion({ strategy, runs, earlier, request }: Question): Proposal {
  const found = findStrategy(strategy);
  assert(found !== null, `strategy ${strategy} was checked and exists`);
  const { trials } = comparableHistory(runs);
  return found.propose({ ...request, trials, earlier: earlier.flatMap((one) => earlierTrials(one.runs, runs, request.space)), noise: noiseBetween(runs) });
}

/**
 * What an earlier family says about this one: its measured configurations that this one could try too, from machines like
 * those that run this one, or before they are known from those that most of its results are from.
 */
function earlierTrials(earlier: readonly HistoryRun[], runs: readonly HistoryRun[], space: Space): Trial[] {
  const classes = new Set(runs.filter((run) => run.state === 'measured').map((run) => run.hardwareClass));
  const { trials } = comparableHistory(classes.size === 0 ? ofLargestClass(earlier) : earlier.filter((run) => classes.has(run.hardwareClass)));
  const constraints = constraintsOf(space);
  return trials.filter((trial) => trial.state === 'measured' && fitsIn(space, trial.config) && constraints.every((constraint) => constraint.holds(trial.config)));
}

function ofLargestClass(runs: readonly HistoryRun[]): readonly HistoryRun[] {
  const measured = Map.groupBy(runs.filter((run) => run.state === 'measured'), (run) => run.hardwareClass);
  return [...measured.values()].reduce<readonly HistoryRun[]>((largest, own) => (own.length > largest.length ? own : largest), []);
}

function fitsIn(space: Space, config: Configuration): boolean {
  const isFitting = ([name, parameter]: [string, Space['parameters'][string]]): boolean => {
    const value = config[name];
    return value === undefined ? !isActive(parameter, config) : isActive(parameter, config) && contains(parameter, value);
  };
  return Object.keys(config).every((name) => Object.hasOwn(space.parameters, name)) && Object.entries(space.parameters).every(isFitting);
}

/** The pooled deviation between runs of one configuration in one hardware class; null where nothing ran twice. */
function noiseBetween(runs: readonly HistoryRun[]): number | null {
  const groups = new Map<string, Rollup>();
  for (const { config, loss, hardwareClass } of runs) {
    if (loss === null) continue;
    const key = `${hardwareClass ?? ''} ${configurationKey(config)}`;
    groups.set(key, addValue(groups.get(key) ?? EMPTY_ROLLUP, { direction: 'minimize' }, loss, ''));
  }
  return pooledNoise(groups.values())?.deviation ?? null;
}
