import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SideThread } from './side-thread.ts';

test('when the thread dies what it owed is made by the next, and what kills two of them is refused', async () => {
  const program = `import { parentPort } from 'node:worker_threads';
    let made = 0;
    parentPort.on('message', ({ id, name, data }) => {
      if (name === 'deadly' || (data === made && made > 0)) process.exit(1);
      made += 1;
      parentPort.postMessage({ id, result: made, trouble: null });
    });`;
  const thread = new SideThread(new URL(`data:text/javascript,${encodeURIComponent(program)}`), 30_000);
  thread.warmUp();
  assert.equal(await thread.make('usual', 9, []), 1);
  assert.equal(await thread.make('usual', 1, []), 1, 'a new thread counts from the beginning');
  await assert.rejects(thread.make('deadly', 9, []), /the thread ended/);
  assert.equal(await thread.make('usual', 9, []), 1);
  await thread.stop();
});
