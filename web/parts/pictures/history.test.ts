import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Metric } from '#core/experiment.ts';
import { seededRandom } from '#core/random.ts';
import { madeStudy } from '#web/styleguide/made-runs.ts';
import { history, type HistoryTask } from './history.ts';

const metric: Metric = { name: 'val_bpb', direction: 'minimize', above: 0 };

const study = { ...madeStudy(), color: null, noise: null };

function tasksOf(values: (number | null)[]): HistoryTask[] {
  return values.map((value, index) => ({ id: `family-${index + 1}`, number: index + 1, state: value === null ? 'failed' : 'completed', value, config: {} }));
}

function draw(values: (number | null)[], total = values.length): string {
  return String(history(tasksOf(values), { ...study, total }));
}

test('every value and every failure is a link to its task, with a title', () => {
  const picture = draw([3.5, 2.7, null, 2.9]);
  for (const number of [1, 2, 3, 4]) assert.match(picture, new RegExp(`<a href="/tasks/family-${number}"`));
  assert.match(picture, /<title>#4: val_bpb 2\.900<\/title>/);
  assert.match(picture, /<title>#3 failed<\/title>/);
});

test('a summary says how the best came about, for those who do not see the picture', () => {
  assert.match(draw([3.5, 2.7, null, 2.9]), /role="group" aria-label="3 values of val_bpb by task number: the best went from 3\.500 at #1 to 2\.700 at #2; 1 failed"/);
});

test('a metric that is maximised has its best at the top', () => {
  const picture = String(history(tasksOf([0.5, 0.9, 0.7]), { ...study, metric: { name: 'accuracy', direction: 'maximize', above: null }, total: 3 }));
  assert.match(picture, /the best went from 0\.5000 at #1 to 0\.9000 at #2/);
});

test('no style attribute, style element or colour passes', () => {
  for (const picture of [draw([3.5, 2.7, null, 2.9]), draw(Array.from({ length: 3000 }, (_, index) => 3 + Math.sin(index)))]) {
    assert.doesNotMatch(picture, / style=|<style|(fill|stroke)="#/i);
    assert.match(picture, /class="best"/);
  }
});

test('only records are stops of the tab key', () => {
  const picture = draw([3.5, 2.7, 2.9]);
  assert.match(picture, /<a href="\/tasks\/family-1" aria-label="[^"]*">/);
  assert.match(picture, /<a href="\/tasks\/family-3"[^>]* tabindex="-1">/);
});

test('hostile ids and names stay inert', () => {
  const evil = '"><script>alert(1)</script>';
  const picture = String(history([{ id: evil, number: 1, state: 'completed', value: 2, config: {} }], { ...study, metric: { ...metric, name: evil }, total: 1 }));
  assert.doesNotMatch(picture, /<script/);
  assert.match(picture, /href="\/tasks\/%22%3E%3Cscript/);
});

test('one diverged run does not flatten the others: it lies beyond the axis and the caption says so', () => {
  const picture = draw([...Array.from({ length: 20 }, (_, index) => 3 + index / 100), 1e6]);
  assert.match(picture, /1 value beyond the axis, shown at its edge/);
  assert.match(picture, /<title>#21: val_bpb 1\.000e\+6<\/title>/);
});

test('values close together far from zero get figures that differ, and failures alone get none', () => {
  const figures = (picture: string) => [...picture.matchAll(/<text[^>]*>(\d[\d.]*(?:e\d+)?)<\/text>/g)].map((match) => match[1]);
  const ticks = figures(draw([123456789, 123457066, 123456704])).filter((text) => text?.includes('e'));
  assert.ok(ticks.length > 2, String(ticks));
  assert.equal(new Set(ticks).size, ticks.length, String(ticks));
  assert.deepEqual(figures(draw([null, null, null])), ['1', '2', '3']);
});

test('before the first end there is a sentence instead of a picture', () => {
  assert.match(draw([]), /No task has ended yet/);
});

test('a campaign in which everything failed is drawn', () => {
  assert.match(draw([null, null]), /No task has a value of val_bpb; 2 failed/);
});

test('no picture weighs more than 150 KB, whatever the values', () => {
  const random = seededRandom(1);
  const sizes = [500, 501, 2000, 10_000];
  for (const size of sizes) {
    assert.ok(draw(Array.from({ length: size }, () => 2 + random())).length < 150_000, `${size} random values`);
    assert.ok(draw(Array.from({ length: size }, (_, index) => size - index)).length < 150_000, `${size} records in a row`);
    assert.ok(draw(Array.from({ length: size }, (_, index) => (index % 2 === 0 ? null : 3))).length < 150_000, `${size} with failures`);
  }
});

test('any values make a picture without a number that is none', () => {
  const value = fc.oneof(fc.constant(null), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(1e-12, 1e308, -1e308, 5e-324, 0));
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 30 }), (values) => {
      assert.doesNotMatch(draw(values), /NaN|Infinity|undefined/);
    }),
  );
});
