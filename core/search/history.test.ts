import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparableHistory, type HistoryRun } from './history.ts';

/** Runs of the configurations { x: 0 }, { x: 1 } … */
function runsOf(hardwareClass: string | null, losses: readonly number[], from = 0): HistoryRun[] {
  return losses.map((loss, index) => ({ config: { x: from + index }, state: 'measured', loss, stopped: null, hardwareClass }));
}

function lossesOf(runs: readonly HistoryRun[]): (number | null)[] {
  return comparableHistory(runs).trials.map((trial) => trial.loss);
}

test('losses of one class stay as they are, seeds of a configuration are one trial, and a crash among them does not matter', () => {
  const runs: HistoryRun[] = [...runsOf('a', [3, 2]), { config: { x: 0 }, state: 'measured', loss: 5, stopped: null, hardwareClass: 'a' }, { config: { x: 0 }, state: 'failed', loss: null, stopped: null, hardwareClass: 'a' }];
  const { trials, classes } = comparableHistory(runs);
  assert.deepEqual(trials.map(({ loss, runs: n, state }) => [loss, n, state]), [[4, 2, 'measured'], [2, 1, 'measured']]);
  assert.deepEqual(classes, [{ hardwareClass: 'a', results: 3, isReference: true, isComparable: true }]);
  assert.deepEqual(lossesOf(runsOf(null, [7])), [7], 'a single result of unknown hardware is compared with itself');
});

test('a faster class is brought to the scale of the one with the most results, by its middle and its spread', () => {
  const slow = [10, 11, 12, 13, 14, 15, 16];
  const fast = slow.slice(0, 5).map((loss) => (loss - 10) / 2);
  const [losses, outlying] = [lossesOf([...runsOf('slow', slow), ...runsOf('fast', fast, 10)]), lossesOf([...runsOf('slow', slow), ...runsOf('fast', [...fast, 1e99], 10)])];
  assert.deepEqual(losses.slice(0, 7), slow);
  assert.deepEqual(losses.slice(7), [10, 11.5, 13, 14.5, 16], 'the middle of the fast class is the middle of the slow one');
  assert.ok(Number.isFinite(outlying.at(-1)));
  assert.ok((outlying[7] ?? 0) > 8 && (outlying[7] ?? 0) < 13, 'a diverged run moves nothing');
});

test('a class that joined late is held against what the other gave meanwhile', () => {
  const early = [20, 21, 22, 23, 24, 25];
  const late = [10, 11, 12, 13, 14, 15];
  const runs = [...runsOf('slow', early), ...interleave(runsOf('fast', late.map((loss) => loss - 9), 200), runsOf('slow', late, 100))];
  const fast = comparableHistory(runs).trials.filter((trial) => Number(trial.config['x']) >= 200).map((trial) => trial.loss ?? Number.NaN);
  assert.ok(fast.every((loss, index) => Math.abs(loss - (late[index] ?? 0)) <= 1), `${fast}: not to the middle of all that the slow class ever gave`);
});

test('a class with few results gives no loss, and its configurations stay open', () => {
  const { trials, classes } = comparableHistory([...runsOf('a', [1, 2, 3, 4, 5, 6]), ...runsOf('b', [0, 0, 0, 0], 10)]);
  assert.deepEqual(trials.slice(6).map(({ state, loss, runs }) => [state, loss, runs]), Array.from({ length: 4 }, () => ['open', null, 0]));
  assert.deepEqual(classes.map(({ isComparable, isReference }) => [isComparable, isReference]), [[true, true], [false, false]]);
});

test('the furthest pruned run stands for a configuration without a value, on the common scale, and failed is what failed in every run', () => {
  const pruned = (hardwareClass: string, share: number, loss: number): HistoryRun => ({ config: { x: 50 }, state: 'pruned', loss: null, stopped: { share, loss }, hardwareClass });
  const failed: HistoryRun = { config: { x: 60 }, state: 'failed', loss: null, stopped: null, hardwareClass: null };
  const { trials } = comparableHistory([...runsOf('a', [11, 12, 13, 14, 15, 16]), ...runsOf('b', [1, 2, 3, 4, 5], 10), pruned('a', 0.25, 20), pruned('b', 0.5, 3), failed, failed, { ...failed, config: { x: 70 } }, { ...failed, config: { x: 70 }, state: 'open' }]);
  const [last] = trials.filter((trial) => trial.state === 'pruned');
  assert.deepEqual([last?.stopped?.share, last?.loss], [0.5, null]);
  assert.ok((last?.stopped?.loss ?? 0) > 13 && (last?.stopped?.loss ?? 0) < 14);
  assert.deepEqual(trials.slice(-2).map((trial) => trial.state), ['failed', 'open']);
  assert.deepEqual(comparableHistory([pruned('a', 0.5, 3)]).trials[0]?.stopped, { share: 0.5, loss: 3 }, 'before the first result every class counts');
});

function interleave<T>(left: readonly T[], right: readonly T[]): T[] {
  return left.flatMap((one, index) => [one, ...right.slice(index, index + 1)]);
}
