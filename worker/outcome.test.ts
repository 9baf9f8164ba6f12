import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTail, toResult, type Finished } from './outcome.ts';
import type { Ending } from './script.ts';

function finished(ending: Partial<Ending>, more: Partial<Finished> = {}): Finished {
  return { ending: { code: 0, signal: null, stopped: null, exceeded: null, spawnError: null, seconds: 1, ...ending }, limitSeconds: 35, metrics: { loss: 1 }, errorTail: '', outOfMemoryKills: 0, ...more };
}

test('only a script that ended by itself, well and with a result has completed', () => {
  assert.deepEqual(toResult(finished({})), { outcome: 'completed', metrics: { loss: 1 }, error: null });
  const kinds: [Finished, string][] = [
    [finished({ code: 1 }), 'exit_code'],
    [finished({ code: null, signal: 'SIGSEGV' }), 'signal'],
    [finished({ stopped: 'timeout' }), 'timeout'],
    [finished({ code: null, signal: 'SIGTERM', stopped: 'timeout' }), 'timeout'],
    [finished({ stopped: 'worker_stopped' }), 'worker_stopped'],
    [finished({ spawnError: 'spawn x ENOENT' }), 'spawn'],
    [finished({}, { metrics: null }), 'no_result'],
  ];
  for (const [one, kind] of kinds) {
    const { outcome, metrics, error } = toResult(one);
    assert.deepEqual([outcome, metrics, error?.kind], ['failed', {}, kind]);
  }
});

test('running out of memory is said where it can be recognised', () => {
  const said = (one: Finished) => /ran out of memory/.test(toResult(one).error?.message ?? '');
  assert.ok(said(finished({ code: null, signal: 'SIGKILL' }, { outOfMemoryKills: 1 })));
  assert.ok(!said(finished({ code: null, signal: 'SIGKILL' })));
  assert.ok(said(finished({ code: 1 }, { errorTail: 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20 GiB' })));
  assert.ok(said(finished({ code: null, signal: 'SIGABRT' }, { errorTail: 'FATAL ERROR: Reached heap limit Allocation failed' })));
  assert.ok(!said(finished({ stopped: 'timeout' }, { errorTail: 'MemoryError', outOfMemoryKills: 1 })));
  assert.ok(!said(finished({ code: 1 }, { errorTail: 'ValueError' })));
});

test('a tail keeps the last lines whole', () => {
  const tail = createTail();
  for (let line = 0; line < 1000; line++) tail.add(`line ${line}\n`);
  const text = tail.text();
  assert.ok(text.length <= 2000 && text.length > 1900);
  assert.match(text, /^line \d+\n/);
  assert.match(text, /line 999\n$/);
  const short = createTail();
  short.add('a\nb');
  assert.equal(short.text(), 'a\nb');
});
