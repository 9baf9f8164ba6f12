import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { actionsFor, BRIEF_STATES, checkBrief, NO_COUNTS, runsCostMicrocredits, stateAfter, stateAfterChange, stateWhenSettled, totalCount, type BriefAction, type BriefRequest, type BriefState } from './brief.ts';
import type { Experiment } from './experiment.ts';
import { MICROCREDITS, taskPriceMicrocredits } from './ledger.ts';
import { isSettled, MOST_RETRIES, stateAfterFailure, TASK_STATES } from './task.ts';

const EXPERIMENT: Experiment = {
  name: 'e', title: 'E', description: '', run: ['node'], needs: {}, requires: { cpuCores: 2, ramGb: 1, gpuVramGb: 0 },
  metric: { name: 'loss', direction: 'minimize', above: null }, timeBudgetSeconds: 60, startupSeconds: 1, graceSeconds: 1,
  space: { parameters: { lr: { type: 'log', low: 0.001, high: 0.1 } }, constraints: [] }, bundle: [], synthetic: false,
};

const REQUEST: BriefRequest = {
  title: 't', goal: '', experiment: 'e', strategy: { name: 'random', seed: 1, options: {} }, space: { parameters: {}, constraints: [] },
  numTasks: 10, replicates: 1, timeBudgetSeconds: null, budgetMicrocredits: 10 * MICROCREDITS, hardwareProfile: 'any', requires: {}, priority: 0, verification: null, draft: false,
};

describe('the check of a brief', () => {
  const check = (changes: Partial<BriefRequest>) => checkBrief({ ...REQUEST, ...changes }, EXPERIMENT);
  const paths = (changes: Partial<BriefRequest>) => check(changes).issues.map((issue) => issue.path);

  test('fills in what the experiment knows', () => {
    assert.deepEqual(check({}), { checked: { space: EXPERIMENT.space, requires: EXPERIMENT.requires, timeBudgetSeconds: 60, runPriceMicrocredits: MICROCREDITS, runFeeMicrocredits: 0 }, issues: [] });
    assert.deepEqual(check({ hardwareProfile: 'large', requires: { gpuVramGb: 4, cpuCores: 1 }, timeBudgetSeconds: 6 }).checked, {
      space: EXPERIMENT.space, requires: { cpuCores: 8, ramGb: 16, gpuVramGb: 4 }, timeBudgetSeconds: 6, runPriceMicrocredits: 800_000, runFeeMicrocredits: 0,
    });
  });

  test('names every field that is wrong, all at once', () => {
    assert.deepEqual(paths({ strategy: { name: 'oracle', seed: 1, options: {} } }), ['strategy.name']);
    assert.deepEqual(paths({ strategy: { name: 'random', seed: 1, options: { levels: 3 } } }), ['strategy.levels']);
    assert.deepEqual(paths({ strategy: { name: 'grid', seed: 1, options: { levels: 0, depth: 1 } } }), ['strategy.levels', 'strategy.depth']);
    assert.deepEqual(paths({ replicates: 11 }), ['replicates']);
    assert.deepEqual(paths({ space: { parameters: { lr: { type: 'fixed', value: 1 } }, constraints: [] }, replicates: 11, budgetMicrocredits: 0 }), ['space.lr', 'replicates', 'budget_credits']);
  });

  test('asks for a budget that pays for every task, and names one that does', () => {
    assert.deepEqual(paths({ numTasks: 10, timeBudgetSeconds: 60, budgetMicrocredits: 10 * MICROCREDITS }), []);
    const { issues } = check({ numTasks: 7, timeBudgetSeconds: 10, budgetMicrocredits: MICROCREDITS });
    assert.deepEqual(issues, [{ path: 'budget_credits', message: '7 tasks of 10 s cost 1.17 credits; the budget is 1' }]);
    assert.deepEqual(paths({ numTasks: 7, timeBudgetSeconds: 10, budgetMicrocredits: 1.17 * MICROCREDITS }), []);
    assert.match(check({ hardwareProfile: 'gpu' }).issues[0]?.message ?? '', /^10 tasks of 60 s on gpu machines cost 80\.00 credits; the budget is 10$/);
  });
});

describe('prices', () => {
  test('a credit is a minute, and nothing is free', () => {
    assert.equal(taskPriceMicrocredits(60), MICROCREDITS);
    assert.equal(taskPriceMicrocredits(6), 100_000);
    assert.equal(taskPriceMicrocredits(10), 166_666);
    assert.equal(taskPriceMicrocredits(0.00001), 1);
    assert.equal(runsCostMicrocredits(10_000, { runPriceMicrocredits: taskPriceMicrocredits(86_400), runFeeMicrocredits: 0 }), 14_400_000 * MICROCREDITS);
    assert.equal(runsCostMicrocredits(3, { runPriceMicrocredits: 10, runFeeMicrocredits: 2 }), 36);
  });

  test('are whole, grow with time, and are exact for whole minutes', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.1, max: 86_400, noNaN: true }), fc.double({ min: 0.1, max: 86_400, noNaN: true }), fc.integer({ min: 1, max: 1440 }), (left, right, minutes) => {
        const [less, more] = [Math.min(left, right), Math.max(left, right)].map((seconds) => taskPriceMicrocredits(seconds)) as [number, number];
        assert.ok(Number.isSafeInteger(less) && less >= 1 && less <= more);
        assert.equal(taskPriceMicrocredits(60 * minutes), minutes * MICROCREDITS);
      }),
    );
  });
});

describe("a brief's states", () => {
  test('change as people may ask, and not otherwise', () => {
    const allowed: Record<BriefState, Partial<Record<BriefAction, BriefState>>> = {
      draft: { launch: 'running', cancel: 'cancelled' },
      running: { pause: 'paused', cancel: 'cancelled' },
      paused: { resume: 'running', cancel: 'cancelled' },
      exhausted: { cancel: 'cancelled' },
      completed: {},
      failed: {},
      cancelled: {},
    };
    for (const state of BRIEF_STATES) {
      for (const action of ['launch', 'pause', 'resume', 'cancel'] as const) assert.equal(stateAfter(state, action), allowed[state][action] ?? null, `${action} ${state}`);
      assert.deepEqual(actionsFor(state).sort(), Object.keys(allowed[state]).sort());
    }
  });

  test('are exhausted exactly when nothing runs and the next run cannot be paid', () => {
    const after = (state: BriefState, held: number, counts: Partial<typeof NO_COUNTS>) => stateAfterChange({ state, heldMicrocredits: held, runCostMicrocredits: 10 }, { ...NO_COUNTS, ...counts });
    assert.deepEqual([after('running', 9, { pending: 1 }), after('running', 10, { pending: 1 }), after('running', 15, { pending: 1, running: 1 })], ['exhausted', 'running', 'running']);
    assert.deepEqual([after('exhausted', 10, { pending: 5 }), after('exhausted', 0, { completed: 1 }), after('paused', 0, { pending: 1 })], ['running', 'completed', 'paused']);
    assert.deepEqual([after('completed', 10, { pending: 1 }), after('cancelled', 0, { pending: 1 }), after('draft', 0, {})], ['running', 'cancelled', 'draft']);
  });

  test('end when nothing is left to do', () => {
    const settled = (counts: Partial<typeof NO_COUNTS>) => stateWhenSettled({ ...NO_COUNTS, ...counts });
    assert.equal(settled({ pending: 1, completed: 3 }), null);
    assert.equal(settled({ running: 1, failed: 3 }), null);
    assert.equal(settled({ completed: 1, failed: 3 }), 'completed');
    assert.equal(settled({ failed: 3 }), 'failed');
    assert.equal(totalCount({ pending: 1, running: 2, completed: 3, failed: 4, cancelled: 5 }), 15);
  });
});

test('a task is tried again three times', () => {
  assert.equal(MOST_RETRIES, 3);
  assert.deepEqual([1, 2, 3, 4, 5].map(stateAfterFailure), ['pending', 'pending', 'pending', 'failed', 'failed']);
  assert.deepEqual(TASK_STATES.filter(isSettled), ['completed', 'failed', 'cancelled']);
});
