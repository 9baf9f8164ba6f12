import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { Audit } from '#core/audit.ts';
import type { Task } from '#core/task.ts';
import { NO_RECORD, DEFAULT_VERIFICATION } from '#core/verify.ts';
import { endAttempt, findAttempt, insertAttempt } from '#store/attempt.ts';
import * as auditModule from '#store/audit.ts';
import { sql } from '#store/seam.ts';
import * as reputationModule from '#store/reputation.ts';
import { endTask, findTask } from '#store/task.ts';
import * as verificationModule from '#store/verification.ts';
import * as workerModule from '#store/worker.ts';
import { covered } from '#test/conformance/covered.ts';
import { START_MS, type TestDatabase } from '#test/conformance/databases.ts';
import { sampleAttempt, sampleBrief, sampleWorker, storeBrief, storeExperiment, storeWorker } from '#test/conformance/samples.ts';

const audits = covered('audit', auditModule);
const verification = covered('verification', verificationModule);
const reputations = covered('reputation', reputationModule);
const workers = covered('worker', workerModule);

export function auditSuite(database: TestDatabase): void {
  const MACHINE = 'x64 medium';
  const write = <T>(work: Parameters<typeof database.store.write<T>>[0]) => database.store.write(work);

  before(async () => {
    await storeExperiment(database.store);
    for (const id of ['u1', 'u2', 'u3']) await storeWorker(database.store, sampleWorker(id));
  });

  /** A brief whose first tasks completed with these values, each run by a worker. */
  async function completedBrief(id: string, values: readonly [value: number, workerId: string][]): Promise<Task[]> {
    const { tasks } = await storeBrief(database.store, sampleBrief(id, { verification: DEFAULT_VERIFICATION }), values.length);
    for (const [index, [value, workerId]] of values.entries()) {
      const task = tasks[index] ?? assert.fail();
      await write(async (tx) => {
        await insertAttempt(tx, sampleAttempt(task, workerId));
        await tx.run(sql`update tasks set attempt = 1, worker_id = ${workerId} where id = ${task.id}`);
        await endAttempt(tx, { taskId: task.id, attempt: 1, state: 'completed', result: '{}', metrics: { val_bpb: value }, error: null, finishedAt: START_MS + index, verification: 'unverified' });
        await endTask(tx, { id: task.id, state: 'completed', value, metrics: { val_bpb: value }, error: null, finishedAt: START_MS + index });
      });
    }
    return tasks;
  }
  const draw = (task: Task, changes: Partial<Audit> = {}) =>
    write((tx) => audits.insertAudit(tx, { taskId: task.id, auditedAttempt: 1, familyId: task.familyId, workerId: 'u1', ownerId: 'owner-m', machineClass: MACHINE, createdAt: START_MS, ...changes }));
  const stateOf = async (task: Task, attempt = 1) => (await findAttempt(database.store.reader, task.id, attempt))?.verification;

  test('an audit waits for its class and another owner, is given once, and numbers go on after it', async () => {
    const [one, two] = await completedBrief('v00', [[1, 'u1'], [2, 'u1']]);
    assert.ok(one !== undefined && two !== undefined);
    await draw(one);
    await draw(two, { ownerId: 'owner-z' });
    const waiting = async (ownerId: string, machineClass = MACHINE) => (await audits.listWaitingAudits(database.store.reader, { class: machineClass, ownerId }, 9)).map((audit) => audit.taskId);
    assert.deepEqual(await waiting('owner-m'), [two.id], 'not those of its own owner');
    assert.deepEqual(await waiting('owner-n'), [one.id, two.id]);
    assert.deepEqual([await waiting('owner-n', 'arm64 small'), await waiting('local')], [[], []], 'nor of another class, nor of a result of the owner');
    assert.equal((await workers.findClaimant(database.store.reader, 'u2'))?.auditsWait, true);
    assert.deepEqual(await audits.countOpenAudits(database.store.reader, one.familyId), { waiting: 2, running: 0 });

    assert.equal(await write((tx) => audits.giveAudit(tx, one.id, 1)), 2);
    assert.equal(await write((tx) => audits.giveAudit(tx, one.id, 1)), null);
    assert.deepEqual([(await findTask(database.store.reader, one.id))?.audits, (await findTask(database.store.reader, one.id))?.attempt], [1, 1]);
    assert.deepEqual(await audits.countOpenAudits(database.store.reader, one.familyId), { waiting: 1, running: 1 });
    const given = await audits.findAuditOf(database.store.reader, one.id, 2);
    assert.deepEqual([given?.number, given?.state, given?.attempt, given?.endedAt], [1, 'running', 2, null]);
    assert.equal(await audits.findAuditOf(database.store.reader, one.id, 9), null);
    await write((tx) => audits.endAudit(tx, { taskId: one.id, number: 1 }, 'disagreed', START_MS + 5));
    await draw(one);
    assert.deepEqual((await audits.listAudits(database.store.reader, one.id, 9)).map(({ number, state, endedAt }) => [number, state, endedAt]), [[1, 'disagreed', START_MS + 5], [2, 'waiting', null]]);
    assert.deepEqual((await audits.listOpenAudits(database.store.reader, one.familyId, 9)).map((audit) => [audit.taskId, audit.number]), [[one.id, 2], [two.id, 1]]);
    assert.deepEqual((await audits.listOpenAuditsOf(database.store.reader, [two.id], 9)).map((audit) => audit.taskId), [two.id]);
    assert.deepEqual(await audits.listOpenAuditsOf(database.store.reader, [], 9), []);
    for (const [task, number] of [[one, 2], [two, 1]] as const) await write((tx) => audits.endAudit(tx, { taskId: task.id, number }, 'void', START_MS));
    assert.equal((await workers.findClaimant(database.store.reader, 'u2'))?.auditsWait, false);
    assert.equal(await workers.findClaimant(database.store.reader, 'missing'), null);
  });

  test('the schema refuses audits of a task without a result, and quarantines that nobody is in', async () => {
    const [one] = await completedBrief('v01', [[1, 'u1']]);
    assert.ok(one !== undefined);
    await draw(one);
    await write((tx) => audits.giveAudit(tx, one.id, 1));
    await assert.rejects(write((tx) => endTask(tx, { id: one.id, state: 'failed', value: null, metrics: null, error: null, finishedAt: START_MS })), /constraint/i);
    await assert.rejects(write((tx) => workers.setStanding(tx, 'u1', 'trusted', null, true)), /constraint/i);
  });

  test('what is known of a result changes only from what it was, and vests by worker, experiment and time', async () => {
    const tasks = await completedBrief('v02', [[3, 'u2'], [2, 'u2'], [1, 'u2'], [5, 'u3']]);
    const [one, two, three, other] = tasks;
    assert.ok(one !== undefined && two !== undefined && three !== undefined && other !== undefined);
    await draw(three);
    assert.equal(await write((tx) => verification.vestAttempts(tx, 'u2', 'another', START_MS + 9)), 0);
    assert.equal(await write((tx) => verification.vestAttempts(tx, 'u2', 'sample', START_MS)), 1, 'only what was done by then');
    assert.equal(await write((tx) => verification.vestAttempts(tx, 'u2', 'sample', START_MS + 9)), 1, 'not what is being audited');
    assert.deepEqual(await Promise.all(tasks.map((task) => stateOf(task))), ['vested', 'vested', 'unverified', 'unverified']);
    const set = (task: Task, from: ('unverified' | 'vested')[], to: 'verified' | 'set_aside') => write((tx) => verification.setVerification(tx, task.id, 1, from, to, to === 'verified' ? null : { kind: 'no_agreement', message: 'm' }));
    assert.deepEqual([await set(one, ['unverified'], 'verified'), await set(one, ['unverified', 'vested'], 'verified'), await set(two, ['vested'], 'verified')], [false, true, true]);
    const confirmedBefore = (experiment: string, before: number) => verification.findVerifiedBefore(database.store.reader, 'u2', experiment, before);
    assert.deepEqual([await confirmedBefore('another', START_MS + 9), await confirmedBefore('sample', 0)], [null, null]);
    assert.ok([START_MS, START_MS + 1].includes((await confirmedBefore('sample', START_MS + 999)) ?? 0));
    assert.deepEqual(await verification.findVerifiedBest(database.store.reader, one.familyId, 'minimize'), { taskId: two.id, value: 2 });
    assert.deepEqual(await verification.findVerifiedBest(database.store.reader, one.familyId, 'maximize'), { taskId: one.id, value: 3 });
    assert.equal(await verification.countVerified(database.store.reader, one.familyId), 0, 'whoever verifies one counts it');
    await write((tx) => verification.shiftVerified(tx, one.familyId, 2));
    assert.deepEqual([await verification.countVerified(database.store.reader, one.familyId), await verification.countVerified(database.store.reader, 'missing')], [2, 0]);
    const candidates = await verification.listCandidates(database.store.reader, one.familyId, 'minimize', 3);
    assert.deepEqual(candidates.map(({ taskId, audits: many, open, verification: known }) => [taskId, many, open, known]), [[three.id, 1, 1, 'unverified'], [two.id, 0, 0, 'verified'], [one.id, 0, 0, 'verified']]);
    assert.deepEqual((await verification.listDoubtfulRuns(database.store.reader, 'u2', 9)).map((run) => [run.taskId, run.attempt, run.purpose]), [[three.id, 1, 'run']]);
    assert.equal(await verification.countWithoutAgreement(database.store.reader, three.id), 0);
    assert.equal(await set(three, ['unverified'], 'set_aside'), true);
    assert.equal(await verification.countWithoutAgreement(database.store.reader, three.id), 1);
    assert.deepEqual((await findAttempt(database.store.reader, three.id, 1))?.error, { kind: 'no_agreement', message: 'm' });
    assert.deepEqual(await verification.listDoubtfulRuns(database.store.reader, 'u2', 9), []);
  });

  test('the pay of a verified result is open until it is closed, and taking back that it is verified leaves its pay alone', async () => {
    const [one, two] = await completedBrief('v04', [[1, 'u1'], [2, 'u1']]);
    assert.ok(one !== undefined && two !== undefined);
    const doubtful = async () => (await verification.listDoubtfulRuns(database.store.reader, 'u1', 99)).map((run) => run.taskId).filter((id) => id === one.id || id === two.id);
    for (const task of [one, two]) await write((tx) => verification.setVerification(tx, task.id, 1, ['unverified'], 'verified', null));
    assert.deepEqual(await doubtful(), [one.id, two.id]);
    assert.deepEqual([await write((tx) => verification.closePay(tx, two.id, 1)), await write((tx) => verification.closePay(tx, two.id, 1))], [true, false]);
    assert.deepEqual([await doubtful(), await stateOf(two)], [[one.id], 'verified']);
    for (const task of [one, two]) assert.equal(await write((tx) => verification.undoVerified(tx, task.id, 1)), true);
    assert.equal(await write((tx) => verification.undoVerified(tx, one.id, 1)), false);
    assert.deepEqual([await stateOf(one), await stateOf(two)], ['unverified', 'vested']);
    assert.equal(await write((tx) => verification.closePay(tx, one.id, 1)), true);
    assert.equal(await stateOf(one), 'vested', 'who may keep the pay of what nobody verified');
    await draw(one);
    await write((tx) => audits.giveAudit(tx, one.id, 1));
    await write((tx) => insertAttempt(tx, sampleAttempt(one, 'u3', { attempt: 2, purpose: 'audit' })));
    await write((tx) => endAttempt(tx, { taskId: one.id, attempt: 2, state: 'completed', result: '{}', metrics: { val_bpb: 1 }, error: null, finishedAt: START_MS, verification: 'unverified' }));
    assert.equal(await verification.countConfirming(database.store.reader, one.id, 1), 0);
    await write((tx) => verification.setVerification(tx, one.id, 2, ['unverified'], 'verified', null));
    await write((tx) => verification.closePay(tx, one.id, 2));
    assert.equal(await verification.countConfirming(database.store.reader, one.id, 1), 1);
    assert.deepEqual((await verification.listDoubtfulRuns(database.store.reader, 'u3', 99)).filter((run) => run.taskId === one.id), [{ taskId: one.id, attempt: 2, familyId: one.familyId, purpose: 'audit' }], 'what it confirms');
  });

  test('a task whose value is withdrawn waits again, and its audits count as attempts of before', async () => {
    const [one, two] = await completedBrief('v03', [[1, 'u1'], [2, 'u1']]);
    assert.ok(one !== undefined && two !== undefined);
    await draw(one);
    await write((tx) => audits.giveAudit(tx, one.id, 1));
    await write((tx) => insertAttempt(tx, sampleAttempt(one, 'u3', { attempt: 2, purpose: 'audit' })));
    assert.deepEqual(await verification.listRunningVerified(database.store.reader, 'u3', 9), [{ taskId: one.id, attempt: 2 }]);
    await write((tx) => verification.withdrawValue(tx, one.id, { state: 'pending', error: null, finishedAt: null }));
    const pick = ({ state, value, attempt, attemptsBefore, audits: many, workerId, finishedAt }: Task) => ({ state, value, attempt, attemptsBefore, many, workerId, finishedAt });
    assert.deepEqual(pick((await findTask(database.store.reader, one.id)) ?? assert.fail()), { state: 'pending', value: null, attempt: 2, attemptsBefore: 2, many: 0, workerId: null, finishedAt: null });
    const error = { kind: 'no_agreement', message: 'm' };
    await write((tx) => verification.withdrawValue(tx, two.id, { state: 'failed', error, finishedAt: START_MS }));
    const failed = (await findTask(database.store.reader, two.id)) ?? assert.fail();
    assert.deepEqual([failed.state, failed.error, failed.attempt, failed.workerId], ['failed', error, 1, 'u1']);
  });

  test('a standing is kept with its reason, and a quarantine stays open until it is closed', async () => {
    assert.deepEqual((await write((tx) => workers.lockWorkers(tx, ['u3', 'u2', 'u3', 'missing']))).map((worker) => worker.id), ['u2', 'u3']);
    assert.deepEqual(await write((tx) => workers.lockWorkers(tx, [])), []);
    await write((tx) => workers.setStanding(tx, 'u3', 'quarantined', 'It lied.', true));
    assert.deepEqual((await workers.listOpenQuarantines(database.store.reader, 9)).map(({ id, standing, standingReason, quarantineOpen }) => [id, standing, standingReason, quarantineOpen]), [['u3', 'quarantined', 'It lied.', true]]);
    await write((tx) => workers.setStanding(tx, 'u3', 'quarantined', 'It lied.', false));
    assert.deepEqual(await workers.listOpenQuarantines(database.store.reader, 9), []);
    await write((tx) => workers.shiftWorker(tx, 'u3', { running: 0, completed: 1, failed: 0 }));
    assert.equal((await workers.listOpenQuarantines(database.store.reader, 9)).length, 1, 'whatever it ends opens it again');
    await write((tx) => workers.setStanding(tx, 'u3', 'probation', null, false));
  });

  test('of equal values that are verified the first task has the best, whichever way the metric goes', async () => {
    const [one, two] = await completedBrief('v09', [[2, 'u2'], [2, 'u2']]);
    assert.ok(one !== undefined && two !== undefined);
    for (const task of [two, one]) await write((tx) => verification.setVerification(tx, task.id, 1, ['unverified'], 'verified', null));
    for (const direction of ['minimize', 'maximize'] as const) {
      assert.deepEqual(await verification.findVerifiedBest(database.store.reader, one.familyId, direction), { taskId: one.id, value: 2 });
    }
  });

  test('a reputation adds up, and begins anew without forgetting', async () => {
    const add = (change: Parameters<typeof reputations.addToReputation>[3], experiment = 'sample') => write((tx) => reputations.addToReputation(tx, 'u2', experiment, change));
    await add({ completed: 3, lost: 1 });
    assert.deepEqual((await add({ completed: 1, verified: 2, refuted: 1, failed: 1, setAside: 4 })).record, { completed: 4, verified: 2, refuted: 1, lost: 1, failed: 1, setAside: 4 });
    await add({}, 'another');
    assert.equal((await write((tx) => reputations.takeVerified(tx, 'u2', 'sample'))).record.verified, 1);
    await write((tx) => reputations.beginRecordsAnew(tx, 'u2'));
    assert.equal((await write((tx) => reputations.takeVerified(tx, 'u2', 'sample'))).record.verified, 0, 'never below nothing');
    const [another, after] = await reputations.listReputations(database.store.reader, 'u2', 9);
    assert.deepEqual([another?.experiment, after?.experiment], ['another', 'sample']);
    assert.deepEqual([after?.record.completed, after?.record.verified, after?.record.refuted, after?.ever.refuted], [0, 0, 0, 1]);
    assert.deepEqual((await reputations.listReputations(database.store.reader, 'u2', 1))[0]?.ever, NO_RECORD);
    assert.deepEqual(await reputations.listReputations(database.store.reader, 'missing', 9), []);
  });
}
