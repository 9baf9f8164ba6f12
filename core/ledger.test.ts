import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { briefOfHold, failurePayMicrocredits, hardwareClass, holdOf, MICROCREDITS, PRICE_LIST, runFeeMicrocredits, taskPriceMicrocredits, type HardwareClass } from './ledger.ts';
import { HARDWARE_PROFILES } from './worker.ts';

describe('the price list', () => {
  test('goes by what a brief asks for', () => {
    const sizes = Object.entries(HARDWARE_PROFILES).map(([name, requires]) => [name, hardwareClass(requires)]);
    assert.deepEqual(sizes, [['any', 'small'], ['small', 'small'], ['medium', 'medium'], ['large', 'large'], ['gpu', 'gpu']]);
    const of = (cpuCores: number, ramGb: number, gpuVramGb = 0) => hardwareClass({ cpuCores, ramGb, gpuVramGb });
    assert.deepEqual([of(2, 2.5), of(3, 0), of(4.5, 1), of(0, 9), of(64, 512, 0.1)], ['medium', 'medium', 'large', 'large', 'gpu']);
  });

  test('a minute costs what it says, and a larger size never less', () => {
    for (const [size, credits] of Object.entries(PRICE_LIST)) assert.equal(taskPriceMicrocredits(60, size as HardwareClass), credits * MICROCREDITS);
    assert.equal(taskPriceMicrocredits(0.00001, 'gpu'), 1);
  });
});

describe('what a failed attempt earns', () => {
  test('is never more than the price, nor less than nothing, and grows with the time', () => {
    assert.deepEqual([failurePayMicrocredits(1000, 30, 60), failurePayMicrocredits(1000, 61, 60), failurePayMicrocredits(1000, -5, 60), failurePayMicrocredits(999, 20, 60)], [500, 1000, 0, 333]);
    fc.assert(fc.property(fc.integer({ min: 1, max: 1e12 }), fc.double({ min: 0, max: 1e6, noNaN: true }), fc.double({ min: 0.1, max: 86_400, noNaN: true }), (price, used, budget) => {
      const pay = failurePayMicrocredits(price, used, budget);
      assert.ok(Number.isSafeInteger(pay) && pay >= 0 && pay <= price && pay <= failurePayMicrocredits(price, used + 1, budget));
    }));
  });
});

test('the fee for verification pays for the audits that a run has its share of, and is whole', () => {
  const fee = (price: number, auditShare: number, quorum: number) => runFeeMicrocredits(price, { auditShare, quorum });
  assert.deepEqual([fee(1_000_000, 0.1, 2), fee(1_000_000, 0.1, 3), fee(1, 0.1, 2), fee(1_000_000, 1, 5), runFeeMicrocredits(166_666, null)], [100_000, 200_000, 1, 4_000_000, 0]);
});

test('a hold is told from other accounts by its name', () => {
  assert.deepEqual([briefOfHold(holdOf('b1')), briefOfHold('treasury'), briefOfHold('b1')], ['b1', null, null]);
});
