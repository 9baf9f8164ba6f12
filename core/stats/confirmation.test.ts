import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { seededRandom } from '#core/random.ts';
import { candidateCount, confirmationLevel, freshInterval, nextConfirmation, type Candidate } from './confirmation.ts';
import { normalDraws, simulate } from './simulated-campaign.ts';

const CAMPAIGNS = 2000;
/** 95 % of 2,000, less three standard errors of a share. */
const NOMINAL = 0.95 - 3 * Math.sqrt((0.95 * 0.05) / CAMPAIGNS);

const level = confirmationLevel(0);
const of = (...losses: number[]): Candidate => ({ losses, failed: 0, open: 0, searched: [] });
const equal = Array<number>(20).fill(0);
const apart = equal.map((_, index) => (index === 0 ? 0 : 2));
const twoBest = equal.map((_, index) => (index < 2 ? 0 : 4));

test('of 20 configurations that are truly equal a winner is named in at most 5 % of 2,000 campaigns, and the value shown is what it is said to be', () => {
  const shares = ([[1, 12], [1, 20], [3, 15], [4, 20]] as const).map(([seeds, budget], index) => simulate(CAMPAIGNS, { truth: equal, seeds, budget, draw: normalDraws(index + 1) }));
  for (const { named, covered } of shares) {
    assert.ok(named <= 0.05 * CAMPAIGNS, `${named} named`);
    assert.ok(covered >= NOMINAL * CAMPAIGNS, `${covered} covered`);
  }
});

test('nor is one where two share the lead, the noise leans to one side or is heavy-tailed', () => {
  const random = seededRandom(7);
  const normal = normalDraws(8);
  const draws = [normalDraws(9), () => -Math.log(1 - random()) - 1, () => normal() ** 3 / Math.sqrt(15)];
  for (const [index, draw] of draws.entries()) {
    for (const [seeds, budget] of [[1, 12], [4, 20]] as const) {
      const { named } = simulate(CAMPAIGNS, { truth: twoBest.slice(0, 8), seeds, budget, draw });
      assert.ok(named <= 0.05 * CAMPAIGNS, `noise ${index}, ${budget} tasks: ${named} named`);
    }
  }
});

test('one that is better by two standard deviations of the noise is found in 90 % of 2,000 campaigns within the default share', () => {
  // Single runs of the search choose who runs again: the share of 60 and of 100 tasks makes the right one lead.
  for (const budget of [12, 20]) {
    const { ledRight, named, namedRight } = simulate(CAMPAIGNS, { truth: apart, seeds: 1, budget, draw: normalDraws(budget) });
    assert.ok(ledRight >= 0.9 * CAMPAIGNS, `${budget} tasks: ${ledRight} led`);
    assert.ok(named - namedRight <= 0.01 * CAMPAIGNS);
  }
  // That of 300 tasks, or of 100 in which each ran with four seeds, names it the winner.
  for (const [seeds, budget] of [[1, 60], [4, 20]] as const) {
    const { namedRight, covered } = simulate(CAMPAIGNS, { truth: apart, seeds, budget, draw: normalDraws(100 + budget) });
    assert.ok(namedRight >= 0.9 * CAMPAIGNS, `${budget} tasks: ${namedRight} named`);
    assert.ok(covered >= NOMINAL * CAMPAIGNS, `${covered} covered`);
  }
});
