import type { Metric } from '#core/experiment.ts';
import type { Space } from '#core/space.ts';
import { html } from '#web/html.ts';
import { contour } from '#web/parts/pictures/contour.ts';
import { curves, type Series } from '#web/parts/pictures/curves.ts';
import { distribution } from '#web/parts/pictures/distribution.ts';
import { groups } from '#web/parts/pictures/groups.ts';
import { history } from '#web/parts/pictures/history.ts';
import { learningCurve } from '#web/parts/pictures/learning-curve.ts';
import { legend } from '#web/parts/pictures/legend.ts';
import { parallel } from '#web/parts/pictures/parallel.ts';
import { scatter } from '#web/parts/pictures/scatter.ts';
import { slices } from '#web/parts/pictures/slices.ts';
import { sparkline } from '#web/parts/pictures/sparkline.ts';
import { spending } from '#web/parts/pictures/spending.ts';
import { timeline } from '#web/parts/pictures/timeline.ts';
import { tonesLegend, tonesOf } from '#web/parts/pictures/tones.ts';
import { paths } from '#web/paths.ts';
import { madeSeeds } from './made-campaign.ts';
import { madeRuns, madeStudy } from './made-runs.ts';
import { HOSTILE_TEXT, LONG_TEXT, NOW, type Specimens } from './specimen.ts';

const METRIC: Metric = { name: 'val_bpb', direction: 'minimize', above: 0 };

/** A value that wanders without chance: the same picture on every visit. */
const wandering = (index: number): number => 2.7 + 0.6 / Math.sqrt(index + 1) + 0.12 * Math.sin(index * 2.3);

const drawn = (count: number, value: (index: number) => number | null, metric = METRIC) => history(madeRuns(count, undefined, value), { ...madeStudy({ metric }), total: count, color: null, noise: null });

const HOSTILE_SPACE: Space = { parameters: { [HOSTILE_TEXT]: { type: 'uniform', low: 0, high: 1e-12 }, choice: { type: 'choice', values: [HOSTILE_TEXT, 'قيمة', '🦉'] } }, constraints: [] };
const filtered = madeRuns(30).map((run) => (run.config['lr_schedule'] === 'cosine' ? run : { ...run, dimmed: true }));
const hostile = madeRuns(8, HOSTILE_SPACE, (index) => wandering(index) * 1e-12);
const study = madeStudy();

const series = [HOSTILE_TEXT, LONG_TEXT, 'cosine'].map((label, at): Series => ({
  label, href: paths.tasks(), of: 3,
  curves: [1, 2, 3].map((number) => ({ id: `specimen-${number}`, number, places: Array.from({ length: 30 }, (_, x) => ({ x, y: 2.5 + at / 5 + (2 + number / 9) / (x + 1) })) })),
}));
const grouped = { ...study, familyId: 'specimen-family', baseline: 2.75, asked: { group: 'lr_schedule', split: null, centre: 'mean', spread: 'sd', show: 'values' } } as const;
const ATTEMPTS = (['completed', 'failed', 'lost', 'cancelled', 'completed', 'running'] as const).map((state, index) => ({ taskId: `specimen-${index + 1}`, number: index + 1, attempt: 1, workerId: `worker-${index % 2}`, state, startedAt: NOW - 60_000 + 8000 * index, finishedAt: state === 'running' ? null : NOW - 50_000 + 8000 * index }));
const SPENT = Array.from({ length: 20 }, (_, index) => ({ minutes: 2 * index, credits: index }));

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
  {
    part: 'pictures/curves.ts',
    specimens: [
      { name: 'series with their bands', fragment: curves({ id: 'specimen-curves', name: 'val_bpb', timed: true, metric: METRIC, series }) },
      { name: 'nothing yet', fragment: curves({ id: 'specimen-no-curves', name: 'val_bpb', timed: true, metric: METRIC, series: [] }) },
    ],
  },
  {
    part: 'pictures/groups.ts',
    specimens: [
      { name: 'choices, each with its runs', fragment: groups(madeSeeds(10, 3), grouped) },
      { name: 'everything failed', fragment: groups(madeRuns(4, undefined, () => null), grouped) },
    ],
  },
  {
    part: 'pictures/timeline.ts',
    specimens: [
      { name: 'every end of an attempt', fragment: timeline({ spans: ATTEMPTS, names: { 'worker-0': LONG_TEXT, 'worker-1': HOSTILE_TEXT }, now: NOW }) },
      { name: 'nothing yet', fragment: timeline({ spans: [], names: {}, now: NOW }) },
    ],
  },
  {
    part: 'pictures/spending.ts',
    specimens: [
      { name: 'a budget that lasts', fragment: spending({ steps: SPENT, now: 42, budget: 60, price: 45, forecast: { minutes: 90, credits: 45 } }) },
      { name: 'nothing yet', fragment: spending({ steps: [], now: 0, budget: 60, price: 45, forecast: null }) },
    ],
  },
  {
    part: 'pictures/sparkline.ts',
    specimens: [
      { name: 'steps, one value, none', fragment: html`<p>${sparkline([{ number: 1, value: 4 }, { number: 3, value: 2.9 }, { number: 9, value: 2.7 }], 12, 'val_bpb')} ${sparkline([{ number: 1, value: 1e-12 }], 1, HOSTILE_TEXT)} ${sparkline([], 0, 'val_bpb')}</p>` },
    ],
  },
  { part: 'pictures/legend.ts', specimens: [{ name: 'thirty series differ', fragment: legend(Array.from({ length: 30 }, (_, index) => ({ label: index === 1 ? LONG_TEXT : index === 2 ? HOSTILE_TEXT : `series ${index + 1}`, href: paths.tasks(), note: 'n = 3' }))) }] },
  { part: 'pictures/tones.ts', specimens: [{ name: 'choices by colour and shape', fragment: html`${tonesLegend(study, tonesOf(study, null), true)}` }, { name: 'hostile choices', fragment: html`${tonesLegend(madeStudy({ space: HOSTILE_SPACE }), tonesOf({ space: HOSTILE_SPACE }, null), false)}` }] },
];
