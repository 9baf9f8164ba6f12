import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Metric } from '#core/experiment.ts';
import { madeRuns, madeStudy } from '#web/styleguide/made-runs.ts';
import { draw, DrawingThread, stopDrawing } from './draw.ts';
import { drawOrSay } from './family-picture.ts';
import { history } from './history.ts';

const metric: Metric = { name: 'val_bpb', direction: 'minimize', above: 0 };

const data = { ...madeStudy(), color: null, noise: null, total: 9 };

after(stopDrawing);

test('the thread draws what the function draws, however many runs travel to it', async () => {
  for (const count of [0, 1, 2500]) {
    const runs = madeRuns(count);
    assert.equal(String(await draw('history', { ...data, total: count }, runs)), String(history(runs, { ...data, total: count })));
  }
});

test('pictures asked for at once each come to whom they belong', async () => {
  const counts = [3, 1200, 1, 700, 2];
  const pictures = await Promise.all(counts.map((count) => draw('history', { ...data, total: count }, madeRuns(count))));
  assert.deepEqual(pictures.map((picture) => /aria-label="([\d,]+) values?/.exec(String(picture))?.[1]), ['3', '1,200', '1', '700', '2']);
});

test('a picture that cannot be drawn is a sentence in its place, and the thread goes on', async () => {
  const errors: unknown[] = [];
  const studio = { reader: { dialect: 'sqlite' as const, rows: async () => [] }, engine: { now: () => 0, log: { info() {}, warn() {}, error: (fields: object) => void errors.push(fields) } } };
  const broken = { points: null, metric } as unknown as { points: []; metric: Metric };
  assert.match(String(await drawOrSay(studio, 'learning-curve', broken)), /<p class="none" id="learning-curve">This picture could not be drawn/);
  assert.equal(errors.length, 1);
  assert.match(String(await draw('history', { ...data, total: 3 }, madeRuns(3))), /<svg/);
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
  thread.warmUp();
  assert.equal(String(await thread.draw('history', data)), '1');
  assert.equal(String(await thread.draw('history', { ...data, total: 1 })), '1', 'a new thread counts from the beginning');
  await assert.rejects(thread.draw('history', { ...data, metric: { ...metric, name: 'deadly' } }), /the drawing thread ended/);
  assert.equal(String(await thread.draw('history', data)), '1');
  await thread.stop();
});
