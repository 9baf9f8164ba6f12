import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Metric } from './experiment.ts';
import { judgeResult, type Metrics } from './result.ts';

const LOSS: Metric = { name: 'val_bpb', direction: 'minimize', above: 0 };
const SCORE: Metric = { name: 'reward', direction: 'maximize', above: null };

const judge = (metric: Metric, metrics: Metrics) => judgeResult(metric, { outcome: 'completed', metrics, error: null });

describe('a result', () => {
  test('has the value of its metric', () => {
    assert.deepEqual(judge(LOSS, { val_bpb: 2.5, train_loss: 1 }), { ok: true, value: 2.5 });
    assert.deepEqual(judge(LOSS, { val_bpb: 5e-324 }), { ok: true, value: 5e-324 });
    assert.deepEqual(judge(SCORE, { reward: -3 }), { ok: true, value: -3 });
    assert.deepEqual(judge(SCORE, { reward: 0 }), { ok: true, value: 0 });
    assert.deepEqual(judge({ ...SCORE, above: -1 }, { reward: -0.5 }), { ok: true, value: -0.5 });
    assert.deepEqual(judge(SCORE, { reward: 1e100 }), { ok: true, value: 1e100 });
  });

  test('without a possible value is a failure that says why', () => {
    const cases: [Metric, Metrics, RegExp][] = [
      [LOSS, {}, /has no "val_bpb"/],
      [LOSS, { toString: 1 }, /has no "val_bpb"/],
      [{ ...LOSS, name: 'toString' }, {}, /has no "toString"/],
      [LOSS, { val_bpb: null }, /not a finite number/],
      [LOSS, { val_bpb: '2.5' }, /not a finite number/],
      [LOSS, { val_bpb: 'NaN' }, /not a finite number/],
      [LOSS, { val_bpb: true }, /not a finite number/],
      [LOSS, { val_bpb: Number.NaN }, /not a finite number/],
      [LOSS, { val_bpb: Infinity }, /not a finite number/],
      [SCORE, { reward: -Infinity }, /not a finite number/],
      [LOSS, { val_bpb: 0 }, /is 0, which is not above 0/],
      [LOSS, { val_bpb: -0 }, /not above 0/],
      [LOSS, { val_bpb: -1 }, /is -1, which is not above 0/],
      [{ ...SCORE, above: 10 }, { reward: 10 }, /not above 10/],
      [SCORE, { reward: 1.1e100 }, /beyond ±1e\+100/],
      [SCORE, { reward: -1.7e308 }, /beyond/],
    ];
    for (const [metric, metrics, message] of cases) {
      const verdict = judge(metric, metrics);
      assert.ok(!verdict.ok, JSON.stringify(metrics));
      assert.equal(verdict.error.kind, 'invalid_result');
      assert.match(verdict.error.message, message);
    }
  });

  test('that reports a failure keeps its reason, and counts for nothing whatever its numbers', () => {
    const error = { kind: 'out_of_memory', message: 'CUDA out of memory' };
    assert.deepEqual(judgeResult(LOSS, { outcome: 'failed', metrics: { val_bpb: 0.1 }, error }), { ok: false, error });
    const silent = judgeResult(LOSS, { outcome: 'failed', metrics: {}, error: null });
    assert.ok(!silent.ok && silent.error.kind === 'failed' && silent.error.message !== '');
  });
});
