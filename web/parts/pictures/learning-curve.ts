import { dot, gridY, line } from '@observablehq/plot';
import { thinCurve, type Place } from '#core/curve.ts';
import type { Metric } from '#core/experiment.ts';
import type { MetricPoint } from '#core/task.ts';
import { html, type Fragment } from '#web/html.ts';
import { countOf, measuredText } from '#web/parts/number.ts';
import { drawPicture, pictureFrame } from './svg.ts';
import { tickText } from './tick-text.ts';

/** The curve that stands in while the metric itself has not been measured. */
const STAND_IN = 'train_loss';
const MOST_POINTS = 500;
/** Up to this many points each is marked: the shape of the line alone would hide where it was measured. */
const MOST_SPOTS = 60;

/** `others` are curves of the metric by other attempts at the same task, each with its number. */
export type LearningCurveData = { points: readonly MetricPoint[]; metric: Metric; others?: readonly { attempt: number; points: readonly MetricPoint[] }[] };

/**
 * The learning curve of one attempt as a picture: the metric, or the training loss where the metric has no points,
 * against seconds of training, or against steps where the script reports no times. More than 500 points are thinned so
 * that every extreme stays.
 *
 * @param data.points of any names and in any order; those that are not finite are left out
 */
export function learningCurve({ points, metric, others = [] }: LearningCurveData): Fragment {
  const name = hasFinite(points, metric.name) ? metric.name : STAND_IN;
  const chosen = points.filter((point) => point.name === name && Number.isFinite(point.value)).sort((left, right) => left.step - right.step);
  const [first, last] = [chosen[0], chosen.at(-1)];
  if (first === undefined || last === undefined) return html`<p class="none" id="learning-curve">No points of ${metric.name} or ${STAND_IN} yet.</p>`;
  const timed = last.atSeconds > first.atSeconds;
  const places = thinCurve(chosen.map((point) => ({ x: timed ? point.atSeconds : point.step, y: point.value })), MOST_POINTS);
  const beside = name === metric.name ? others.map(({ attempt, points: of }) => ({ attempt, places: thinCurve(of.filter((point) => Number.isFinite(point.value)).map((point) => ({ x: timed ? point.atSeconds : point.step, y: point.value })), MOST_POINTS) })) : [];
  const unit = timed ? 's' : 'steps';
  const end = timed ? `${measuredText(last.atSeconds)} s` : countOf(last.step, 'step');
  const summary = chosen.length === 1 ? `${name} ${measuredText(first.value)} at the only point` : `${name} from ${measuredText(first.value)} to ${measuredText(last.value)} within ${end}, ${countOf(chosen.length, 'point')}`;
  const picture = drawPicture(
    {
      marginLeft: 62,
      marginRight: 18,
      marginBottom: 38,
      x: { label: timed ? 'seconds' : 'step', ticks: 5, tickFormat: tickText, labelArrow: 'none' },
      y: { label: name, ticks: 5, tickFormat: tickText, nice: true, labelArrow: 'none' },
      marks: [
        gridY({ ticks: 5, className: 'lines' }),
        ...beside.map((other) => line(other.places, { x: 'x', y: 'y', className: 'other-curve' })),
        line(places, { x: 'x', y: 'y', className: 'curve' }),
        places.length > MOST_SPOTS ? null : dot(places, { x: 'x', y: 'y', r: 3, className: 'spots', title: (place: Place) => `${measuredText(place.y)} at ${measuredText(place.x)} ${unit}` }),
      ],
    },
    summary,
  );
  const dashed = beside.length === 0 ? '' : `; dashed: attempt ${beside.map(({ attempt }) => attempt).join(', ')}`;
  return pictureFrame('learning-curve', picture, name === metric.name ? `${summary}${dashed}` : `${summary}; of ${metric.name} there is no point`);
}

function hasFinite(points: readonly MetricPoint[], name: string): boolean {
  return points.some((point) => point.name === name && Number.isFinite(point.value));
}
