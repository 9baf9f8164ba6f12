import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HARDWARE_PROFILES, misfits, strictest, workerState, type Needs, type Requirements, type Runtimes } from './worker.ts';

const hardware = { cpuModel: 'A', cpuCores: 4, ramGb: 8, gpus: [{ model: 'G', vramGb: 12 }, { model: 'H', vramGb: 24 }], platform: 'linux', arch: 'x64' };
const anything: Requirements = { cpuCores: 0, ramGb: 0, gpuVramGb: 0 };
const fits = (runtimes: Runtimes, needs: Needs): boolean => misfits({ hardware, runtimes }, anything, needs).length === 0;

describe('a worker fits a task', () => {
  test('whose machine is not smaller than the task asks', () => {
    const lacks = (requires: Partial<Requirements>) => misfits({ hardware, runtimes: {} }, { ...anything, ...requires }, {});
    assert.deepEqual(lacks({ cpuCores: 4, ramGb: 8, gpuVramGb: 24 }), []);
    assert.deepEqual(lacks({ cpuCores: 5 }), ['needs 5 CPU cores, has 4']);
    assert.deepEqual(lacks({ ramGb: 8.5 }), ['needs 8.5 GB of RAM, has 8']);
    assert.deepEqual(lacks({ gpuVramGb: 25 }), ['needs a GPU with 25 GB, has 24 GB']);
    assert.deepEqual(misfits({ hardware: { ...hardware, gpus: [] }, runtimes: {} }, { ...anything, gpuVramGb: 1 }, {}), ['needs a GPU with 1 GB, has none']);
  });

  test('with the runtimes it needs, compared number by number', () => {
    const cases: [Runtimes, Needs, boolean][] = [
      [{ node: '26.10.0' }, { node: '>=26' }, true],
      [{ node: '26.10.0' }, { node: '>=26.9' }, true],
      [{ node: '26.10.0' }, { node: '>=26.10.1' }, false],
      [{ node: '25.99.99' }, { node: '>=26' }, false],
      [{ node: 'v26.0.0' }, { node: '>= 26' }, true],
      [{ torch: '2.11.0+cu128' }, { torch: '2.11' }, true],
      [{ torch: '2.11.0' }, { torch: '2.1' }, false],
      [{ torch: '2.11.0' }, { torch: '==2.11.0' }, true],
      [{ torch: '2.11.0' }, { torch: true }, true],
      [{ torch: true }, { torch: '>=2' }, true],
      [{ torch: false }, { torch: true }, false],
      [{}, { torch: true }, false],
      [{}, { torch: false }, true],
      [{}, { toString: true }, false],
      [{ cuda: true }, { cuda: true, torch: true }, false],
    ];
    for (const [runtimes, needs, expected] of cases) assert.equal(fits(runtimes, needs), expected, JSON.stringify([runtimes, needs]));
    assert.deepEqual(misfits({ hardware, runtimes: { node: '20.1.0' } }, anything, { node: '>=26', torch: '2' }), ['needs node >=26, has 20.1.0', 'needs torch 2, which it does not have']);
  });
});

test('the strictest of several requirements holds in each respect', () => {
  assert.deepEqual(strictest({ cpuCores: 1, ramGb: 9 }, { cpuCores: 2 }, {}, { gpuVramGb: 1 }), { cpuCores: 2, ramGb: 9, gpuVramGb: 1 });
  assert.deepEqual(strictest(), anything);
  assert.deepEqual(HARDWARE_PROFILES['any'], anything);
});

test('a worker is offline after three missed heartbeats, whatever else it is', () => {
  const worker = { status: 'active', lastSeenAt: 1000, running: 0 } as const;
  assert.equal(workerState(worker, 1030, 10), 'online');
  assert.equal(workerState(worker, 1031, 10), 'offline');
  assert.equal(workerState({ ...worker, running: 1 }, 1030, 10), 'busy');
  assert.equal(workerState({ ...worker, running: 1, status: 'draining' }, 1030, 10), 'draining');
  assert.equal(workerState({ ...worker, status: 'draining' }, 1031, 10), 'offline');
});
