import type { Fragment } from '#web/html.ts';
import { curves, type CurvesData } from './curves.ts';
import { history, type HistoryData } from './history.ts';
import { learningCurve, type LearningCurveData } from './learning-curve.ts';
import type { Run } from './runs.ts';

/**
 * Every picture by name: a pure function of plain data, and of the runs of a family where it shows them. They are drawn
 * in a thread of their own; see `draw.ts`. The server itself imports the types of this file and nothing else, so that
 * only the thread loads Observable Plot.
 */
export const DRAWINGS = {
  curves: (data: CurvesData) => curves(data),
  history: (data: HistoryData, runs: readonly Run[]) => history(runs, data),
  'learning-curve': (data: LearningCurveData) => learningCurve(data),
} satisfies Record<string, (data: never, runs: readonly Run[]) => Fragment>;

export type DrawingName = keyof typeof DRAWINGS;

/** What a picture is drawn of beside the runs. */
export type DataOf<Name extends DrawingName> = Parameters<(typeof DRAWINGS)[Name]>[0];
