import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_COUNTS, type BriefState, type Counts } from '#core/brief.ts';
import { EMPTY_ROLLUP } from '#core/rollup.ts';
import type { Space } from '#core/space.ts';
import { rankConfigurations } from '#core/stats/ranking.ts';
import { DEFAULT_VERIFICATION } from '#core/verify.ts';
import { answer, caveat, leaderName, roughly } from './answer.ts';
import type { Standing } from './standing.ts';

const metric = { name: 'val_bpb', direction: 'minimize', above: 0 } as const;
const space: Space = {
  parameters: { lr: { type: 'log', low: 1e-4, high: 1e-2 }, schedule: { type: 'choice', values: ['cosine', 'linear'] }, depth: { type: 'fixed', value: 2 } },
  constraints: [],
};
const nothingAhead = { left: null, failure: null };

function briefIn(state: BriefState) {
  return { state, numTasks: 12, space, budgetMicrocredits: 10_000_000 };
}

function familyOf(counts: Partial<Counts>) {
  return { metric, counts: { ...NO_COUNTS, ...counts }, rollup: EMPTY_ROLLUP, verification: null };
}

/** The standing of configurations that differ by their rate, each with the values of its seeds. */
function standingOf(...values: number[][]): Standing {
  const runs = values.flatMap((seeds, index) => seeds.map((value) => ({ value, config: { lr: 0.00123 + index / 100, schedule: 'cosine', depth: 2 } })));
  const ranking = rankConfigurations(runs.map((run, index) => ({ ...run, id: `f-${index + 1}`, number: index + 1 })), metric);
  assert.ok(ranking !== null);
  return { ...ranking, tiedCount: ranking.tied.length, only: null };
}

function said(fragment: unknown): string {
  return String(fragment).replaceAll(/<[^>]*>/g, '');
}

const sentence = (state: BriefState, counts: Partial<Counts>, standing: Standing | null = null, ahead: Parameters<typeof answer>[3] = nothingAhead) => said(answer(briefIn(state), familyOf(counts), standing, ahead));

test('a draft says what is planned', () => {
  assert.equal(sentence('draft', {}), 'Not launched: 12 tasks planned for at most 10.00 credits.');
});

test('without a value it says what is going on instead', () => {
  assert.equal(sentence('running', { pending: 12 }), 'No value of val_bpb yet: 12 tasks waiting.');
  assert.equal(sentence('paused', { pending: 12 }), 'No value of val_bpb yet: 12 tasks waiting, paused.');
  assert.equal(sentence('running', { pending: 9, running: 2, failed: 1 }, null, { ...nothingAhead, left: { leastMs: 50_000, mostMs: 60_000 } }), 'No value of val_bpb yet: 2 of 12 tasks running, 9 waiting, about 60 s left. 1 failed.');
  assert.equal(sentence('cancelled', { failed: 1, cancelled: 11 }), 'No answer: no task reached a value of val_bpb; 1 failed and 11 were cancelled.');
});

test('when all failed it names the most common error and leads to its log', () => {
  const failure = { kind: 'out_of_memory', headline: 'Killed <b>', taskId: 'f-3', number: 3, many: 12, of: 12 };
  assert.equal(sentence('failed', { failed: 12 }, null, { left: null, failure }), 'No answer: all 12 tasks failed. Each with out_of_memory: Killed &lt;b&gt; (log of task #3).');
  assert.equal(sentence('failed', { failed: 90 }, null, { left: null, failure: { ...failure, many: 7, of: 50 } }), 'No answer: all 90 tasks failed. 7 of the last 50 with out_of_memory: Killed &lt;b&gt; (log of task #3).');
  assert.match(String(answer(briefIn('failed'), familyOf({ failed: 12 }), null, { left: null, failure })), /href="\/tasks\/f-3#log"/);
});

test('a single value leads nothing', () => {
  assert.equal(sentence('running', { pending: 11, completed: 1 }, standingOf([2.71])), 'The only value so far is val_bpb 2.710 (1 seed) by cosine at lr ≈ 1.2e-3, with nothing to compare it to; 1 of 12 done.');
});

test('with one seed each the best leads, and that the noise is not known is said beside it', () => {
  const standing = standingOf([2.71], [3]);
  assert.equal(sentence('running', { pending: 5, completed: 7 }, standing, { ...nothingAhead, left: { leastMs: 180_000, mostMs: 420_000 } }), 'cosine at lr ≈ 1.2e-3 leads with val_bpb 2.710 (1 seed); 7 of 12 done, 3 min to 7 min left.');
  assert.equal(said(caveat(standing, null)), 'The next best, task #2, is 0.2900 behind. Each configuration ran with one seed, so how much of a difference is noise is not known, and no lead is certain. ');
});

test('what no audit has confirmed is not told as known', () => {
  const standing = standingOf([2.71], [3]);
  const { best } = standing.leader.rollup;
  const told = (confirmed: number | null) => said(answer(briefIn('running'), { ...familyOf({ pending: 5, completed: 7 }), verification: DEFAULT_VERIFICATION, rollup: { ...EMPTY_ROLLUP, best: confirmed } }, standing, nothingAhead));
  assert.match(told(null), /leads with val_bpb 2\.710 \(1 seed\), not verified yet; 7 of 12 done/);
  assert.match(told(3), /not verified yet/);
  assert.doesNotMatch(told(best), /verified/);
});

test('with several seeds means are compared, and what is within the noise is called so', () => {
  const standing = standingOf([2.7, 2.72], [2.71, 2.73], [3.4, 3.42]);
  assert.equal(sentence('running', { pending: 6, completed: 6 }, standing), 'cosine at lr ≈ 1.2e-3 leads with val_bpb 2.710 (mean of 2 seeds, sd 0.014); 1 configuration is within the noise (± 0.045); 6 of 12 done.');
  assert.equal(said(caveat(standing, null)), 'The best outside the noise, task #5, is 0.7000 behind. ');
  assert.match(sentence('completed', { completed: 12 }, standingOf([2.7, 2.701], [3, 3.001])), /has the best result with .*; no other configuration is within the noise \(± 0\.003/);
});

test('how it ended or was stopped is part of the sentence', () => {
  const standing = standingOf([2.71], [3]);
  assert.match(sentence('completed', { completed: 10, failed: 2 }, standing), /has the best result with val_bpb 2\.710 \(1 seed\); 12 of 12 done, 2 failed\.$/);
  assert.match(sentence('paused', { completed: 10, pending: 2 }, standing), /leads .*; paused at 10 of 12\.$/);
  assert.match(sentence('cancelled', { completed: 2, cancelled: 10 }, standing), /has the best result .*; cancelled after 2 of 12\.$/);
});

test('where the noise is not known it can be measured, unless the brief takes no more tasks', () => {
  assert.match(String(caveat(standingOf([2.71], [3]), '/briefs/b/confirm')), /<a href="\/briefs\/b\/confirm">Run the best 2 again with 3 seeds<\/a>/);
  assert.match(said(caveat(standingOf([2.71], [3]), '/briefs/b/confirm', true)), /one seed: how much of a difference is noise shows with the seeds to come\. $/);
  assert.doesNotMatch(String(caveat(standingOf([2.7, 2.8], [3]), '/briefs/b/confirm')), /again/);
});

test('equal values share the lead', () => {
  const standing = standingOf([2.71], [2.71]);
  assert.match(sentence('running', { pending: 1, completed: 2 }, standing), /shares the lead with/);
  assert.match(sentence('completed', { completed: 2 }, standing), /shares the best result with/);
  assert.match(said(caveat(standing, null)), /task #2 has the same value/);
});

test('a ranking of a part of the runs says so', () => {
  assert.match(said(caveat({ ...standingOf([2.71], [3]), only: 10_000 }, null)), /Ranked among the first 10,000 runs/);
});

test('a configuration is called by texts first, then by its place on a log scale, never by what is fixed', () => {
  const numbers: Space = { parameters: { depth: { type: 'choice', values: [2, 4] }, drop: { type: 'uniform', low: 0, high: 1 }, lr: { type: 'log', low: 1e-4, high: 1 } }, constraints: [] };
  assert.equal(leaderName({ depth: 2, drop: 0.123, lr: 0.5 }, numbers), 'lr ≈ 0.5, drop ≈ 0.12');
  assert.equal(leaderName({ depth: 2 }, { ...numbers, parameters: { depth: { type: 'choice', values: [2, 4] } } }), 'depth 2');
  assert.equal(leaderName({ depth: 2 }, { ...numbers, parameters: { depth: { type: 'fixed', value: 2 } } }), 'the one configuration');
  assert.equal(leaderName({ schedule: 'ب'.repeat(60), lr: 1e-12 }, { ...space, parameters: { ...space.parameters, schedule: { type: 'choice', values: ['ب'.repeat(60), 'x'] } } }), `${'ب'.repeat(40)}… at lr ≈ 1.0e-12`);
});

test('an estimate is told no finer than it is', () => {
  assert.deepEqual([3000, 44_000, 89_000, 90_000, 420_000, 5_400_000, 3 * 86_400_000].map(roughly), ['a few seconds', '40 s', '90 s', '2 min', '7 min', '1.5 h', '3 d']);
});
