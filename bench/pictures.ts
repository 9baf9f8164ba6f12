// `npm run bench:pictures`: how long each picture takes to draw, and how heavy it is, by the number of its runs.
import type { Fragment } from '#web/html.ts';
import { DRAWINGS } from '#web/parts/pictures/drawings.ts';
import type { Run } from '#web/parts/pictures/runs.ts';
import { madeRuns, madeStudy } from '#web/styleguide/made-runs.ts';
import { runBenchmark } from './benchmark.ts';
import { median } from './measure.ts';
import { readOptions } from './options.ts';
import { table, wholeText } from './table.ts';

const NUMBERS = { runs: { fallback: 10_000, least: 1 }, rounds: { fallback: 7, least: 1 } };
const SMALLER = [100, 2000];
/** Rounds in which the engine comes to know the code; they are not counted. */
const WARM_UPS = 3;
/** Pages read no more points of a curve, and compare no more curves at once. */
const [POINTS_OF_CURVE, CURVES] = [120, 20];
const MOST_POINTS = 5000;
const WORKERS = 24;

type Options = ReturnType<typeof readPicturesOptions>;
type Drawing = (runs: readonly Run[]) => Fragment;
type Figure = { ms: number; kilobytes: number };
type Row = { name: string; figures: Figure[] };

await runBenchmark(readPicturesOptions, run, report);

function readPicturesOptions(words: string[]) {
  return readOptions(words, NUMBERS, []);
}

function sizesOf({ runs }: Options): number[] {
  return [...SMALLER.filter((size) => size < runs), Math.round(runs)];
}

async function run(options: Options): Promise<Row[]> {
  const families = sizesOf(options).map((size) => madeRuns(size));
  return Object.entries(drawings()).map(([name, drawing]) => ({ name, figures: families.map((runs) => measureDrawing(drawing, runs, options.rounds)) }));
}

/** Draws as the drawing thread does, which does nothing else meanwhile; its processor time does not depend on what else the machine does. */
function measureDrawing(drawing: Drawing, runs: readonly Run[], rounds: number): Figure {
  const durationsMs: number[] = [];
  let kilobytes = 0;
  for (let round = -WARM_UPS; round < rounds; round += 1) {
    const began = process.threadCpuUsage();
    const markup = String(drawing(runs));
    const { user, system } = process.threadCpuUsage(began);
    if (round >= 0) durationsMs.push((user + system) / 1000);
    kilobytes = Buffer.byteLength(markup) / 1024;
  }
  return { ms: median(durationsMs), kilobytes };
}

/** Every picture with made-up data: as many runs as there are, or as much of what it shows as its page reads for so many. */
function drawings(): Record<string, Drawing> {
  const study = madeStudy();
  const { metric } = study;
  const explored = { group: 'n_layers', split: null, centre: 'mean', spread: 'sd', show: 'values' } as const;
  const grouped = { ...study, familyId: 'f', baseline: null };
  const curve = (index: number, points: number) => Array.from({ length: points }, (_, step) => ({ x: step, y: 2.6 + 2 / (step + 1) + 0.01 * Math.sin(index + step) }));
  const spansOf = (runs: readonly Run[]) => runs.map((run, index) => ({ taskId: run.id, number: run.number, attempt: 1, workerId: `w${index % WORKERS}`, state: 'completed' as const, startedAt: run.startedAt ?? 0, finishedAt: run.finishedAt }));
  return {
    history: (runs) => DRAWINGS.history({ ...study, total: runs.length, color: null, noise: null }, runs),
    'history, coloured': (runs) => DRAWINGS.history({ ...study, total: runs.length, color: 'lr_schedule', noise: { low: 2.5, high: 2.7 } }, runs),
    parallel: (runs) => DRAWINGS.parallel({ ...study, axes: null, leader: null }, runs),
    slices: (runs) => DRAWINGS.slices(study, runs),
    contour: (runs) => DRAWINGS.contour({ ...study, x: 'lr', y: 'dropout' }, runs),
    distribution: (runs) => DRAWINGS.distribution(study, runs),
    scatter: (runs) => DRAWINGS.scatter(study, runs),
    groups: (runs) => DRAWINGS.groups({ ...grouped, asked: explored }, runs),
    'groups, several': (runs) => DRAWINGS.groups({ ...grouped, asked: { ...explored, split: 'lr_schedule' } }, runs),
    timeline: (runs) => DRAWINGS.timeline({ spans: spansOf(runs), names: {}, now: runs.at(-1)?.finishedAt ?? 0 }),
    spending: (runs) => DRAWINGS.spending({ steps: runs.map((_, index) => ({ minutes: index, credits: index })), now: runs.length, budget: runs.length, price: runs.length, forecast: null }),
    curves: (runs) => DRAWINGS.curves({ id: 'curves', name: metric.name, timed: false, metric, series: runs.slice(0, CURVES).map((run, index) => ({ label: run.id, href: '/', of: 1, curves: [{ id: run.id, number: run.number, places: curve(index, POINTS_OF_CURVE) }] })) }),
    'learning-curve': (runs) => DRAWINGS['learning-curve']({ metric, points: curve(0, Math.min(MOST_POINTS, runs.length)).map(({ x, y }) => ({ step: x, name: metric.name, value: y, atSeconds: x })) }),
  };
}

function report(options: Options, rows: Row[]): string {
  const sizes = sizesOf(options);
  return [
    `Each picture drawn ${wholeText(options.rounds)} times after ${WARM_UPS} to warm up, by the number of runs; median ms of processor time, and KB of HTML. curves has at most ${CURVES} curves of ${POINTS_OF_CURVE} points, learning-curve at most ${wholeText(MOST_POINTS)} points.\n\n`,
    table(
      ['picture', ...sizes.flatMap((size) => [`${wholeText(size)}: ms`, 'KB'])],
      rows.map(({ name, figures }) => [name, ...figures.flatMap(({ ms, kilobytes }) => [ms.toFixed(1), kilobytes.toFixed(1)])]),
    ),
  ].join('');
}
