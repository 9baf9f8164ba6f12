import type { Fragment } from '#web/html.ts';
import { contour, type ContourData } from './contour.ts';
import { distribution, type DistributionData } from './distribution.ts';
import { curves, type CurvesData } from './curves.ts';
import { groups, type GroupsData } from './groups.ts';
import { history, type HistoryData } from './history.ts';
import { learningCurve, type LearningCurveData } from './learning-curve.ts';
import { parallel, type ParallelData } from './parallel.ts';
import type { Run } from './runs.ts';
import { scatter, type ScatterData } from './scatter.ts';
import { slices, type SlicesData } from './slices.ts';
import { spending, type SpendingData } from './spending.ts';
import { timeline, type TimelineData } from './timeline.ts';

/**
 * Every picture by name: a pure function of plain data, and of the runs of a family where it shows them. They are drawn
 * in a thread of their own; see `draw.ts`. The server itself imports the types of this file and nothing else, so that
 * only the thread loads Observable Plot.
 */
export const DRAWINGS = {
  contour: (data: ContourData, runs: readonly Run[]) => contour(runs, data),
  distribution: (data: DistributionData, runs: readonly Run[]) => distribution(runs, data),
  curves: (data: CurvesData) => curves(data),
  groups: (data: GroupsData, runs: readonly Run[]) => groups(runs, data),
  history: (data: HistoryData, runs: readonly Run[]) => history(runs, data),
  'learning-curve': (data: LearningCurveData) => learningCurve(data),
  parallel: (data: ParallelData, runs: readonly Run[]) => parallel(runs, data),
  scatter: (data: ScatterData, runs: readonly Run[]) => scatter(runs, data),
  slices: (data: SlicesData, runs: readonly Run[]) => slices(runs, data),
  spending: (data: SpendingData) => spending(data),
  timeline: (data: TimelineData) => timeline(data),
} satisfies Record<string, (data: never, runs: readonly Run[]) => Fragment>;

export type DrawingName = keyof typeof DRAWINGS;

/** What a picture is drawn of beside the runs. */
export type DataOf<Name extends DrawingName> = Parameters<(typeof DRAWINGS)[Name]>[0];
