import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forecastSpending } from './forecast.ts';

const campaign = { spent: 0, available: 100, completed: 0, failed: 0, open: 10, runCost: 10 };

test('before anything has ended each task costs one run', () => {
  assert.deepEqual(forecastSpending(campaign), { expected: 100, missing: 0, enoughFor: 10, failureRate: null });
});

test('what is open costs what the ended tasks cost on average, failures among them', () => {
  assert.deepEqual(forecastSpending({ ...campaign, spent: 60, available: 60, completed: 3, failed: 1, open: 6 }), { expected: 150, missing: 30, enoughFor: 4, failureRate: 0.25 });
  assert.deepEqual(forecastSpending({ ...campaign, spent: 30, available: 70, completed: 3, failed: 3, open: 4 }), { expected: 50, missing: 0, enoughFor: 4, failureRate: 0.5 });
});

test('failures that cost nothing, and a brief that has ended, lead nowhere further', () => {
  assert.deepEqual(forecastSpending({ ...campaign, failed: 5, open: 5, available: 0 }), { expected: 0, missing: 0, enoughFor: 5, failureRate: 1 });
  assert.deepEqual(forecastSpending({ ...campaign, spent: 40, completed: 4, open: 0, available: 0 }), { expected: 40, missing: 0, enoughFor: 0, failureRate: 0 });
});
