import type { Metric } from '#core/experiment.ts';
import { history, type HistoryTask } from '#web/parts/pictures/history.ts';
import { learningCurve } from '#web/parts/pictures/learning-curve.ts';
import { HOSTILE_TEXT, type Specimens } from './specimen.ts';

const METRIC: Metric = { name: 'val_bpb', direction: 'minimize', above: 0 };

/** A value that wanders without chance: the same picture on every visit. */
const wandering = (index: number): number => 2.7 + 0.6 / Math.sqrt(index + 1) + 0.12 * Math.sin(index * 2.3);

const tasks = (count: number, value: (index: number) => number | null): HistoryTask[] =>
  Array.from({ length: count }, (_, index) => ({ id: `specimen-${index + 1}`, number: index + 1, state: value(index) === null ? ('failed' as const) : ('completed' as const), value: value(index) }));

const drawn = (count: number, value: (index: number) => number | null, metric = METRIC) => history(tasks(count, value), { metric, total: count });

/** Pictures of made-up values. */
export const PICTURES: readonly Specimens[] = [
  {
    part: 'pictures/history.ts',
    specimens: [
      { name: 'an ordinary campaign', fragment: drawn(60, (index) => (index % 11 === 7 ? null : wandering(index))) },
      { name: 'ten thousand runs', fragment: drawn(10_000, wandering) },
      { name: 'everything failed', fragment: drawn(5, () => null) },
      { name: 'tiny values of a hostile metric', fragment: drawn(12, (index) => wandering(index) * 1e-12, { ...METRIC, name: HOSTILE_TEXT }) },
      { name: 'nothing yet', fragment: drawn(0, () => null) },
    ],
  },
  {
    part: 'pictures/learning-curve.ts',
    specimens: [
      { name: 'a curve', fragment: learningCurve({ points: Array.from({ length: 80 }, (_, step) => ({ step, name: 'val_bpb', value: 2.5 + 2 / (step + 1), atSeconds: step / 8 })), metric: METRIC }) },
      { name: 'nothing yet', fragment: learningCurve({ points: [], metric: METRIC }) },
    ],
  },
];
