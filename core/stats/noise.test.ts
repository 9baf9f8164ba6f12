import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { leastDifference, pooledNoise, robustNoise } from './noise.ts';
import { rankConfigurations, type RankedRun } from './ranking.ts';
import { estimateTimeLeft } from './time-left.ts';

const lower = { direction: 'minimize' } as const;

function runsOf(groups: Record<string, number[]>): RankedRun[] {
  return Object.entries(groups).flatMap(([config, values]) => values.map((value) => ({ config: { name: config }, value }))).map((run, index) => ({ ...run, id: `f-${index + 1}`, number: index + 1 }));
}

const near = (actual: number | undefined, expected: number, within = 1e-9) => assert.ok(Math.abs((actual ?? Number.NaN) - expected) <= within * Math.abs(expected), `${actual} is not ${expected}`);

test('the noise is pooled over what ran more than once', () => {
  // 2.0, 2.2 and 2.4, 2.5, 2.6: squares 0.02 and 0.02 over 1 + 2 degrees; the single 9 says nothing.
  const noise = rankConfigurations(runsOf({ a: [2, 2.2], b: [2.4, 2.5, 2.6], c: [9] }), lower)?.noise;
  near(noise?.deviation, Math.sqrt(0.04 / 3));
  assert.equal(noise?.degrees, 3);
});

test('the worked example of two machines has its published pooled deviation', () => {
  // Montgomery, "Design and Analysis of Experiments", table 2.1 (Portland cement): s² = 0.100 and 0.061, n = 10 each; s = 0.284, 18 degrees.
  const noise = pooledNoise([{ n: 10, m2: 0.9 }, { n: 10, m2: 0.549 }]);
  assert.equal(noise?.degrees, 18);
  near(noise?.deviation, 0.284, 0.002);
  near(leastDifference(noise ?? { deviation: 0, degrees: 1 }, 10, 10), 2.101 * 0.284 * Math.sqrt(0.2), 0.003);
});

test('where nothing ran twice, or the spread is beyond any double, the noise is not known', () => {
  assert.equal(pooledNoise([]), null);
  assert.equal(pooledNoise([{ n: 1, m2: 0 }]), null);
  assert.equal(pooledNoise([{ n: 2, m2: Infinity }]), null);
});

test('a fifth of made-up values barely moves the robust noise, and ruins the pooled one', () => {
  // Pairs whose squared difference is 2σ² times the quantiles of χ² with one degree, σ = 0.02: normal noise without chance.
  const quantiles = [0.0157, 0.0642, 0.148, 0.275, 0.455, 0.708, 1.074, 1.642, 2.706];
  const honest = quantiles.map((quantile) => ({ n: 2, m2: 0.02 ** 2 * quantile }));
  near(robustNoise(honest)?.deviation, 0.02, 0.03);
  const withLiars = [...honest, { n: 2, m2: 0.9 }, { n: 2, m2: 1.4 }];
  near(robustNoise(withLiars)?.deviation, 0.025, 0.1);
  assert.ok((pooledNoise(withLiars)?.deviation ?? 0) > 0.4);
  assert.equal(robustNoise(honest.slice(0, 4)), null);
  assert.equal(robustNoise([]), null);
});

test('means decide, and one lucky run does not lead over configurations that were repeated', () => {
  const ranking = rankConfigurations(runsOf({ steady: [2.7, 2.72, 2.74], lucky: [2.71], worse: [3.4, 3.42, 3.44], rough: [2.6, 2.9, 2.9] }), lower);
  assert.equal(ranking?.leader.config['name'], 'steady');
  assert.deepEqual(ranking?.tied.map((one) => one.config['name']), ['lucky', 'rough']);
  assert.equal(ranking?.next?.config['name'], 'worse');
});

test('a single run that is better by more than the noise does lead', () => {
  assert.equal(rankConfigurations(runsOf({ steady: [2.7, 2.71, 2.72], breakthrough: [1.2] }), lower)?.leader.config['name'], 'breakthrough');
});

test('without repetitions only equal values are ties', () => {
  const ranking = rankConfigurations(runsOf({ a: [2], b: [3], c: [2] }), lower);
  assert.deepEqual([ranking?.leader.config['name'], ranking?.tied.map((one) => one.config['name']), ranking?.next?.config['name'], ranking?.noise], ['a', ['c'], 'b', null]);
  assert.equal(rankConfigurations([], lower), null);
});

test('in either direction nobody outside of the ties is better than the leader', () => {
  const groups = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 4 }), { minKeys: 1 });
  fc.assert(fc.property(groups, fc.boolean(), (some, up) => {
    const ranking = rankConfigurations(runsOf(some), { direction: up ? 'maximize' : 'minimize' });
    assert.ok(ranking !== null);
    if (ranking.next !== null) assert.ok(up ? ranking.next.rollup.mean <= ranking.leader.rollup.mean : ranking.next.rollup.mean >= ranking.leader.rollup.mean);
    assert.ok(!ranking.tied.includes(ranking.leader) && ranking.configurations === Object.keys(some).length);
  }));
});

test('the time left spans from all places to the present share of them, and is never less than a task needs', () => {
  assert.deepEqual(estimateTimeLeft({ pending: 18, running: 2, slots: 4, taskMs: 10 }), { leastMs: 47.5, mostMs: 95 });
  assert.deepEqual(estimateTimeLeft({ pending: 1, running: 0, slots: 8, taskMs: 10 }), { leastMs: 10, mostMs: 10 });
  assert.deepEqual(estimateTimeLeft({ pending: 0, running: 3, slots: 0, taskMs: 10 }), { leastMs: 5, mostMs: 5 });
  assert.equal(estimateTimeLeft({ pending: 5, running: 0, slots: 0, taskMs: 10 }), null);
});
