import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkBrief, type Brief, type BriefRequest } from '#core/brief.ts';
import type { Experiment } from '#core/experiment.ts';
import { narrowSpace, type Parameter } from '#core/space.ts';
import type { Worker } from '#core/worker.ts';
import { readTyped, textOf, type Typed } from './fields.ts';
import { briefForm } from './form.ts';
import { previewCard } from './preview.ts';
import { resetParameter } from './space-typed.ts';
import { checkTyped, freshTyped, typedFor, typedLike } from './typed.ts';

const experiment: Experiment = {
  name: 'toy',
  title: 'Toy',
  description: 'For tests.',
  run: ['node', 'main.mjs'],
  needs: { node: '>=26' },
  requires: { cpuCores: 1, ramGb: 1, gpuVramGb: 0 },
  metric: { name: 'loss', direction: 'minimize', above: 0 },
  timeBudgetSeconds: 60,
  startupSeconds: 1,
  graceSeconds: 1,
  space: {
    parameters: {
      lr: { type: 'log', low: 0.0001, high: 0.1 },
      width: { type: 'int', low: 4, high: 64, step: 4 },
      dropout: { type: 'uniform', low: 0, high: 0.5, when: { kind: ['fancy'] } },
      kind: { type: 'choice', values: ['plain', 'fancy', 3, '3', true] },
      depth: { type: 'fixed', value: 2 },
    },
    constraints: ['width >= 4'],
  },
  bundle: [],
  synthetic: true,
};

function valid(changes: Typed = {}): Typed {
  return { ...freshTyped(experiment), title: ['A title'], ...changes };
}

function issuePaths(typed: Typed): string[] {
  return checkTyped(typed, experiment).issues.map((issue) => issue.path);
}

test('a fresh form needs nothing but a title', () => {
  assert.deepEqual(issuePaths(freshTyped(experiment)), ['title']);
  const { request } = checkTyped(valid(), experiment);
  assert.ok(request !== null);
  assert.deepEqual(checkBrief(request, experiment).issues, []);
  assert.deepEqual(request.space.parameters, {}, 'what was not narrowed is not sent');
});

test('ranges, single values and choices narrow the space', () => {
  const { request } = checkTyped(valid({ 'space.lr.low': ['0.001'], 'space.width.only': ['8, 16'], 'space.dropout.only': ['0.25'], 'space.kind.values': ['"3"', '3'] }), experiment);
  assert.deepEqual(request?.space.parameters, {
    lr: { type: 'log', low: 0.001, high: 0.1, when: undefined },
    width: { type: 'choice', values: [8, 16], ordered: true },
    dropout: { type: 'fixed', value: 0.25 },
    kind: { type: 'choice', values: [3, '3'] },
  });
});

const WRONG: [string, Typed, string][] = [
  ['no title', { title: ['  '] }, 'title'],
  ['a goal of 5,000 characters', { goal: ['x'.repeat(5000)] }, 'goal'],
  ['tasks in words', { num_tasks: ['twelve'] }, 'num_tasks'],
  ['no number of tasks', { num_tasks: [''] }, 'num_tasks'],
  ['half a task', { num_tasks: ['1.5'] }, 'num_tasks'],
  ['no budget', { budget_credits: [''] }, 'budget_credits'],
  ['an endless budget', { budget_credits: ['Infinity'] }, 'budget_credits'],
  ['a seed in words', { 'strategy.seed': ['x'] }, 'strategy.seed'],
  ['negative RAM', { 'requires.ram_gb': ['-1'] }, 'requires.ram_gb'],
  ['a profile that is none', { hardware_profile: ['huge'] }, 'hardware_profile'],
  ['a bound in words', { 'space.lr.low': ['small'] }, 'space.lr'],
  ['a range beside single values', { 'space.lr.low': ['0.01'], 'space.lr.only': ['0.02'] }, 'space.lr'],
  ['single values in words', { 'space.width.only': ['8, many'] }, 'space.width'],
  ['a choice of nothing', { 'space.kind.values': [] }, 'space.kind'],
];
for (const [what, changes, path] of WRONG) {
  test(`${what} is said at its field, which keeps what was typed`, () => {
    const typed = valid(changes);
    const { request, issues } = checkTyped(typed, experiment);
    assert.equal(request, null);
    assert.ok(issues.some((issue) => issue.path === path), JSON.stringify(issues));
    const page = String(briefForm({ typed, experiment, experiments: [experiment], key: 'k', refusal: { code: 'invalid', detail: '', issues }, draft: null, preview: null }));
    assert.match(page, new RegExp(`<a href="#${path.replaceAll('.', '\\.')}">`), 'the summary leads to it');
    assert.match(page, /class="wrong"/);
    // A choice cannot show what it does not offer.
    for (const value of path === 'hardware_profile' ? [] : Object.values(changes).flat().filter((text) => text.trim() !== '')) assert.ok(page.includes(value), `${value} is kept`);
  });
}

test('an issue of a constraint shows the constraint it is about', () => {
  const typed = valid({ constraints: ['width % 8 == 0\nlr >> 2'] });
  const { request } = checkTyped(typed, experiment);
  assert.ok(request !== null);
  const { issues } = checkBrief(request, experiment);
  const page = String(briefForm({ typed, experiment, experiments: [experiment], key: 'k', refusal: { code: 'invalid_brief', detail: '', issues }, draft: null, preview: null }));
  assert.match(page, /“lr &gt;&gt; 2”: did not expect|“lr &gt;&gt; 2”: expected/);
});

test('hostile texts stay texts', () => {
  const evil = `"></textarea><script>alert(1)</script><input value='`;
  const typed = valid({ title: [evil], goal: [evil], constraints: [evil], 'space.lr.low': [evil], 'space.lr.type': [evil], draft: [evil], num_tasks: [evil] });
  const { issues } = checkTyped(typed, experiment);
  const page = String(briefForm({ typed, experiment, experiments: [experiment], key: evil, refusal: { code: 'invalid', detail: evil, issues }, draft: null, preview: null }));
  assert.doesNotMatch(page, /<script|<\/textarea><script/);
});

test('fields that are no texts, or of unknown names, do no harm', () => {
  assert.deepEqual(readTyped({ a: 'x', b: ['y', 7, 'z'], c: { d: 1 } }), { a: ['x'], b: ['y', 'z'], c: [] });
  assert.deepEqual(readTyped(null), {});
  assert.equal(textOf(readTyped({}), 'constructor'), '');
});

test('a clone asks for the same: the space of any brief survives the way through the form', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const range = fc.tuple(share, share).map(([a, b]): Parameter => ({ type: 'log', low: 0.0001 + 0.09 * Math.min(a, b), high: 0.0001 + 0.09 * Math.max(a, b) }));
  const widths = fc.subarray([4, 8, 12, 64], { minLength: 1 });
  const space = fc.record({
    lr: fc.oneof(range, fc.constant<Parameter>({ type: 'fixed', value: 0.01 })),
    width: fc.oneof(widths.map((values): Parameter => ({ type: 'choice', values })), fc.constant<Parameter>({ type: 'int', low: 4, high: 60, step: 8, log: true })),
    kind: fc.subarray(['plain', 'fancy', 3, '3', true] as (string | number | boolean)[], { minLength: 1 }).map((values): Parameter => ({ type: 'choice', values })),
  });
  fc.assert(
    fc.property(space, (parameters) => {
      const { space: narrowed, issues } = narrowSpace(experiment.space, { parameters, constraints: ['width <= 64'] });
      assert.deepEqual(issues, []);
      const request = checkTyped(typedLike({ ...briefLike(), space: narrowed }, experiment), experiment).request;
      assert.ok(request !== null);
      const again = narrowSpace(experiment.space, request.space);
      assert.deepEqual(again.issues, []);
      assert.deepEqual(again.space.constraints, narrowed.constraints);
      for (const name of Object.keys(narrowed.parameters)) assert.deepEqual(meaning(again.space.parameters[name]), meaning(narrowed.parameters[name]), name);
    }),
  );
});

test('one parameter is reset to what the experiment has, and only where it differs there is a button for it', () => {
  const typed = valid({ 'space.lr.low': ['0.01'], 'space.kind.values': ['3'], 'space.width.only': ['8'] });
  const page = (some: Typed) => String(briefForm({ typed: some, experiment, experiments: [experiment], key: 'k', refusal: null, draft: null, preview: null }));
  assert.deepEqual([...page(typed).matchAll(/value="reset:(\w+)"/g)].map((match) => match[1]), ['lr', 'width', 'kind']);
  const reset = resetParameter(resetParameter(typed, experiment.space, 'kind'), experiment.space, 'lr');
  assert.deepEqual([...page(reset).matchAll(/value="reset:(\w+)"/g)].map((match) => match[1]), ['width']);
  assert.deepEqual(resetParameter(typed, experiment.space, 'constructor'), typed);
});

test('another experiment brings its own space and default time; the rest stays', () => {
  const other: Experiment = { ...experiment, name: 'other', timeBudgetSeconds: 5, space: { parameters: { depth: { type: 'choice', values: [1, 2] } }, constraints: [] } };
  const typed = typedFor(valid({ 'space.lr.low': ['0.01'], goal: ['kept'] }), other, experiment);
  assert.equal(textOf(typed, 'goal'), 'kept');
  assert.equal(textOf(typed, 'time_budget_seconds'), '5');
  assert.equal(textOf(typed, 'space.lr.low'), '');
  assert.deepEqual(typed['space.depth.values'], ['1', '2']);
});

test('the preview shows the price, who fits, and why others do not', () => {
  const request: BriefRequest = checkTyped(valid({ hardware_profile: ['large'] }), experiment).request ?? assert.fail();
  const { checked } = checkBrief(request, experiment);
  const plan = { registered: { experiment, packageSha256: 'x' }, checked, configurations: [{ lr: 0.01, kind: 'plain' }] };
  const worker = (name: string, cpuCores: number, lastSeenAt: number): Worker => ({
    id: name, ownerId: 'local', name, hardware: { cpuModel: '', cpuCores, ramGb: 64, gpus: [], platform: 'linux', arch: 'x64' }, runtimes: { node: '26.1.0' },
    slots: 2, sandbox: null, status: 'active', standing: 'probation', standingReason: null, quarantineOpen: false, load: null, running: 0, completed: 0, failed: 0, lost: 0, createdAt: 0, lastSeenAt,
  });
  const text = String(previewCard({ request, plan, workers: [worker('big', 16, 1000), worker('tiny', 2, 1000), worker('gone', 16, -1e9)], waiting: 2, balance: 5_000_000, now: 1000, heartbeatMs: 5000 })).replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ');
  assert.match(text, /Price 48\.00 of 12\.00 credits/);
  assert.match(text, /Held at its launch [\d.]+ of the 5\.00 that this server has/);
  assert.match(text, /account lacks [\d.]+ credits for that/);
  assert.match(text, /Workers that fit 1 of 2 online, 2 slots/);
  assert.match(text, /Finished 1970-01-01 00:06:01 UTC about 6 min after it starts, alone on 2 slots; with the 2 campaigns that wait now perhaps 18 min/);
  assert.match(text, /tiny needs 8 CPU cores, has 2/);
});

function briefLike(): Brief {
  return {
    id: 'b', ownerId: 'local', familyId: 'f', title: 'T', goal: '', experiment: 'toy', strategy: { name: 'random', seed: 1, options: {} }, space: experiment.space,
    numTasks: 2, replicates: 1, timeBudgetSeconds: 1, budgetMicrocredits: 1_000_000, spentMicrocredits: 0, runPriceMicrocredits: 16_666, runFeeMicrocredits: 0, hardwareProfile: 'any', requires: experiment.requires,
    priority: 0, verification: null, state: 'completed', createdAt: 0, launchedAt: 0, finishedAt: 0,
  };
}

/** A parameter as what can be drawn from it: a choice of one value is that value, and the order of keys says nothing. */
function meaning(parameter: Parameter | undefined): unknown {
  assert.ok(parameter !== undefined);
  if (parameter.type === 'choice') return { values: parameter.values };
  if (parameter.type === 'fixed') return { values: [parameter.value] };
  return { ...parameter, when: undefined };
}

test('how results are verified comes from its fields, and goes back into them', () => {
  const on = checkTyped(valid({ verification: ['on'], 'verification.audit_share': ['0.25'], 'verification.quorum': ['3'], 'verification.tolerance': [''] }), experiment).request ?? assert.fail();
  assert.deepEqual(on.verification, { auditShare: 0.25, quorum: 3, tolerance: null });
  assert.ok(checkBrief(on, experiment).checked.runFeeMicrocredits > 0);
  assert.equal(checkTyped(typedLike({ ...briefLike(), verification: on.verification }, experiment), experiment).request?.verification?.quorum, 3);
  assert.equal(checkTyped(valid({ verification: ['off'], 'verification.quorum': ['99'] }), experiment).request?.verification, null, 'what is off is not looked at');
  assert.deepEqual(checkTyped(valid({ verification: ['on'], 'verification.quorum': ['99'] }), experiment).issues.map((issue) => issue.path), ['verification.quorum']);
});
