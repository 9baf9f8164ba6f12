import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { auditRate, checkPolicy, DEFAULT_VERIFICATION, machineClass, MOST_RUNS, NO_RECORD, standingOf } from '#core/verify.ts';
import { agreement, marginOf, type Run } from './agreement.ts';
import { decideQuorum } from './quorum.ts';

const policy = DEFAULT_VERIFICATION;
const noise = { deviation: 0.01, degrees: 30 };

function runOf(value: number, steps = 1000, curve = falling(value, steps)): Run {
  return { value, steps, curve };
}

/** A curve that falls from 4 to about the value. */
function falling(value: number, steps: number) {
  return Array.from({ length: 10 }, (_, index) => ({ x: ((index + 1) * steps) / 10, y: value + (4 - value) * (1 - (index + 1) / 10) }));
}

const valueOnly = (value: number): Run => ({ value, steps: null, curve: [] });

test('the default policy is valid, and each wrong part of one is named', () => {
  assert.deepEqual(checkPolicy(policy), []);
  const paths = (changes: object) => checkPolicy({ ...policy, ...changes }).map(({ path }) => path);
  for (const auditShare of [0, -1, 1.01, Number.NaN]) assert.deepEqual(paths({ auditShare }), ['verification.audit_share']);
  for (const quorum of [1, 2.5, 6]) assert.deepEqual(paths({ quorum }), ['verification.quorum']);
  for (const tolerance of [-1, Infinity]) assert.deepEqual(paths({ tolerance }), ['verification.tolerance']);
});

test('a new worker is always audited, then at the share of the policy, then less and never below the floor', () => {
  const rate = (completed: number, verified: number, refuted = 0) => auditRate(policy, { completed, verified, refuted });
  assert.equal(rate(0, 0), 1);
  assert.equal(rate(9, 9), 1);
  assert.equal(rate(10, 0), 0.1, 'what is not verified earns no trust');
  assert.equal(rate(10, 10), 0.1);
  assert.equal(rate(100, 20), 0.05);
  assert.equal(rate(1e6, 1e5), 0.02);
  assert.equal(rate(1e6, 1e5, 1), 1);
  assert.equal(auditRate({ auditShare: 1 }, { completed: 1e6, verified: 1e6, refuted: 0 }), 0.2);
  fc.assert(fc.property(fc.double({ min: 0.001, max: 1, noNaN: true }), fc.nat(1e6), fc.nat(1e6), (auditShare, completed, verified) => {
    const now = auditRate({ auditShare }, { completed, verified, refuted: 0 });
    const later = auditRate({ auditShare }, { completed: completed + 1, verified: verified + 1, refuted: 0 });
    return now >= 0.02 && now <= 1 && later <= now;
  }));
});

test('values agree within the tolerance, else within the noise, else within a twentieth', () => {
  assert.equal(marginOf(2, 2.1, noise, 0.3), 0.3);
  assert.ok(Math.abs(marginOf(2, 2, noise, null) - 3.646 * 0.01 * Math.SQRT2) < 1e-4, 't(0.9995, 30) is 3.646');
  assert.equal(marginOf(2, -2, null, null), 0.1);
  assert.equal(marginOf(2, 2, { deviation: 0, degrees: 4 }, null), 0.002, 'equal replicates leave room for rounding');
  assert.match(agreement(valueOnly(2.0), valueOnly(2.04), noise, null).reason, /^The values agree: 2 and 2\.04 are 0\.04 apart, 0\.05156 is allowed; there are too few points/);
  assert.equal(agreement(valueOnly(2.0), valueOnly(2.06), noise, null).agrees, false);
  assert.equal(agreement(valueOnly(2.0), valueOnly(2.06), noise, 0.1).agrees, true);
});

test('the right value with a made-up curve does not agree', () => {
  const invented = Array.from({ length: 10 }, (_, index) => ({ x: (index + 1) * 100, y: 2 }));
  const said = agreement({ value: 2, steps: 1000, curve: invented }, runOf(2), noise, null);
  assert.equal(said.agrees, false);
  assert.match(said.reason, /curves do not: they run together at 1 of 10 places/);
  assert.equal(agreement(runOf(2.001), runOf(2), noise, null).agrees, true);
});

test('a faster machine is compared where the slower one ended, and only if the curves run together before', () => {
  const curve = (until: number) => Array.from({ length: until / 50 }, (_, index) => ({ x: (index + 1) * 50, y: 2 + 200 / ((index + 1) * 50 + 50) }));
  const at = (steps: number): Run => ({ value: 2 + 200 / (steps + 50), steps, curve: curve(steps) });
  const said = agreement(at(500), at(1000), noise, null);
  assert.equal(said.agrees, true, said.reason);
  assert.match(said.reason, /1000 steps and the other 500: at step 500/);
  assert.equal(agreement(at(100), at(1000), noise, null).agrees, false, 'ten times the steps are no speed of the same class');
  assert.equal(agreement({ ...at(500), value: 1.2 }, at(1000), noise, null).agrees, false);
});

test('two that agree decide; a contradiction asks for more, and never refutes an auditor by a bare pair', () => {
  const decide = (...values: number[]) => decideQuorum(values.map(valueOnly), policy, noise);
  assert.deepEqual({ ...decide(2), reason: '' }, { state: 'undecided', wanted: 1, reason: '' });
  assert.deepEqual({ ...decide(2, 2.01), reason: '' }, { state: 'agreed', inside: [0, 1], outside: [], reason: '' });
  assert.deepEqual({ ...decide(1, 2), reason: '' }, { state: 'undecided', wanted: 1, reason: '' });
  assert.deepEqual({ ...decide(1, 2, 2), reason: '' }, { state: 'agreed', inside: [1, 2], outside: [0], reason: '' });
  assert.equal(decide(1, 2, 1).state, 'undecided', 'the second auditor may be an accomplice');
  assert.deepEqual({ ...decide(1, 2, 1, 1), reason: '' }, { state: 'agreed', inside: [0, 2, 3], outside: [1], reason: '' });
  assert.equal(decide(1, 2, 1, 2).state, 'undecided');
  assert.deepEqual({ ...decide(1, 2, 1, 2, 2), reason: '' }, { state: 'agreed', inside: [1, 3, 4], outside: [0, 2], reason: '' });
  assert.equal(decide(1, 2, 3, 4, 5).state, 'none');
  assert.equal(decide(1, 2, 1, 2, 5).state, 'none');
});

test('who agrees with one of the group is not refuted, even where it does not agree with all', () => {
  const decision = decideQuorum([2, 2.03, 2.035, 2.065, 2.032].map(valueOnly), { quorum: 3, tolerance: 0.04 }, null);
  assert.deepEqual(decision.state === 'agreed' ? decision.outside : decision.state, []);
});

test('whatever the runs say, a decision names a quorum that agrees, and ends after the most runs', () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: MOST_RUNS }), fc.integer({ min: 2, max: 5 }), (values, quorum) => {
    const decision = decideQuorum(values.map(valueOnly), { quorum, tolerance: 0.5 }, null);
    if (decision.state === 'undecided') return values.length < MOST_RUNS && decision.wanted >= 1 && values.length + decision.wanted <= MOST_RUNS;
    if (decision.state === 'none') return values.length === MOST_RUNS;
    const agreed = new Set(decision.inside.map((at) => values[at]));
    return decision.inside.length >= quorum && agreed.size === 1 && decision.outside.every((at) => !agreed.has(values[at]));
  }));
});

test('a standing has its reasons', () => {
  assert.deepEqual(standingOf(NO_RECORD), { standing: 'probation', reasons: ['It has no result of a brief with verification yet.'] });
  assert.equal(standingOf({ ...NO_RECORD, completed: 12 }).standing, 'probation');
  assert.deepEqual(standingOf({ ...NO_RECORD, completed: 200, verified: 14, lost: 1 }), {
    standing: 'trusted',
    reasons: ['14 results of 200 were verified by other machines, and none was refuted.', '1 task was taken back because the worker fell silent or was overdue.'],
  });
  assert.deepEqual(standingOf({ completed: 1000, verified: 50, refuted: 1, lost: 0, failed: 2, setAside: 31 }), {
    standing: 'quarantined',
    reasons: [
      '1 result of its own was refuted: other machines that ran the same task agreed on another value.',
      '31 results of its own were set aside: visible, not counted, run again elsewhere.',
      '2 attempts failed.',
    ],
  });
});

test('a class is a graphics card, or an architecture and a size', () => {
  const machine = { cpuModel: 'A CPU', cpuCores: 8, ramGb: 16, gpus: [], platform: 'linux', arch: 'x64' };
  assert.equal(machineClass(machine), 'x64 large');
  assert.equal(machineClass({ ...machine, ramGb: 15.5 }), 'x64 medium');
  assert.equal(machineClass({ ...machine, cpuCores: 2, arch: 'arm64' }), 'arm64 small');
  assert.equal(machineClass({ ...machine, gpus: [{ model: 'Small', vramGb: 2 }, { model: ' NVIDIA  H100 ', vramGb: 80 }] }), 'gpu nvidia h100');
});
