import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Metric } from '#core/experiment.ts';
import { seededRandom } from '#core/random.ts';
import { curves, type CurvesData, type Series } from './curves.ts';

const metric: Metric = { name: 'val_bpb', direction: 'minimize', above: 0 };

function seriesOf(label: string, all: readonly (readonly number[])[], from = 1): Series {
  return { label, href: `/tasks/${label}`, of: all.length, curves: all.map((values, index) => ({ id: `f-${from + index}`, number: from + index, places: values.map((y, x) => ({ x, y })) })) };
}

function draw(series: readonly Series[], changes: Partial<CurvesData> = {}): string {
  return String(curves({ id: 'curves', name: 'val_bpb', timed: true, metric, series, ...changes }));
}

test('every curve is a link to its task, and each series has a colour and a dash pattern of its own', () => {
  const picture = draw([seriesOf('a', [[5, 4, 3]]), seriesOf('b', [[5, 4.5, 4]], 2)]);
  assert.match(picture, /<g[^>]*class="series hue-1 dash-1"[^>]*>.*?<a href="\/tasks\/f-1" aria-label="a, #1: val_bpb 3\.000 at 2\.000 s">/s);
  assert.match(picture, /class="series hue-2 dash-2"/);
  assert.match(picture, /aria-label="2 curves of val_bpb against seconds, ending between 3\.000 and 4\.000"/);
});

test('a series of several runs has their mean and a band, and says how many reach the end', () => {
  const picture = draw([seriesOf('a', [[5, 4, 3], [5, 4]])]);
  assert.match(picture, /class="band hue-1 dash-1"/);
  assert.match(picture, /3\.000 · 2 runs, 1 at the end/);
});

test('of more than forty curves only bands are drawn, within 150 KB for ten thousand runs', () => {
  const random = seededRandom(3);
  const many = Array.from({ length: 6 }, (_, group) => seriesOf(`group ${group}`, Array.from({ length: 1667 }, () => Array.from({ length: 20 }, (__, x) => 3 + 5 / (1 + x) + random())), 1 + group * 1667));
  const picture = draw(many);
  assert.doesNotMatch(picture, /class="run/);
  assert.ok(picture.length < 150_000, `${picture.length} characters`);
  const forty = Array.from({ length: 40 }, (_, index) => seriesOf(`run ${index}`, [Array.from({ length: 120 }, () => random())], index + 1));
  assert.ok(draw(forty).length < 150_000);
});

test('the steep beginning is cut off where it would flatten the rest, and the caption says so', () => {
  const picture = draw([seriesOf('a', [[1e6, ...Array.from({ length: 50 }, (_, x) => 3 - x / 100)]])]);
  assert.match(picture, /the steep beginning lies beyond the picture/);
  assert.doesNotMatch(picture, /1e6|1000000/);
});

test('no points, one point, equal points and a stand-in are borne', () => {
  assert.match(draw([]), /No points of val_bpb yet/);
  assert.match(draw([seriesOf('a', [[]])]), /No points/);
  for (const series of [[seriesOf('a', [[3]])], [seriesOf('a', [[3, 3, 3]]), seriesOf('b', [[]], 9)], [seriesOf('a', [[1e-12, 2e-12], [1e-12, 3e-12]])]]) assert.doesNotMatch(draw(series), /NaN|Infinity/);
  assert.match(draw([seriesOf('a', [[3, 2]])], { name: 'train_loss' }), /it stands in for val_bpb/);
});

test('hostile names stay inert', () => {
  const evil = '"><img src=x onerror=alert(1)>';
  assert.doesNotMatch(draw([seriesOf(evil, [[3, 2]])], { name: evil, metric: { ...metric, name: evil } }), /<img/);
});
