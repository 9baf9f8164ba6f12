import assert from 'node:assert/strict';
import { test } from 'node:test';
import { studentQuantile } from './student.ts';

test("Student's quantiles are those of the published tables", () => {
  // Fisher & Yates 1963, "Statistical Tables", table III: degrees of freedom, then P = 0.05 and P = 0.01 of both tails.
  const table: [number, number, number][] = [
    [1, 12.706, 63.657], [2, 4.303, 9.925], [3, 3.182, 5.841], [4, 2.776, 4.604], [5, 2.571, 4.032], [9, 2.262, 3.25],
    [10, 2.228, 3.169], [19, 2.093, 2.861], [30, 2.042, 2.75], [40, 2.021, 2.704], [60, 2, 2.66], [120, 1.98, 2.617],
  ];
  for (const [degrees, five, one] of table) {
    assert.equal(Number(studentQuantile(0.975, degrees).toFixed(3)), five, `${degrees} degrees, 5 %`);
    assert.equal(Number(studentQuantile(0.995, degrees).toFixed(3)), one, `${degrees} degrees, 1 %`);
  }
});

test('with ever more degrees it falls towards the normal quantile and never below it', () => {
  const quantiles = [1, 2, 3, 10, 100, 1000, 10_000, 1_000_000].map((degrees) => studentQuantile(0.975, degrees));
  for (const [index, quantile] of quantiles.entries()) {
    assert.ok(quantile > 1.959963984, String(quantile));
    assert.ok(index === 0 || quantile <= (quantiles[index - 1] ?? 0));
  }
  assert.ok((quantiles.at(-1) ?? 9) < 1.9603);
});

test('the quantile of one half is the middle', () => {
  assert.ok(studentQuantile(0.5, 7) < 1e-9);
});
