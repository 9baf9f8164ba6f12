import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AttemptState } from '#core/task.ts';
import type { AttemptSpan } from '#store/attempt.ts';
import { timeline } from './timeline.ts';

const STATES: readonly AttemptState[] = ['completed', 'failed', 'lost', 'cancelled', 'running'];

function spansOf(count: number, workers: number): AttemptSpan[] {
  return Array.from({ length: count }, (_, index) => {
    const state = STATES[index % STATES.length] ?? 'completed';
    const startedAt = 1e12 + Math.floor(index / workers) * 10_000;
    return { taskId: `f-${index + 1}`, number: index + 1, attempt: 1 + (index % 2), workerId: `w${index % workers}`, state, startedAt, finishedAt: state === 'running' ? null : startedAt + 9000 };
  });
}

const draw = (spans: readonly AttemptSpan[], names = {}, now = 1e12 + 60_000) => String(timeline({ spans, names, now }));

test('every attempt is a bar in the lane of its worker and a link to its task, its end told by its form', () => {
  const picture = draw(spansOf(10, 2), { w0: 'lab-1' });
  for (let number = 1; number <= 10; number += 1) assert.ok(picture.includes(`<a href="/tasks/f-${number}"`));
  for (const state of STATES) assert.ok(picture.includes(`span-${state}`), state);
  assert.match(picture, /<title>#2, attempt 2 failed after 9 s on w1<\/title>/);
  assert.match(picture, /<a href="\/workers\/w0"[^>]*>.*?lab-1/s);
  assert.match(picture, /10 attempts on 2 workers within 1 min|10 attempts on 2 workers within 60 s/);
});

test('attempts at the same time lie in rows of their own', () => {
  const together = spansOf(3, 3).map((span) => ({ ...span, workerId: 'w', state: 'completed' as const }));
  const tops = [...draw(together).matchAll(/<rect[^>]* y="([\d.]+)"/g)].map(([, y]) => y);
  assert.equal(new Set(tops).size, 3);
});

test('thousands of attempts become shares of time, within 150 KB', () => {
  for (const [count, workers] of [[450, 30], [451, 3], [30_000, 24], [30_000, 500]] as const) {
    const picture = draw(spansOf(count, workers), {}, 1e12 + 1e9);
    assert.ok(picture.length < 150_000, `${count}: ${picture.length}`);
    assert.equal(picture.includes('class="shares'), count > 450);
    assert.doesNotMatch(picture, /NaN|Infinity/);
  }
  assert.match(draw(spansOf(30_000, 500)), /the 40 workers with the most attempts are shown/);
});

test('no two figures of the axis read the same, however long it took', () => {
  for (const seconds of [1, 7, 299, 330, 5000, 90_000, 1e6, 1e8]) {
    const [one] = spansOf(1, 1);
    assert.ok(one !== undefined);
    const figures = [...draw([{ ...one, finishedAt: one.startedAt + seconds * 1000 }]).matchAll(/<text[^>]*>(\d[^<]*)</g)].map(([, text]) => text);
    assert.ok(figures.length >= 2 && figures.length <= 8, String(figures));
    assert.equal(new Set(figures).size, figures.length, String(figures));
  }
});

test('nothing, one that has just begun, a clock that ran back and hostile names are borne', () => {
  assert.match(draw([]), /No task has started yet/);
  const [one] = spansOf(1, 1);
  assert.ok(one !== undefined);
  const evil = '"><img src=x onerror=alert(1)>';
  for (const span of [{ ...one, finishedAt: null }, { ...one, finishedAt: one.startedAt - 5000 }, { ...one, workerId: evil }]) {
    assert.doesNotMatch(draw([span], { [evil]: evil }, one.startedAt), /NaN|Infinity|<img/);
  }
});
