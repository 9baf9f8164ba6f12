import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Metric } from '#core/experiment.ts';
import type { MetricPoint } from '#core/task.ts';
import { learningCurve } from './learning-curve.ts';

const metric: Metric = { name: 'val_bpb', direction: 'minimize', above: 0 };

function pointsOf(name: string, values: number[], secondsPerStep = 0.5): MetricPoint[] {
  return values.map((value, step) => ({ name, value, step, atSeconds: step * secondsPerStep }));
}

test('the metric is drawn against seconds, with a summary', () => {
  const picture = String(learningCurve({ points: [...pointsOf('train_loss', [5, 4, 3]), ...pointsOf('val_bpb', [4.5, 3.5])], metric }));
  assert.match(picture, /role="img" aria-label="val_bpb from 4\.500 to 3\.500 within 0\.5000 s, 2 points"/);
  assert.match(picture, />seconds</);
  assert.match(picture, /class="curve"/);
});

test('the training loss stands in until the metric has been measured, and the caption says so', () => {
  const picture = String(learningCurve({ points: pointsOf('train_loss', [5, 4, 3]), metric }));
  assert.match(picture, /train_loss from 5\.000 to 3\.000/);
  assert.match(picture, /of val_bpb there is no point/);
});

test('a script that reports no times is drawn against its steps', () => {
  assert.match(String(learningCurve({ points: pointsOf('val_bpb', [5, 4, 3], 0), metric })), />step</);
});

test('without points there is a sentence', () => {
  assert.match(String(learningCurve({ points: [], metric })), /No points of val_bpb or train_loss yet/);
  assert.match(String(learningCurve({ points: pointsOf('val_bpb', [Number.NaN, Infinity]), metric })), /No points/);
});

test('a single point is drawn', () => {
  const picture = String(learningCurve({ points: pointsOf('val_bpb', [3]), metric }));
  assert.match(picture, /val_bpb 3\.000 at the only point/);
  assert.doesNotMatch(picture, /NaN/);
});

test('a hundred thousand points stay light, and a single spike stays visible', () => {
  const values = Array.from({ length: 100_000 }, (_, step) => (step === 54_321 ? 99 : 3 + 1 / (1 + step)));
  const picture = String(learningCurve({ points: pointsOf('val_bpb', values), metric }));
  assert.ok(picture.length < 30_000, `${picture.length} characters`);
  assert.match(picture, />(80|90|100)</, 'the axis reaches the spike');
});

test('hostile names stay inert', () => {
  const evil = '<img src=x onerror=alert(1)>';
  assert.doesNotMatch(String(learningCurve({ points: pointsOf(evil, [3, 2]), metric: { ...metric, name: evil } })), /<img/);
});
