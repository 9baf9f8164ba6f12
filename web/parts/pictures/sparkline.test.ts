import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Reader } from '#store/seam.ts';
import { NO_COUNTS } from '#core/brief.ts';
import { EMPTY_ROLLUP } from '#core/rollup.ts';
import { familySparkline, sparkline, type BestStep } from './sparkline.ts';

test('the line steps down to the best, and says so in words', () => {
  const picture = String(sparkline([{ number: 1, value: 4 }, { number: 3, value: 3 }, { number: 5, value: 2 }], 9, 'val_bpb'));
  assert.match(picture, /aria-label="best val_bpb from 4\.000 at #1 to 2\.000 at #5, over 9 tasks"/);
  assert.match(picture, /d="M3 3H31\.5V13H60V23H117"/);
});

test('without a value there is a dash, and a single one is a level line', () => {
  assert.equal(String(sparkline([], 3, 'x')), '<span class="none">–</span>');
  assert.match(String(sparkline([{ number: 2, value: 1 }], 4, 'x')), /d="M41 23H117"/);
});

test('a diverged beginning does not flatten what follows', () => {
  const steps = [{ number: 1, value: 1e9 }, { number: 2, value: 4 }, { number: 10, value: 3 }, { number: 20, value: 2 }];
  assert.match(String(sparkline(steps, 40, 'x')), /V3H29\.3V13H/);
});

test('any values make a picture without a number that is none', () => {
  const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(1e-12, Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324, 0));
  fc.assert(fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), fc.nat(50), (values, reached) => {
    assert.doesNotMatch(String(sparkline(values.map((one, index) => ({ number: index + 1, value: one })), reached, 'x')), /NaN|Infinity|undefined/);
  }));
});

test('a million records in a row are read in about forty questions', async () => {
  let asked = 0;
  const reader: Reader = {
    dialect: 'sqlite',
    rows: async <Row>(query: { values: unknown[] }) => {
      asked += 1;
      const before = Math.min(Number(query.values.at(-1)), 1_000_001);
      const step: BestStep[] = before <= 1 ? [] : [{ number: before - 1, value: 2 - before / 1e6 }];
      return step as Row[];
    },
  };
  const counts = { ...NO_COUNTS, completed: 1_000_000 };
  const picture = String(await familySparkline(reader, { id: 'f', version: 1, metric: { name: 'x', direction: 'minimize', above: null }, counts, rollup: { ...EMPTY_ROLLUP, n: 1_000_000 } }));
  assert.ok(asked <= 45, String(asked));
  assert.ok(picture.length < 1500);
  assert.match(picture, /at #1 to/);
});
