import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, test } from 'node:test';
import { LOCAL_ID } from '#core/ledger.ts';
import { DEFAULT_VERIFICATION } from '#core/verify.ts';
import { findAttempt, listAttempts } from '#store/attempt.ts';
import { countOpenAudits, listAudits } from '#store/audit.ts';
import { findBrief, listBriefs } from '#store/brief.ts';
import { listEvents } from '#store/event.ts';
import { findFamily } from '#store/family.ts';
import { findAccount, insertAccount } from '#store/ledger.ts';
import { listReputations } from '#store/reputation.ts';
import { sql, type Reader } from '#store/seam.ts';
import { findTask } from '#store/task.ts';
import { findWorker } from '#store/worker.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, completed, CRASHED, firstOf, LEASE_MS, leaseOf, refused, SAMPLE_INTRODUCTION, worldOn } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { changeBrief } from './change-brief.ts';
import { changeWorker } from './change-worker.ts';
import type { ClaimedTask } from './claim-task.ts';
import { deleteBrief } from './delete-brief.ts';
import { finishTask } from './finish-task.ts';
import { clearQuarantine } from './quarantine.ts';
import { registerWorker } from './register-worker.ts';
import { runOpenActions } from './run-actions.ts';
import { setQuarantinedAside } from './set-quarantined-aside.ts';
import { sweep } from './sweep.ts';
import { undoAction } from './undo-action.ts';

onBothDatabases('audits', (database) => {
  const world = worldOn(database);
  const { engine, clock } = world;
  const reader: Reader = { get dialect() { return database.store.reader.dialect; }, rows: (query) => database.store.reader.rows(query) };
  const OWNERS = ['ana', 'ben', 'cem', 'dee', 'eva'];
  const STRANGERS = ['fay', 'gus', 'hal', 'ida'];
  const strict = { ...DEFAULT_VERIFICATION, tolerance: 0.01 };

  before(async () => {
    await database.store.write(async (tx) => {
      for (const owner of [...OWNERS, ...STRANGERS]) await insertAccount(tx, { id: owner, kind: 'person', name: owner }, clock.now);
    });
  });
  beforeEach(async () => {
    await world.emptyQueue();
    // Audits outlast the end of their brief.
    for (const brief of await listBriefs(reader, { limit: 100, before: null, state: 'completed' })) accepted(await deleteBrief(engine, LOCAL_ID, brief.id));
    await runOpenActions(engine, 'a server');
  });
  afterEach(() => assertInvariants(reader));

  const register = async (ownerId: string) => accepted(await registerWorker(engine, ownerId, SAMPLE_INTRODUCTION, null)).workerId;
  const finish = async (claimed: ClaimedTask, value: number) => accepted(await finishTask(engine, leaseOf(claimed), completed(value)));
  /** One task or audit, which must be there, done with a value. */
  const work = async (workerId: string, value: number) => {
    const claimed = firstOf(await world.claim(workerId));
    clock.now += 1000;
    await finish(claimed, value);
    return claimed;
  };
  const balanceOf = async (id: string) => (await findAccount(reader, id))?.balanceMicrocredits ?? 0;
  const verificationOf = async (taskId: string, attempt = 1) => (await findAttempt(reader, taskId, attempt))?.verification;
  const familyOf = async (familyId: string) => (await findFamily(reader, familyId)) ?? assert.fail();

  test('a result is audited by another owner, who is told the same as of a run, and only then called best', async () => {
    const { briefId, familyId } = await world.submit({ numTasks: 1, verification: strict });
    const [ana, anaToo, ben] = [await register('ana'), await register('ana'), await register('ben')];
    const run = await work(ana, 1);
    const before_ = await familyOf(familyId);
    assert.deepEqual([before_.state, before_.rollup.n, before_.rollup.best], ['completed', 1, null], 'it counts, but is not called best yet');
    assert.deepEqual([await world.claim(ana), await world.claim(anaToo)], [[], []], 'nobody audits a result of their own');
    const audit = firstOf(await world.claim(ben));
    assert.deepEqual([audit.task.id, audit.task.attempt, audit.task.config, audit.task.seed], [run.task.id, 2, run.task.config, run.task.seed]);
    assert.deepEqual(Object.keys(audit).sort(), Object.keys(run).sort());
    const [done, again] = [await finish(audit, 1.005), await finish(audit, 1.005)];
    assert.deepEqual([done, again], [{ taskId: run.task.id, attempt: 2, state: 'completed', accepted: true }, done], 'a repeated result is answered alike');
    assert.deepEqual([await verificationOf(run.task.id), await verificationOf(run.task.id, 2)], ['verified', 'verified']);
    const after = await familyOf(familyId);
    assert.deepEqual([after.rollup.best, after.rollup.bestTaskId, after.rollup.n], [1, run.task.id, 1]);
    const brief = await findBrief(reader, briefId);
    assert.deepEqual([await balanceOf(ben), await balanceOf(ana)], [brief?.runPriceMicrocredits, brief?.runPriceMicrocredits], 'an audit is paid like a run');
    assert.deepEqual((await listAudits(reader, run.task.id, 9)).map((one) => one.state), ['agreed']);
    assert.deepEqual((await listReputations(reader, ana, 9)).map(({ record }) => [record.completed, record.verified]), [[1, 1]]);
  });

  test('a liar is refuted, quarantined, and all that no audit confirmed is run again, so that the right best is found', async () => {
    const { briefId, familyId } = await world.submit({ numTasks: 3, verification: strict });
    const [liar, ben, cem] = [await register('ana'), await register('ben'), await register('cem')];
    const truth = 2;
    const lies = [await work(liar, 1), await work(liar, 0.5), await work(liar, 0.4)];
    assert.equal((await familyOf(familyId)).state, 'completed');
    const price = (await findBrief(reader, briefId))?.runPriceMicrocredits ?? 0;
    assert.equal(await balanceOf(liar), 3 * price);
    const contradicted = await work(ben, truth);
    assert.deepEqual((await listAudits(reader, contradicted.task.id, 9)).map((one) => one.state), ['disagreed', 'waiting'], 'one contradiction asks for another run');
    // Of those that wait cem gets one by chance; ben goes on with others until some lie is contradicted twice.
    while ((await findWorker(reader, liar))?.standing !== 'quarantined') {
      const [claimed] = [...(await world.claim(cem)), ...(await world.claim(ben))];
      assert.ok(claimed !== undefined, 'there is an audit for one of the two');
      for (const one of [claimed]) await finish(one, truth);
      for (const held of [ben, cem]) for (const one of await listHeld(held)) await finish(one, truth);
    }
    assert.deepEqual(await world.claim(liar), [], 'nothing of a brief with verification');
    while ((await setQuarantinedAside(engine)) > 0);
    const family = await familyOf(familyId);
    assert.deepEqual([family.state, family.counts.pending, family.rollup.n, family.median], ['running', 3, 0, null]);
    assert.deepEqual([await balanceOf(liar), (await findBrief(reader, briefId))?.spentMicrocredits], [0, 0]);
    const known = await Promise.all(lies.map((lie) => verificationOf(lie.task.id)));
    assert.ok(known.includes('refuted') && known.every((one) => one === 'refuted' || one === 'set_aside'), known.join());
    assert.equal((await findWorker(reader, liar))?.quarantineOpen, false);

    for (let task = 0; task < 3; task += 1) await work(ben, truth + task);
    for (;;) {
      const claimed = await world.claim(cem);
      if (claimed.length === 0) break;
      const own = await findTask(reader, firstOf(claimed).task.id);
      await finish(firstOf(claimed), own?.value ?? Number.NaN);
    }
    const end = await familyOf(familyId);
    assert.deepEqual([end.state, end.rollup.best, end.rollup.n, end.rollup.mean], ['completed', truth, 3, truth + 1]);
    const kinds = (await listEvents(reader, { limit: 50, before: null, after: null, kind: null })).filter((event) => event.briefId === briefId || event.workerId === liar).map((event) => event.kind);
    assert.ok(kinds.includes('result_refuted') && kinds.includes('worker_quarantined'));

    async function listHeld(workerId: string): Promise<ClaimedTask[]> {
      const held = (await listAttempts(reader, lies[0]?.task.id ?? '', 99)).filter((attempt) => attempt.workerId === workerId && attempt.state === 'running');
      return held.flatMap((attempt) => lies.slice(0, 1).map((lie) => ({ ...lie, leaseToken: attempt.leaseToken, task: { ...lie.task, attempt: attempt.attempt, workerId } })));
    }
  });

  test('an honest result survives a liar among its auditors, who is paid nothing in the end', async () => {
    const { familyId } = await world.submit({ numTasks: 1, verification: strict });
    const [ana, ben, cem, dee] = [await register('ana'), await register('ben'), await register('cem'), await register('dee')];
    const run = await work(ana, 1);
    await work(ben, 7);
    assert.ok((await balanceOf(ben)) > 0);
    await work(cem, 1);
    await work(dee, 1);
    assert.deepEqual(await Promise.all([1, 2, 3, 4].map((attempt) => verificationOf(run.task.id, attempt))), ['verified', 'refuted', 'verified', 'verified']);
    assert.deepEqual([(await familyOf(familyId)).rollup.best, await balanceOf(ben), (await findWorker(reader, ben))?.standing], [1, 0, 'quarantined']);
  });

  test('what a refuted worker confirmed is audited anew, and it gives back what it was paid on probation, also for what was verified', async () => {
    const [ana, ben, cem, dee] = [await register('ana'), await register('ben'), await register('cem'), await register('dee')];
    const confirmed = await world.submit({ numTasks: 1, verification: strict });
    const run = await work(ana, 1);
    await work(ben, 1);
    const lucky = await world.submit({ numTasks: 1, verification: strict });
    const guess = await work(ben, 5);
    await work(cem, 5);
    assert.deepEqual([await verificationOf(run.task.id), (await familyOf(confirmed.familyId)).rollup.best, await verificationOf(guess.task.id)], ['verified', 1, 'verified']);
    const spent = (await findBrief(reader, lucky.briefId))?.spentMicrocredits;
    const fund = await balanceOf('verification');
    const price = (await findBrief(reader, lucky.briefId))?.runPriceMicrocredits ?? 0;
    assert.equal(await balanceOf(ben), 2 * price, 'one run and one audit');

    const lied = await world.submit({ numTasks: 1, verification: strict });
    await work(ben, 2);
    await work(cem, 9);
    await work(dee, 9);
    assert.equal((await findWorker(reader, ben))?.standing, 'quarantined');
    while ((await setQuarantinedAside(engine)) > 0);
    assert.deepEqual([await balanceOf(ben), (await findBrief(reader, lied.briefId))?.spentMicrocredits], [0, 0]);
    assert.deepEqual([await verificationOf(guess.task.id), (await familyOf(lucky.familyId)).rollup.n, (await findBrief(reader, lucky.briefId))?.spentMicrocredits], ['verified', 1, spent], 'a lucky guess stays, and its brief has paid for it');
    assert.ok((await balanceOf('verification')) >= Math.min(fund, 2 * price), 'its pay is in the fund');
    const undone = await familyOf(confirmed.familyId);
    assert.deepEqual([await verificationOf(run.task.id), await verificationOf(run.task.id, 2), undone.rollup.n, undone.rollup.best], ['unverified', 'set_aside', 1, null]);
    assert.deepEqual((await listAudits(reader, run.task.id, 9)).map((one) => one.state), ['agreed', 'waiting']);
    assert.deepEqual([(await listReputations(reader, ana, 9)).map(({ record }) => record.verified), await balanceOf(ana)], [[0], price]);
    await work(cem, 1);
    assert.deepEqual([await verificationOf(run.task.id), (await familyOf(confirmed.familyId)).rollup.best], ['verified', 1]);
  });

  test('pay is final from the tenth verified result on, up to the verified one before', async () => {
    const { familyId } = await world.submit({ numTasks: 11, verification: strict });
    const [ana, ben] = [await register('ana'), await register('ben')];
    const final: number[] = [];
    for (let value = 30; value > 19; value -= 1) {
      await work(ana, value);
      await work(ben, value);
      final.push((await reader.rows(sql`select task_id from attempts where worker_id = ${ana} and pay_open = 0 order by task_id limit 99`)).length);
    }
    assert.deepEqual(final, [0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 10]);
    assert.deepEqual([(await familyOf(familyId)).rollup.best, (await findWorker(reader, ana))?.standing], [20, 'trusted']);
    assert.equal((await reader.rows(sql`select task_id from attempts where worker_id = ${ben} and pay_open = 0 limit 1`)).length, 0, 'audits alone earn no trust');
  });

  test('where no runs agree nobody is refuted: the task runs again, and the second time it fails', async () => {
    const { familyId } = await world.submit({ numTasks: 1, verification: strict });
    const workers = await Promise.all(OWNERS.map((owner) => register(owner)));
    const again = [await register(LOCAL_ID)];
    for (const [index, workerId] of workers.entries()) await work(workerId, index + 1);
    const taskId = `${familyId}-1`;
    const waiting = await findTask(reader, taskId);
    assert.deepEqual([waiting?.state, waiting?.attempt, (await familyOf(familyId)).state], ['pending', 5, 'running']);
    const strangers = await Promise.all(STRANGERS.map((owner) => register(owner)));
    for (const [index, workerId] of [firstOf(again), ...strangers].entries()) await work(workerId, 10 * (index + 1));
    const failed = await findTask(reader, taskId);
    assert.deepEqual([failed?.state, failed?.error?.kind, (await familyOf(familyId)).state], ['failed', 'no_agreement', 'failed']);
    assert.ok((await Promise.all([...workers, ...again].map(async (id) => (await findWorker(reader, id))?.standing))).every((standing) => standing !== 'quarantined'));
  });

  test('an audit that is lost or fails is drawn again, a bounded number of times', async () => {
    const { familyId } = await world.submit({ numTasks: 1, verification: strict });
    const [ana, ben, cem] = [await register('ana'), await register('ben'), await register('cem')];
    const run = await work(ana, 1);
    firstOf(await world.claim(ben));
    clock.now += LEASE_MS + 1;
    await sweep(engine);
    assert.deepEqual((await listAudits(reader, run.task.id, 9)).map((one) => one.state), ['void', 'waiting']);
    const crashed = firstOf(await world.claim(cem));
    const answer = accepted(await finishTask(engine, leaseOf(crashed), CRASHED));
    assert.deepEqual([answer.state, answer.accepted], ['pending', false], 'as a run that failed is answered');
    assert.deepEqual([(await findTask(reader, run.task.id))?.state, await verificationOf(run.task.id)], ['completed', 'unverified']);
    const dee = await register('dee');
    const held = firstOf(await world.claim(dee));
    accepted(await changeWorker(engine, dee, 'removed'));
    assert.equal(refused(await finishTask(engine, leaseOf(held), completed(1))).code, 'stale_lease');
    await work(await register('eva'), 1);
    assert.deepEqual([(await familyOf(familyId)).rollup.best, await verificationOf(run.task.id)], [1, 'verified']);
  });

  test('audits of a brief that is cancelled or deleted end with it', async () => {
    for (const end of ['cancel', 'delete'] as const) {
      const { briefId, familyId } = await world.submit({ numTasks: 2, verification: strict });
      const [ana, ben] = [await register('ana'), await register('ben')];
      const run = await work(ana, 1);
      const audit = firstOf(await world.claim(ben));
      const actionId = end === 'cancel' ? accepted(await changeBrief(engine, briefId, 'cancel')).actionId : accepted(await deleteBrief(engine, LOCAL_ID, briefId)).id;
      assert.equal((await findWorker(reader, ben))?.running, 0);
      assert.equal(refused(await finishTask(engine, leaseOf(audit), completed(1))).code, end === 'cancel' ? 'stale_lease' : 'task_not_found');
      assert.deepEqual(await countOpenAudits(reader, familyId), { waiting: 0, running: 0 });
      await runOpenActions(engine, 'a server');
      assert.equal((await listAudits(reader, run.task.id, 9)).length, end === 'cancel' ? 1 : 0);
      if (end === 'delete') continue;
      accepted(await undoAction(engine, LOCAL_ID, actionId));
      assert.deepEqual(await countOpenAudits(reader, familyId), { waiting: 1, running: 0 }, 'what would be called best is audited once the brief goes on');
    }
  });

  test('results that were paid for good are made up for by the fund when their worker turns out to lie', async () => {
    const { briefId, familyId } = await world.submit({ numTasks: 2, verification: strict });
    const [liar, ben, cem] = [await register('ana'), await register('ben'), await register('cem')];
    const [first, second] = [await work(liar, 3), await work(liar, 4)];
    await database.store.write(async (tx) => {
      // As an audit of something else would have it, which passed since.
      await tx.run(sql`update attempts set verification = 'vested', pay_open = 0 where task_id = ${second.task.id}`);
    });
    const price = (await findBrief(reader, briefId))?.runPriceMicrocredits ?? 0;
    for (const workerId of [ben, cem]) {
      const claimed = await world.claim(workerId, 9);
      for (const one of claimed) await finish(one, one.task.id === first.task.id ? 9 : 4);
    }
    while ((await setQuarantinedAside(engine)) > 0);
    assert.equal((await findWorker(reader, liar))?.standing, 'quarantined');
    const family = await familyOf(familyId);
    assert.equal(family.counts.pending + family.counts.completed, 2);
    assert.ok([0, price].includes(await balanceOf(liar)));
  });

  test('a quarantine is lifted with a reason, once all is set aside, and the record begins anew', async () => {
    await world.submit({ numTasks: 1, verification: strict });
    const [liar, ben, cem] = [await register('ana'), await register('ben'), await register('cem')];
    await work(liar, 1);
    assert.equal(refused(await clearQuarantine(engine, liar, 'because')).code, 'worker_state');
    for (const workerId of [ben, cem]) await work(workerId, 2);
    assert.equal(refused(await clearQuarantine(engine, liar, 'because')).detail, 'Its results are still being set aside; try again shortly.');
    while ((await setQuarantinedAside(engine)) > 0);
    assert.deepEqual(refused(await clearQuarantine(engine, liar, '  ')).issues.map((issue) => issue.path), ['reason']);
    assert.equal(refused(await clearQuarantine(engine, 'missing', 'because')).code, 'worker_not_found');
    accepted(await clearQuarantine(engine, liar, 'Its memory was broken and was replaced.'));
    const worker = await findWorker(reader, liar);
    assert.deepEqual([worker?.standing, worker?.standingReason], ['probation', 'Its memory was broken and was replaced.']);
    assert.deepEqual((await listReputations(reader, liar, 9)).map(({ record, ever }) => [record.refuted, ever.refuted]), [[0, 1]]);
    assert.equal((await world.claim(liar)).length, 1);
  });
});
