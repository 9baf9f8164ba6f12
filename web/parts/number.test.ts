import assert from 'node:assert/strict';
import { test } from 'node:test';
import { creditsInFull, creditsText, duration, gigabytes, measured, measuredText } from './number.ts';

test('values have four significant digits, and an exponent only where plain digits say little', () => {
  const cases: [number, string][] = [
    [2.7091234, '2.709'],
    [0.0012345678, '0.001235'],
    [0.00012346, '1.235e-4'],
    [1e-12, '1.000e-12'],
    [0, '0.000'],
    [-2.71451, '-2.715'],
    [123456.7, '123457'],
    [12345678, '1.235e+7'],
    [9999.9, '10000'],
  ];
  for (const [value, text] of cases) assert.equal(measuredText(value), text);
});

test('the exact value is one hover away, and a missing one is a dash', () => {
  assert.equal(String(measured(2.7091234)), '<data value="2.7091234" title="2.7091234">2.709</data>');
  assert.equal(String(measured(2.709)), '<data value="2.709">2.709</data>');
  assert.match(String(measured(null)), /–/);
});

test('credits, lengths of time and memory read as people write them', () => {
  assert.deepEqual([0, 166_666, 1_234_567_890, -7_000_000, 1, 5000].map(creditsText), ['0.00', '0.1667', '1,234.57', '−7.00', '0.000001', '0.005']);
  assert.deepEqual([0, 24_999, 1_000_000_000_001].map(creditsInFull), ['0.00', '0.024999', '1,000,000.000001']);
  assert.deepEqual([0, 420, 9_300, 99_940, 120_000, 3_900_000, 3 * 86_400_000].map(duration), ['0 s', '0.42 s', '9.3 s', '99.9 s', '2 min', '1 h 05 min', '3 d 0 h']);
  assert.deepEqual([7.65, 31.4, 64].map(gigabytes), ['7.7 GB', '31 GB', '64 GB']);
});
