import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkBrief, type Brief } from '#core/brief.ts';
import { DEFAULT_VERIFICATION } from '#core/verify.ts';
import { narrowSpace, type Parameter } from '#core/space.ts';
import { HARDWARE_PROFILES } from '#core/worker.ts';
import { SAMPLE_EXPERIMENT, sampleBrief } from '#test/conformance/samples.ts';
import { HOSTILE_TEXTS } from '#test/conformance/hostile-texts.ts';
import { briefInput } from './brief.ts';
import { readBriefFile, writeBriefFile } from './brief-file.ts';

/** The brief that a file makes of itself. */
function again(brief: Brief): Partial<Brief> {
  const { request, issues } = readBriefFile(writeBriefFile(brief, SAMPLE_EXPERIMENT));
  assert.deepEqual(issues, []);
  assert.ok(request !== null);
  const { checked, issues: problems } = checkBrief(request, SAMPLE_EXPERIMENT);
  assert.deepEqual(problems, []);
  return JSON.parse(JSON.stringify({ ...request, space: checked.space, requires: checked.requires, timeBudgetSeconds: checked.timeBudgetSeconds }));
}

test('any brief survives the way through its file', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 40 }), fc.constantFrom(...HOSTILE_TEXTS, 'yes', 'null', '1e-12', '- a: b', '# no comment', "it's \"quoted\"", '\ttab: x', 'سلام 👋'));
  const title = text.map((one) => one.trim()).filter((one) => briefInput.shape.title.safeParse(one).success);
  const goal = fc.array(text, { maxLength: 4 }).map((parts) => parts.join('\n').trim()).filter((one) => briefInput.shape.goal.safeParse(one).success);
  const parameters = fc.record<Record<string, Parameter>>({
    lr: fc.oneof(fc.double({ min: 1e-4, max: 1e-2, noNaN: true }).map((value): Parameter => ({ type: 'fixed', value })), fc.constant<Parameter>({ type: 'log', low: 1e-3, high: 2e-3 })),
    optimizer: fc.subarray(['adam', 'sgd'], { minLength: 1 }).map((values): Parameter => ({ type: 'choice', values })),
    d_ff: fc.constantFrom<Parameter>({ type: 'int', low: 64, high: 512, step: 128 }, { type: 'choice', values: [64, 512], ordered: true }),
  }, { requiredKeys: [] });
  const brief = fc.record({ title, goal, parameters, priority: fc.integer({ min: -1000, max: 1000 }), seed: fc.nat(1e6), tasks: fc.integer({ min: 1, max: 10_000 }), seconds: fc.double({ min: 0.1, max: 86_400, noNaN: true }), profile: fc.constantFrom(...Object.keys(HARDWARE_PROFILES)) });
  fc.assert(fc.property(brief, (one) => {
    const { space } = narrowSpace(SAMPLE_EXPERIMENT.space, { parameters: one.parameters, constraints: ['d_ff >= 64'] });
    const wanted = sampleBrief('b', { title: one.title, goal: one.goal, priority: one.priority, numTasks: one.tasks, timeBudgetSeconds: one.seconds, hardwareProfile: one.profile, space, strategy: { name: 'grid', seed: one.seed, options: { levels: 3 } }, budgetMicrocredits: 500_000_000_000_000 });
    const got = again({ ...wanted, requires: checkedRequires(one.profile) });
    for (const name of ['title', 'goal', 'priority', 'numTasks', 'replicates', 'timeBudgetSeconds', 'budgetMicrocredits', 'hardwareProfile', 'strategy', 'space'] as const) assert.deepEqual(got[name], JSON.parse(JSON.stringify(wanted[name])), name);
  }));
});

function checkedRequires(profile: string) {
  return HARDWARE_PROFILES[profile] ?? assert.fail();
}

test('what the brief left as it was is left out', () => {
  const file = writeBriefFile(sampleBrief('b'), SAMPLE_EXPERIMENT);
  assert.doesNotMatch(file, /space|constraints|goal|priority/);
  assert.match(file, /^# Run it with: xeenet brief run FILE\ntitle: Brief b\nexperiment: sample\n/);
});

test('a policy of verification is off, the default, or its own, and survives its file', () => {
  const asked = (text: string) => readBriefFile(`title: A\nexperiment: sample\nnum_tasks: 1\nbudget_credits: 1\n${text}`);
  assert.deepEqual(['', 'verification: false', 'verification: null'].map((text) => asked(text).request?.verification), [null, null, null]);
  assert.deepEqual(['verification: true', 'verification: {}'].map((text) => asked(text).request?.verification), [DEFAULT_VERIFICATION, DEFAULT_VERIFICATION]);
  const own = { auditShare: 0.25, quorum: 3, tolerance: 0.01 };
  assert.deepEqual(asked('verification: { audit_share: 0.25, quorum: 3, tolerance: 0.01 }').request?.verification, own);
  assert.deepEqual(again(sampleBrief('b', { verification: own, budgetMicrocredits: 20_000_000 })).verification, own);
  assert.deepEqual(['{ audit_share: 2 }', '{ quorum: 1 }', '{ tolerance: x }', '{ share: 1 }', 'yes'].map((text) => asked(`verification: ${text}`).issues.map((issue) => `${issue.line} ${issue.path}`)), [
    ['5 verification.audit_share'], ['5 verification.quorum'], ['5 verification.tolerance'], ['5 verification.share'], ['5 verification'],
  ]);
  const none = asked('verification: { audit_share: 0 }').request;
  assert.deepEqual(none === null ? null : checkBrief(none, SAMPLE_EXPERIMENT).issues.map((issue) => issue.path), ['verification.audit_share']);
});

test('what is wrong is said at its line', () => {
  const where = (text: string) => readBriefFile(text).issues.map((issue) => `${issue.line} ${issue.path}: ${issue.message}`);
  assert.deepEqual(where('title: A\nexperiment: sample\nnum_tasks: many\nbudget_credits: 1\n'), ['3 num_tasks: must be a whole number']);
  assert.deepEqual(where('title: A\nexperiment: sample\nnum_tasks: 1\nbudget_credits: 1\nspace:\n  lr:\n    type: log\n    low: x\n    high: 2\n').map((one) => one.slice(0, 2)), ['8 ']);
  assert.deepEqual(where('title: A\nnum_task: 3\nexperiment: a\nnum_tasks: 1\nbudget_credits: 1'), ['2 num_task: is not a field of this request']);
  assert.match(where('title: A\ntitle: B')[0] ?? '', /^2 : map keys must be unique/);
  assert.match(where('title: "A\nb: c: d\n')[0] ?? '', /^\d+ : /);
  assert.deepEqual(where('title: A\nexperiment: a\nbudget_credits: 1'), ['1 num_tasks: must be a whole number']);
});

test('hostile files are refused with a sentence', () => {
  const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${[...'bcdefghi'].map((name, index) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcdefghi'[index]}`).join(', ')}]`).join('\n')}`;
  const files = ['', '   \n', '42', '- a\n- b', 'null', bomb, '['.repeat(50_000), `${'a:\n '.repeat(3)}${'x'.repeat(300_000)}`, '--- a\n--- b', '!!js/function "x"', 'title: !!binary x', '&a a: *a', '{', '\u0000', '__proto__: {title: x}', 'constructor: {prototype: {title: x}}', '<<: {title: x}', '? [a]\n: b', '%YAML 9.9\n---\na: b', ...HOSTILE_TEXTS];
  for (const file of files) {
    const { request, issues } = readBriefFile(file);
    assert.equal(request, null, file.slice(0, 40));
    assert.ok(issues.length > 0 && issues.every((issue) => issue.message.length > 0 && issue.line >= 1), file.slice(0, 40));
  }
  assert.equal(({} as { title?: string }).title, undefined);
});

test('any text is answered', () => {
  fc.assert(fc.property(fc.string({ maxLength: 200 }), (text) => assert.ok(readBriefFile(text).issues.length > 0)));
});
