import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BriefRequest } from '#core/brief.ts';
import { LOCAL_ID } from '#core/ledger.ts';
import { configurationKey } from '#core/space.ts';
import { findBrief, listBriefs } from '#store/brief.ts';
import { findFamily } from '#store/family.ts';
import { readTotals } from '#store/totals.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, refused, SAMPLE_INTRODUCTION, SAMPLE_REQUEST, worldOn } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { SAMPLE_EXPERIMENT } from '#test/conformance/samples.ts';
import { dumpRows } from '#test/conformance/whole-database.ts';
import { TOPICS } from './engine.ts';
import { registerExperiment } from './register-experiment.ts';
import { registerWorker } from './register-worker.ts';
import { planBrief, submitBrief } from './submit-brief.ts';

const ANOTHER = { ...SAMPLE_EXPERIMENT, name: 'another' };

onBothDatabases('submitting a brief', (database) => {
  const world = worldOn(database, [SAMPLE_EXPERIMENT, ANOTHER]);
  const { engine } = world;
  const once = (key: string, requestSha256 = 'r') => ({ ownerId: LOCAL_ID, scope: 'briefs', key, requestSha256 });
  const submit = (changes: Partial<BriefRequest>, key: string | null = null, requestSha256 = 'r') =>
    submitBrief(engine, LOCAL_ID, { ...SAMPLE_REQUEST, ...changes }, key === null ? null : once(key, requestSha256));
  const countBriefs = async () => (await listBriefs(database.store.reader, { limit: 500, before: null, state: null })).length;

  test('makes its family and its pending tasks, and announces work', async () => {
    const topics: string[] = [];
    const stop = database.store.watch((touched) => topics.push(...touched));
    const { briefId, familyId } = await world.submit({ title: 'First', numTasks: 5, replicates: 2, priority: 7, timeBudgetSeconds: 6 });
    stop();
    const [brief, family, tasks] = [await findBrief(database.store.reader, briefId), await findFamily(database.store.reader, familyId), await world.tasks(familyId)];
    assert.deepEqual([brief?.state, brief?.launchedAt, brief?.timeBudgetSeconds, brief?.requires], ['running', world.clock.now, 6, SAMPLE_EXPERIMENT.requires]);
    assert.deepEqual([family?.state, family?.name, family?.counts.pending, family?.metric], ['running', 'First', 5, SAMPLE_EXPERIMENT.metric]);
    assert.deepEqual(tasks.map((task) => [task.id, task.number, task.seed, task.priority, task.timeBudgetSeconds, task.state]), [1, 2, 3, 4, 5].map((number) => [`${familyId}-${number}`, number, 41 + number, number % 2 === 1 ? 7 : 6, 6, 'pending']));
    const keys = tasks.map((task) => configurationKey(task.config));
    assert.deepEqual([keys[0] === keys[1], keys[2] === keys[3], new Set(keys).size], [true, true, 3], 'replicates stand together');
    for (const topic of [TOPICS.work, TOPICS.briefs, TOPICS.brief(briefId), TOPICS.family(familyId), TOPICS.stats]) assert.ok(topics.includes(topic), topic);
    await assertInvariants(database.store.reader);
  });

  test('as a draft makes no tasks', async () => {
    const { briefId, familyId } = await world.submit({ draft: true });
    assert.deepEqual([(await findBrief(database.store.reader, briefId))?.state, (await world.tasks(familyId)).length], ['draft', 0]);
    await assertInvariants(database.store.reader);
  });

  test('writes the same tasks for the same request', async () => {
    const [first, second] = [await world.submit({ numTasks: 30 }), await world.submit({ numTasks: 30 })];
    const tell = async (familyId: string) => (await world.tasks(familyId)).map((task) => [task.number, task.seed, task.config]);
    assert.deepEqual(await tell(first.familyId), await tell(second.familyId));
  });

  test('refuses what cannot be run, names each field, and changes nothing', async () => {
    const before = await dumpRows(database.store.reader);
    const fixed = { parameters: Object.fromEntries(Object.entries({ lr: 0.001, d_model: 64, n_heads: 2, d_ff: 64, optimizer: 'adam' }).map(([name, value]) => [name, { type: 'fixed' as const, value }])), constraints: [] };
    const cases: [Partial<BriefRequest>, string, string[]][] = [
      [{ experiment: 'missing' }, 'invalid_brief', ['experiment']],
      [{ strategy: { name: 'oracle', seed: 1, options: {} } }, 'invalid_brief', ['strategy.name']],
      [{ strategy: { name: 'grid', seed: 1, options: { levels: -1 } } }, 'invalid_brief', ['strategy.levels']],
      [{ space: { parameters: { lr: { type: 'log', low: 1e-9, high: 1 } }, constraints: ['d_model >'] } }, 'invalid_brief', ['space.lr']],
      [{ space: { parameters: {}, constraints: ['d_model >', 'x == 1'] } }, 'invalid_brief', ['constraints.1', 'constraints.2']],
      [{ budgetMicrocredits: 3_999_999 }, 'invalid_brief', ['budget_credits']],
      [{ replicates: 5 }, 'invalid_brief', ['replicates']],
      [{ space: fixed }, 'space_too_small', ['num_tasks']],
      [{ space: fixed, numTasks: 4, replicates: 2 }, 'space_too_small', ['num_tasks']],
      [{ space: fixed, numTasks: 2, draft: true }, 'space_too_small', ['num_tasks']],
    ];
    for (const [changes, code, paths] of cases) {
      const refusal = refused(await submit(changes, 'refused'));
      assert.deepEqual([refusal.code, refusal.issues.map((issue) => issue.path)], [code, paths], JSON.stringify(changes));
      assert.ok(refusal.detail.length > 10);
      assert.deepEqual(refused(await planBrief(engine, { ...SAMPLE_REQUEST, ...changes })), refusal);
    }
    assert.match(refused(await submit({ space: fixed, replicates: 2 })).issues[0]?.message ?? '', /at most 2/);
    assert.match(refused(await submit({ experiment: 'missing' })).issues[0]?.message ?? '', /it has another, sample/);
    assert.deepEqual(await dumpRows(database.store.reader), before);
  });

  test('spends exactly a budget that is just enough', async () => {
    await world.submit({ budgetMicrocredits: 4_000_000 });
  });

  test('repeated with its Idempotency-Key is answered alike, and happens once', async () => {
    const first = accepted(await submit({}, 'k1'));
    const before = await dumpRows(database.store.reader);
    assert.deepEqual(accepted(await submit({}, 'k1')), first);
    assert.deepEqual(accepted(await submit({ experiment: 'gone meanwhile' }, 'k1')), first, 'the hash of the request decides, before anything is checked');
    assert.equal(refused(await submit({ numTasks: 5 }, 'k1', 'other')).code, 'idempotency_conflict');
    assert.deepEqual(await dumpRows(database.store.reader), before);
    assert.notDeepEqual(accepted(await submit({}, 'k2')), first);
  });

  test('a key that was refused is free again', async () => {
    refused(await submit({ replicates: 99 }, 'k3'));
    accepted(await submit({}, 'k3', 'corrected'));
  });

  test('sent many times at one moment with one key happens once', async () => {
    const before = await countBriefs();
    const outcomes = await Promise.all(Array.from({ length: 12 }, (_, index) => submit({}, 'k4', index === 11 ? 'different' : 'r')));
    const ids = new Set(outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value.briefId] : [])));
    const conflicts = outcomes.filter((outcome) => !outcome.ok && outcome.refusal.code === 'idempotency_conflict').length;
    assert.deepEqual([await countBriefs(), ids.size], [before + 1, 1]);
    assert.ok(conflicts === 1 || conflicts === 11);
    await assertInvariants(database.store.reader);
  });

  test('keeps the package it was checked with when the experiment changes', async () => {
    const { familyId } = await world.submit({ experiment: 'another' });
    const before = await findFamily(database.store.reader, familyId);
    const hash = await registerExperiment(engine, { experiment: { ...ANOTHER, title: 'Changed' }, archive: new Uint8Array([1, 2]), script: '' });
    assert.equal(await registerExperiment(engine, { experiment: { ...ANOTHER, title: 'Changed' }, archive: new Uint8Array([1, 2]), script: '' }), hash);
    const after = await world.submit({ experiment: 'another' });
    assert.notEqual(before?.packageSha256, hash);
    assert.equal((await findFamily(database.store.reader, after.familyId))?.packageSha256, hash);
    assert.deepEqual(await findFamily(database.store.reader, familyId), before);
  });

  test('ten thousand tasks are written in one go', async () => {
    const startedAt = performance.now();
    await world.submit({ numTasks: 10_000, replicates: 10, budgetMicrocredits: 10_000_000_000 });
    assert.ok((await readTotals(database.store.reader)).pending >= 10_000);
    assert.ok(performance.now() - startedAt < 20_000);
  });

  test('a worker registered twice with one key is one worker', async () => {
    const register = () => registerWorker(engine, LOCAL_ID, SAMPLE_INTRODUCTION, { ...once('w'), scope: 'workers', secret: 'xn_enrolment_of_a_test' });
    const [first, second] = [accepted(await register()), accepted(await register())];
    assert.deepEqual(first, second);
    assert.notDeepEqual(accepted(await registerWorker(engine, LOCAL_ID, SAMPLE_INTRODUCTION, null)), first);
  });
});
