import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Metric } from './experiment.ts';
import { implausibility, type Circumstances } from './plausible.ts';
import type { Metrics } from './result.ts';

const metric: Metric = { name: 'val_bpb', direction: 'minimize', above: 0 };
const usual: Circumstances = { elapsedSeconds: 11, timeBudgetSeconds: 10, longestSeconds: 45, isLimitedBySteps: false, latest: [], earlier: [] };
const honest: Metrics = { val_bpb: 2.7, steps_completed: 1500, wall_time_seconds: 9.02 };
const curve = [{ step: 1400, value: 2.8 }, { step: 900, value: 3 }, { step: 300, value: 3.6 }];
const earlier = Array.from({ length: 3 }, () => ({ seconds: 10, steps: 1200 }));

function reason(metrics: Metrics, changes: Partial<Circumstances> = {}, isStrict = true): string | null {
  const error = implausibility(metric, Number(metrics['val_bpb']), metrics, { ...usual, ...changes }, { isStrict });
  assert.ok(error === null || error.kind === 'implausible_result');
  return error?.message ?? null;
}

test('an honest run passes every check, with curve and calibration', () => {
  assert.equal(reason(honest, { latest: curve, earlier }), null);
});

test('a worker that reports the metric alone, and at once, is believed', () => {
  for (const isStrict of [true, false]) assert.equal(reason({ val_bpb: 2.7 }, { elapsedSeconds: 0 }, isStrict), null);
});

test('on machines of one’s own a result at once may tell of its training, but of no impossible one', () => {
  assert.equal(reason(honest, { elapsedSeconds: 0 }, false), null);
  assert.match(reason({ ...honest, wall_time_seconds: 5000 }, {}, false) ?? '', /trained for 5000 s, which is longer than a task may take/);
  assert.match(reason({ ...honest, wall_time_seconds: -1 }, {}, false) ?? '', /took -1 s/);
  assert.match(reason({ ...honest, steps_completed: -5 }, {}, false) ?? '', /made -5 steps/);
});

test('a value far better than its own curve is refused, one that is worse only among strangers', () => {
  assert.match(reason({ ...honest, val_bpb: 0.5 }, { latest: [{ step: 3, value: 2.8 }, { step: 2, value: 2.81 }, { step: 1, value: 2.82 }] }, false) ?? '', /reports val_bpb 0\.5, but its own curve ended at 2\.8/);
  assert.equal(reason({ ...honest, val_bpb: 9 }, { latest: curve }, false), null);
  assert.match(reason({ ...honest, val_bpb: 9 }, { latest: curve }) ?? '', /ended at 2\.8/);
  assert.equal(reason({ ...honest, val_bpb: 0.5 }, { latest: curve.slice(0, 2) }), null, 'two points are no curve');
});

test('among strangers a run lasts no longer than the clock says, and not much less than its budget', () => {
  assert.match(reason({ ...honest, wall_time_seconds: 9 }, { elapsedSeconds: 3 }) ?? '', /trained for 9 s, but only 3 s passed/);
  assert.match(reason({ ...honest, wall_time_seconds: 1 }) ?? '', /trained for 1 s of its 10 s/);
  assert.equal(reason({ ...honest, wall_time_seconds: 1, stopped_early: true }), null);
  assert.equal(reason({ ...honest, wall_time_seconds: 1 }, { isLimitedBySteps: true }), null);
});

test('steps agree with the curve, and with what the worker has shown before', () => {
  assert.match(reason({ ...honest, steps_completed: 100 }, { latest: curve }) ?? '', /made 100 steps, but reported a point at step 1400/);
  assert.match(reason({ ...honest, steps_completed: 60_000 }, { earlier }) ?? '', /steps a second, more than 20 times/);
  assert.match(reason({ val_bpb: 2.7 }, { elapsedSeconds: 1, earlier }) ?? '', /came after 1 s; no earlier run of this worker took less than 10 s/);
  assert.equal(reason({ val_bpb: 2.7 }, { elapsedSeconds: 1, earlier: earlier.slice(1) }), null, 'two runs are no calibration');
});
