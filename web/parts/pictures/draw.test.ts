import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Metric } from '#core/experiment.ts';
import { draw, DrawingThread, stopDrawing } from './draw.ts';
import { drawOrSay } from './family-picture.ts';
import { history } from './history.ts';
import type { Run } from './runs.ts';

const metric: Metric = { name: 'val_bpb', direction: 'minimize', above: 0 };

function runsOf(count: number): Run[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `f-${index + 1}`, number: index + 1, state: 'completed', config: { lr: 0.1 }, seed: index, value: 3 + Math.sin(index), workerId: 'w1', startedAt: 1000 * index, finishedAt: 1000 * index + 900,
  }));
}

after(stopDrawing);

test('the thread draws what the function draws, however many runs travel to it', async () => {
  for (const count of [0, 1, 2500]) {
    const runs = runsOf(count);
    assert.equal(String(await draw('history', { metric, total: count }, runs)), String(history(runs, { metric, total: count })));
  }
});

test('pictures asked for at once each come to whom they belong', async () => {
  const counts = [3, 1200, 1, 700, 2];
  const pictures = await Promise.all(counts.map((count) => draw('history', { metric, total: count }, runsOf(count))));
  assert.deepEqual(pictures.map((picture) => /aria-label="([\d,]+) values?/.exec(String(picture))?.[1]), ['3', '1,200', '1', '700', '2']);
});

test('a picture that cannot be drawn is a sentence in its place, and the thread goes on', async () => {
  const errors: unknown[] = [];
  const studio = { reader: { dialect: 'sqlite' as const, rows: async () => [] }, engine: { log: { info() {}, warn() {}, error: (fields: object) => void errors.push(fields) } } };
  const broken = { points: null, metric } as unknown as { points: []; metric: Metric };
  assert.match(String(await drawOrSay(studio, 'learning-curve', broken)), /<p class="none" id="learning-curve">This picture could not be drawn/);
  assert.equal(errors.length, 1);
  assert.match(String(await draw('history', { metric, total: 3 }, runsOf(3))), /<svg/);
});

test('when the thread dies what it owed is drawn by the next, and what kills two of them is refused', async () => {
  const program = `import { parentPort } from 'node:worker_threads';
    let drawn = 0;
    parentPort.on('message', ({ id, data }) => {
      if (data.metric.name === 'deadly' || (data.total === drawn && drawn > 0)) process.exit(1);
      drawn += 1;
      parentPort.postMessage({ id, markup: String(drawn), trouble: null });
    });`;
  const thread = new DrawingThread(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
  assert.equal(String(await thread.draw('history', { metric, total: 9 })), '1');
  assert.equal(String(await thread.draw('history', { metric, total: 1 })), '1', 'a new thread counts from the beginning');
  await assert.rejects(thread.draw('history', { metric: { ...metric, name: 'deadly' }, total: 9 }), /the drawing thread ended/);
  assert.equal(String(await thread.draw('history', { metric, total: 9 })), '1');
  await thread.stop();
});
