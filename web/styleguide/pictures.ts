import type { Metric } from '#core/experiment.ts';
import type { Space } from '#core/space.ts';
import { contour } from '#web/parts/pictures/contour.ts';
import { distribution } from '#web/parts/pictures/distribution.ts';
import { history } from '#web/parts/pictures/history.ts';
import { learningCurve } from '#web/parts/pictures/learning-curve.ts';
import { parallel } from '#web/parts/pictures/parallel.ts';
import { scatter } from '#web/parts/pictures/scatter.ts';
import { slices } from '#web/parts/pictures/slices.ts';
import { madeRuns, madeStudy } from './made-runs.ts';
import { HOSTILE_TEXT, type Specimens } from './specimen.ts';

const METRIC: Metric = { name: 'val_bpb', direction: 'minimize', above: 0 };

/** A value that wanders without chance: the same picture on every visit. */
const wandering = (index: number): number => 2.7 + 0.6 / Math.sqrt(index + 1) + 0.12 * Math.sin(index * 2.3);

const drawn = (count: number, value: (index: number) => number | null, metric = METRIC) => history(madeRuns(count, undefined, value), { ...madeStudy({ metric }), total: count, color: null, noise: null });

const HOSTILE_SPACE: Space = { parameters: { [HOSTILE_TEXT]: { type: 'uniform', low: 0, high: 1e-12 }, choice: { type: 'choice', values: [HOSTILE_TEXT, 'قيمة', '🦉'] } }, constraints: [] };
const filtered = madeRuns(30).map((run) => (run.config['lr_schedule'] === 'cosine' ? run : { ...run, dimmed: true }));
const hostile = madeRuns(8, HOSTILE_SPACE, (index) => wandering(index) * 1e-12);
const study = madeStudy();

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
  {
    part: 'pictures/parallel.ts',
    specimens: [
      { name: 'a campaign', fragment: parallel(madeRuns(30), { ...study, axes: null, leader: null }) },
      { name: 'filtered to one choice', fragment: parallel(filtered, { ...study, filter: 'lr_schedule:cosine', axes: null, leader: null }) },
      { name: 'hostile names', fragment: parallel(hostile, { ...madeStudy({ space: HOSTILE_SPACE }), axes: null, leader: null }) },
    ],
  },
  { part: 'pictures/slices.ts', specimens: [{ name: 'a campaign', fragment: slices(madeRuns(16), study) }] },
  { part: 'pictures/contour.ts', specimens: [{ name: 'a campaign', fragment: contour(madeRuns(30), { ...study, x: 'lr', y: 'dropout' }) }, { name: 'too few runs', fragment: contour(madeRuns(5), { ...study, x: null, y: null }) }] },
  { part: 'pictures/distribution.ts', specimens: [{ name: 'a filtered campaign', fragment: distribution(filtered, study) }] },
  { part: 'pictures/scatter.ts', specimens: [{ name: 'a campaign', fragment: scatter(madeRuns(30), study) }] },
];
