import type { Family, PrunerChoice } from '#core/brief.ts';
import { GO_ON, type Climb } from '#core/prune/pruner.ts';
import { findPruner } from '#core/prune/pruners.ts';
import { reachedRungs, type Reached } from '#core/prune/rungs.ts';
import { stoppedError, turned } from '#core/prune/stopped.ts';
import type { TaskError } from '#core/result.ts';
import type { Attempt, MetricPoint, Task } from '#core/task.ts';
import { latestPoints } from '#store/point.ts';
import { listClimbs, listRungValues, saveRungValue, type Pruning } from '#store/rung.ts';
import type { Reader, Tx } from '#store/seam.ts';
import { findEarlierTwin } from '#store/task.ts';
import type { Engine } from './engine.ts';

/** Before the points of a message only so many of the last ones are looked at for a value before a rung. */
const MOST_BEFORE = 16;
const MOST_RUNGS = 100;
/** A trial is compared with so many others of the highest numbers, which took part at about the same time. */
const MOST_COMPARED = 1000;
/** A worker's clock may run this much ahead of the server's; points from further ahead tell nothing of a share of the budget. */
const MOST_AHEAD_SECONDS = 2;

/**
 * What a run has at the rungs that it reaches with new points, as far as that is not known yet. Only possible values of its
 * metric tell anything; the first value at a rung stays, so that points that come late or twice change nothing.
 *
 * @param points that are not kept yet
 */
export async function findReached(engine: Engine, reader: Reader, { pruner, metric }: Pruning, task: Task, attempt: Attempt, points: readonly MetricPoint[]): Promise<Reached[]> {
  const elapsedSeconds = (engine.now() - attempt.startedAt) / 1000;
  const telling = points.filter(({ name, value, atSeconds }) => name === metric.name && Number.isFinite(value) && (metric.above === null || value > metric.above) && atSeconds <= elapsedSeconds + MOST_AHEAD_SECONDS);
  if (telling.length === 0 || !isPrunable(task, attempt)) return [];
  const known = await listRungValues(reader, task.id, attempt.attempt, MOST_RUNGS);
  const before = await latestPoints(reader, task.id, attempt.attempt, metric.name, MOST_BEFORE);
  return reachedRungs([...before, ...telling], rungsOf(pruner), task.timeBudgetSeconds, known);
}

/**
 * Keeps what a task of a locked family has at rungs that it has just reached, and decides at each whether it goes on.
 *
 * @returns why it is to be stopped; null where it goes on
 */
export async function judgeProgress(tx: Tx, family: Family, { pruner: choice }: Pruning, task: Task, attempt: Attempt, reached: readonly Reached[]): Promise<TaskError | null> {
  const known = await listRungValues(tx, task.id, attempt.attempt, MOST_RUNGS);
  for (const { rung, value } of reached) {
    await saveRungValue(tx, { taskId: task.id, rung, attempt: attempt.attempt, familyId: family.id, number: task.number, classId: attempt.classId, value });
    known.set(rung, value);
    const losses = Array.from({ length: rung + 1 }, (_, index) => turnedOrNull(family, known.get(index)));
    const others = await listOthers(tx, family, task, attempt, rung);
    const decision = findPruner(choice.name)?.decide({ options: choice.options, trial: { number: task.number, losses, final: null }, others }) ?? GO_ON;
    // A configuration that ran before runs again to be compared with itself.
    if (decision.stops && (await findEarlierTwin(tx, task)) === null) return stoppedError(family.metric, { share: rungsOf(choice)[rung] ?? 1, value }, decision);
  }
  return null;
}

function rungsOf({ name, options }: PrunerChoice): number[] {
  return findPruner(name)?.rungs(options) ?? [];
}

/**
 * Whether a task is of those that may be stopped early: not one that people had run anew or chose themselves, nor one that
 * confirms a winner.
 */
function isPrunable(task: Task, attempt: Attempt): boolean {
  return task.state === 'running' && task.attempt === attempt.attempt && attempt.purpose === 'run' && task.purpose === 'search' && task.chosenBy !== 'person' && task.attemptsBefore === 0;
}

async function listOthers(reader: Reader, family: Family, task: Task, attempt: Attempt, rung: number): Promise<Climb[]> {
  const climbs = await listClimbs(reader, family.id, attempt.classId, rung, task.id, MOST_COMPARED);
  return climbs.map(({ number, losses, final }) => ({ number, losses: losses.map((value) => turnedOrNull(family, value)), final: turnedOrNull(family, final) }));
}

function turnedOrNull({ metric }: Family, value: number | null | undefined): number | null {
  return value === null || value === undefined ? null : turned(metric, value);
}
