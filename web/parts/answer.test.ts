import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_COUNTS, type Counts } from '#core/brief.ts';
import { addValue, EMPTY_ROLLUP } from '#core/rollup.ts';
import type { Space } from '#core/space.ts';
import type { Task } from '#core/task.ts';
import { answer, caveat, leaderName, type Leader } from './answer.ts';

const metric = { name: 'val_bpb', direction: 'minimize', above: 0 } as const;
const space: Space = {
  parameters: { lr: { type: 'log', low: 1e-4, high: 1e-2 }, schedule: { type: 'choice', values: ['cosine', 'linear'] }, depth: { type: 'fixed', value: 2 } },
  constraints: [],
};
const brief = { state: 'running', numTasks: 12, replicates: 1, space, budgetMicrocredits: 10_000_000 } as const;

function taskOf(number: number, value: number): Task & { value: number } {
  const config = { lr: 0.00123, schedule: 'cosine', depth: 2 };
  return { id: `f-${number}`, familyId: 'f', briefId: 'b', number, state: 'completed', config, seed: 1, timeBudgetSeconds: 10, priority: 0, attempt: 1, workerId: 'w', value, metrics: null, error: null, createdAt: 0, startedAt: 0, finishedAt: 1 };
}

function leaderOf(value: number, next: number | null, seeds: number[] = [value]): Leader {
  return {
    task: taskOf(3, value),
    runnerUp: next === null ? null : taskOf(5, next),
    seeds: seeds.reduce((rollup, one, index) => addValue(rollup, metric, one, `f-${index}`), EMPTY_ROLLUP),
  };
}

function familyOf(values: number[], counts: Partial<Counts>) {
  return { metric, counts: { ...NO_COUNTS, ...counts }, rollup: values.reduce((rollup, value, index) => addValue(rollup, metric, value, `f-${index}`), EMPTY_ROLLUP) };
}

/** What a fragment says, without its tags. */
function said(fragment: unknown): string {
  return String(fragment).replaceAll(/<[^>]*>/g, '');
}

test('a draft says what is planned', () => {
  assert.equal(said(answer({ ...brief, state: 'draft' }, familyOf([], {}), null)), 'Not launched: 12 tasks planned for at most 10.00 credits.');
});

test('without a value it says what is going on instead', () => {
  assert.equal(said(answer(brief, familyOf([], { pending: 12 }), null)), 'No value of val_bpb yet: 12 tasks waiting.');
  assert.equal(said(answer(brief, familyOf([], { pending: 9, running: 2, failed: 1 }), null)), 'No value of val_bpb yet: 2 of 12 tasks running, 9 waiting. 1 failed.');
  assert.equal(said(answer(brief, familyOf([], { failed: 12 }), null)), 'No answer: all 12 tasks failed.');
  assert.equal(said(answer(brief, familyOf([], { failed: 1, cancelled: 11 }), null)), 'No answer: no task reached a value of val_bpb; 1 failed and 11 were cancelled.');
});

test('a single value leads nothing', () => {
  assert.equal(said(answer(brief, familyOf([2.71], { pending: 11, completed: 1 }), leaderOf(2.71, null))), 'The only value so far is val_bpb 2.710 by cosine at lr ≈ 0.0012, with nothing to compare it to; 1 of 12 done.');
});

test('the best of several leads while others may still come, and has the best result once none can', () => {
  assert.equal(said(answer(brief, familyOf([2.71, 3], { pending: 5, completed: 7 }), leaderOf(2.71, 3))), 'cosine at lr ≈ 0.0012 leads with val_bpb 2.710 (1 seed); 7 of 12 done.');
  assert.equal(said(answer(brief, familyOf([2.71, 3], { completed: 10, failed: 2 }), leaderOf(2.71, 3))), 'cosine at lr ≈ 0.0012 has the best result with val_bpb 2.710 (1 seed); 12 of 12 done, 2 failed.');
});

test('equal values share the lead', () => {
  assert.match(said(answer(brief, familyOf([2.71, 2.71], { pending: 1, completed: 2 }), leaderOf(2.71, 2.71))), /shares the lead with/);
  assert.match(said(answer(brief, familyOf([2.71, 2.71], { completed: 2 }), leaderOf(2.71, 2.71))), /shares the best result with/);
  assert.match(said(caveat(brief, familyOf([2.71, 2.71], { completed: 2 }), leaderOf(2.71, 2.71))), /task #5 has the same value/);
});

test('several seeds show their mean and spread beside the best of them', () => {
  const text = said(answer({ ...brief, replicates: 3 }, familyOf([2.6, 2.8], { pending: 1, completed: 3 }), leaderOf(2.6, 2.7, [2.6, 2.7, 2.8])));
  assert.match(text, /\(the best of 3 seeds, whose mean is 2\.700 ± 0\.1000\)/);
});

test('the caveat tells how far the next best is, and that one seed proves little', () => {
  assert.equal(said(caveat(brief, familyOf([2.6, 2.7], { completed: 2 }), leaderOf(2.5, 2.75))), 'The next best, task #5, is 0.2500 behind. Each configuration ran with one seed, so how much of a difference is noise is not known.');
  assert.equal(caveat(brief, familyOf([2.6], { completed: 1 }), leaderOf(2.6, null)), null);
});

test('a leader without a name of its own is called by its number', () => {
  const numbers: Space = { parameters: { depth: { type: 'choice', values: [2, 4] } }, constraints: [] };
  assert.equal(leaderName(taskOf(7, 1), numbers), 'task #7');
  assert.equal(leaderName(taskOf(7, 1), { ...numbers, parameters: { lr: { type: 'log', low: 1e-4, high: 1 } } }), 'task #7 (lr ≈ 0.0012)');
});
