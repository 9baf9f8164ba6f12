import { configurationKey, type Configuration } from '#core/space.ts';
import { quantile } from '#core/stats/summary.ts';
import type { Trial } from './strategy.ts';

/** One run of a configuration, as a strategy's history is made of it. Losses are values turned so that lower is better. */
export type HistoryRun = {
  config: Configuration;
  state: Trial['state'];
  /** Its loss where it is measured; otherwise null. */
  loss: number | null;
  stopped: Trial['stopped'];
  /** The hardware class it ran in; null where that is not known, which is a class of its own. */
  hardwareClass: string | null;
};

/** Runs of one hardware class in a history. `isComparable` is false where there are too few for their losses to say anything. */
export type ClassOfHistory = { hardwareClass: string | null; results: number; isReference: boolean; isComparable: boolean };

/** What is known of a campaign, one trial per configuration, with the classes that its results come from. */
export type History = { trials: Trial[]; classes: ClassOfHistory[] };

/** Fewer results of a class do not say where its losses lie. */
const LEAST_RESULTS = 5;

/** As of a result: a larger loss could not be squared and summed. */
const MOST_MAGNITUDE = 1e100;

/** What turns a loss of one class into what it would be in the reference class. */
type Scale = (loss: number) => number;

type Measured = { at: number; loss: number };

/**
 * The history of a campaign whose runs took place in several hardware classes, with losses that can be compared: those
 * of the class with the most results stay as they are, those of the others are moved and scaled to it. A run without a
 * comparable loss keeps its configuration open: it was tried, and says nothing yet.
 *
 * A time-limited run on a faster machine reaches a lower loss with the same configuration. Between two classes the losses
 * are therefore matched in distribution, by median and quartiles, which a diverged run does not move. A class that
 * joined late saw better configurations than the first ones were: it is matched to what the reference class gave meanwhile.
 *
 * @param runs in the order of the tasks' numbers
 */
export function comparableHistory(runs: readonly HistoryRun[]): History {
  const measured = new Map<string | null, Measured[]>();
  for (const [at, { state, loss, hardwareClass }] of runs.entries()) {
    if (state !== 'measured' || loss === null) continue;
    const own = measured.get(hardwareClass);
    if (own === undefined) measured.set(hardwareClass, [{ at, loss }]);
    else own.push({ at, loss });
  }
  let reference: Measured[] = [];
  for (const own of measured.values()) if (own.length > reference.length) reference = own;
  const scales = new Map([...measured].map(([name, own]) => [name, own === reference ? asItIs : scaleTo(reference, own)]));
  const classes = [...measured].map(([hardwareClass, own]): ClassOfHistory => ({ hardwareClass, results: own.length, isReference: own === reference, isComparable: scales.get(hardwareClass) !== null }));
  // Before the first result there is nothing to compare with: every class is as good as another.
  const scaleOf = (name: string | null): Scale | null => (measured.size === 0 ? asItIs : (scales.get(name) ?? null));
  return { trials: [...Map.groupBy(runs, (run) => configurationKey(run.config)).values()].map((own) => toTrial(own, scaleOf)), classes };
}

function asItIs(loss: number): number {
  return loss;
}

function scaleTo(reference: readonly Measured[], own: readonly Measured[]): Scale | null {
  if (own.length < LEAST_RESULTS) return null;
  const [first, last] = [own[0]?.at ?? 0, own.at(-1)?.at ?? 0];
  const meanwhile = reference.filter(({ at }) => at >= first && at <= last);
  const [from, to] = [placeOf(own), placeOf(meanwhile.length < LEAST_RESULTS ? reference : meanwhile)];
  const ratio = to.spread / from.spread;
  const factor = ratio > 0 && Number.isFinite(ratio) ? ratio : 1;
  return (loss) => Math.max(-MOST_MAGNITUDE, Math.min(MOST_MAGNITUDE, to.middle + (loss - from.middle) * factor));
}

function placeOf(measured: readonly Measured[]): { middle: number; spread: number } {
  const sorted = measured.map(({ loss }) => loss).sort((left, right) => left - right);
  const at = (share: number) => quantile(sorted, share);
  return { middle: at(0.5), spread: at(0.75) - at(0.25) };
}

/** One trial of the runs of one configuration: the mean of what is comparable, or what is known of the furthest. */
function toTrial(runs: readonly HistoryRun[], scaleOf: (name: string | null) => Scale | null): Trial {
  const config = runs[0]?.config ?? {};
  const losses = runs.flatMap(({ state, loss, hardwareClass }) => {
    const scale = scaleOf(hardwareClass);
    return state === 'measured' && loss !== null && scale !== null ? [scale(loss)] : [];
  });
  if (losses.length > 0) return { config, state: 'measured', loss: losses.reduce((sum, loss) => sum + loss / losses.length, 0), runs: losses.length, stopped: null };
  const stopped = runs.flatMap((run) => {
    const scale = scaleOf(run.hardwareClass);
    return run.state === 'pruned' && run.stopped !== null && scale !== null ? [{ share: run.stopped.share, loss: scale(run.stopped.loss) }] : [];
  });
  const [furthest] = stopped.sort((left, right) => right.share - left.share);
  if (furthest !== undefined) return { config, state: 'pruned', loss: null, runs: 0, stopped: furthest };
  const isFailed = runs.every((run) => run.state === 'failed');
  return { config, state: isFailed ? 'failed' : 'open', loss: null, runs: 0, stopped: null };
}
