import type { Place } from '#core/curve.ts';
import type { Metric } from '#core/experiment.ts';
import type { MetricPoint, Task } from '#core/task.ts';
import { latestPoints, listPoints, samplePoints } from '#store/point.ts';
import type { Reader } from '#store/seam.ts';

/** The curve that stands in for runs whose metric has been measured once or not at all. */
const STAND_IN = 'train_loss';
/** A curve with more points is drawn by this many of them, evenly spread. */
const MOST_POINTS = 120;

/** The curves of some runs by one measure, against seconds, or against steps where a script reports no times. */
export type Curves = { name: string; timed: boolean; byTask: ReadonlyMap<string, readonly Place[]> };

/** Reads the learning curves of the last attempts of runs, at most 120 points of each, in a few short reads per run. */
export async function readCurves(reader: Reader, tasks: readonly Pick<Task, 'id' | 'attempt'>[], metric: Pick<Metric, 'name'>): Promise<Curves> {
  const tried = tasks.filter((task) => task.attempt > 0);
  const own = await readNamed(reader, tried, metric.name);
  const isMeasured = [...own.values()].some((points) => points.length > 1);
  const standIn = isMeasured || metric.name === STAND_IN ? null : await readNamed(reader, tried, STAND_IN);
  const [name, chosen] = standIn !== null && standIn.size > 0 ? [STAND_IN, standIn] : [metric.name, own];
  const timed = [...chosen.values()].every((points) => points.length < 2 || (points.at(-1)?.atSeconds ?? 0) > (points[0]?.atSeconds ?? 0));
  const byTask = new Map([...chosen].map(([id, points]) => [id, placesOf(points, timed)]));
  return { name, timed, byTask };
}

async function readNamed(reader: Reader, tasks: readonly Pick<Task, 'id' | 'attempt'>[], name: string): Promise<Map<string, MetricPoint[]>> {
  const found = new Map<string, MetricPoint[]>();
  for (const task of tasks) {
    const points = await readOne(reader, task, name);
    if (points.length > 0) found.set(task.id, points);
  }
  return found;
}

async function readOne(reader: Reader, { id, attempt }: Pick<Task, 'id' | 'attempt'>, name: string): Promise<MetricPoint[]> {
  const points = await listPoints(reader, id, attempt, { name, limit: MOST_POINTS + 1, after: null });
  if (points.length <= MOST_POINTS) return points;
  const [first, [last]] = [points[0]?.step ?? 0, await latestPoints(reader, id, attempt, name, 1)];
  const until = last?.step ?? first;
  const steps = Array.from({ length: MOST_POINTS }, (_, index) => Math.floor(first + ((until - first) * index) / (MOST_POINTS - 1)));
  return samplePoints(reader, id, attempt, name, [...new Set(steps)]);
}

/** Places with rising x: a script that reports a time twice keeps its last value there. */
function placesOf(points: readonly MetricPoint[], timed: boolean): Place[] {
  const places = new Map(points.map((point) => [timed ? point.atSeconds : point.step, point.value]));
  return [...places].map(([x, y]) => ({ x, y })).sort((left, right) => left.x - right.x);
}
