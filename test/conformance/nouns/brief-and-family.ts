import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { BRIEF_STATES, NO_COUNTS } from '#core/brief.ts';
import * as briefModule from '#store/brief.ts';
import * as briefWordsModule from '#store/brief-words.ts';
import * as draftModule from '#store/draft.ts';
import * as familyModule from '#store/family.ts';
import type { WaitingFamily } from '#store/family.ts';
import { covered } from '#test/conformance/covered.ts';
import { START_MS, type TestDatabase } from '#test/conformance/databases.ts';
import { HOSTILE_TEXTS } from '#test/conformance/hostile-texts.ts';
import { sampleBrief, sampleFamily, storeBrief, storeExperiment } from '#test/conformance/samples.ts';

const briefs = covered('brief', briefModule);
const briefWords = covered('brief-words', briefWordsModule);
const drafts = covered('draft', draftModule);
const families = covered('family', familyModule);

export function briefAndFamilySuite(database: TestDatabase): void {
  before(() => storeExperiment(database.store));

  test('a brief comes back as it was written', async () => {
    const brief = sampleBrief('b00', {
      familyId: 'f00',
      goal: 'Two\nlines',
      strategy: { name: 'grid', seed: 2_147_473_647, options: { levels: 7 } },
      timeBudgetSeconds: 0.1 + 0.2,
      budgetMicrocredits: Number.MAX_SAFE_INTEGER,
      priority: -1000,
      state: 'draft',
      launchedAt: null,
    });
    await database.store.write((tx) => briefs.insertBrief(tx, brief));
    assert.deepEqual(await briefs.findBrief(database.store.reader, 'b00'), brief);
    assert.equal(await briefs.findBrief(database.store.reader, 'missing'), null);
  });

  test('a draft is written anew, and nothing that is no draft', async () => {
    const draft = sampleBrief('b90', { state: 'draft', launchedAt: null });
    const family = sampleFamily(draft, { state: 'draft' });
    await database.store.write(async (tx) => {
      await briefs.insertBrief(tx, draft);
      await families.insertFamily(tx, family);
    });
    const wanted = { ...draft, title: 'Anew', goal: 'Two\nlines', numTasks: 7, strategy: { name: 'grid', seed: 1, options: { levels: 2 } }, timeBudgetSeconds: 0.1 + 0.2, priority: 3 };
    assert.equal(await database.store.write((tx) => drafts.saveDraft(tx, wanted, { ...family, name: 'Anew' })), true);
    assert.deepEqual(await briefs.findBrief(database.store.reader, 'b90'), wanted);
    assert.equal((await families.findFamily(database.store.reader, family.id))?.name, 'Anew');
    await database.store.write((tx) => briefs.setBriefState(tx, 'b90', 'running', { launchedAt: START_MS, finishedAt: null }));
    assert.equal(await database.store.write((tx) => drafts.saveDraft(tx, draft, family)), false);
    assert.equal((await briefs.findBrief(database.store.reader, 'b90'))?.title, 'Anew');
  });

  test('times of a brief are written where given and kept where null', async () => {
    await database.store.write((tx) => briefs.insertBrief(tx, sampleBrief('b01', { state: 'draft', launchedAt: null })));
    await database.store.write((tx) => briefs.setBriefState(tx, 'b01', 'running', { launchedAt: START_MS + 1, finishedAt: null }));
    await database.store.write((tx) => briefs.setBriefState(tx, 'b01', 'completed', { launchedAt: null, finishedAt: START_MS + 2 }));
    const brief = await briefs.findBrief(database.store.reader, 'b01');
    assert.deepEqual([brief?.state, brief?.launchedAt, brief?.finishedAt], ['completed', START_MS + 1, START_MS + 2]);
  });

  test('a brief spends up to its budget and not more, nor less than nothing', async () => {
    await database.store.write((tx) => briefs.insertBrief(tx, sampleBrief('b02', { budgetMicrocredits: 100 })));
    await database.store.write((tx) => briefs.addSpent(tx, 'b02', 100));
    await assert.rejects(database.store.write((tx) => briefs.addSpent(tx, 'b02', 1)), /constraint/i);
    await assert.rejects(database.store.write((tx) => briefs.addSpent(tx, 'b02', -101)), /constraint/i);
    assert.equal((await briefs.findBrief(database.store.reader, 'b02'))?.spentMicrocredits, 100);
  });

  test('the schema refuses impossible briefs', async () => {
    const refused = [{ numTasks: 0 }, { replicates: 0 }, { timeBudgetSeconds: 0 }, { budgetMicrocredits: -1 }, { ownerId: 'nobody' }];
    for (const [index, changes] of refused.entries()) {
      const brief = sampleBrief(`bad-${index}`, changes);
      await assert.rejects(database.store.write((tx) => briefs.insertBrief(tx, brief)), /constraint/i, JSON.stringify(changes));
    }
  });

  test('every state of a brief can be kept, and no other', async () => {
    await database.store.write((tx) => briefs.insertBrief(tx, sampleBrief('b03')));
    for (const state of BRIEF_STATES) await database.store.write((tx) => briefs.setBriefState(tx, 'b03', state, { launchedAt: null, finishedAt: null }));
    // @ts-expect-error -- what the types refuse, the schema refuses too
    await assert.rejects(database.store.write((tx) => briefs.setBriefState(tx, 'b03', 'asleep', { launchedAt: null, finishedAt: null })), /constraint/i);
  });

  test('pages of briefs join without a gap or a repetition, also while new ones arrive', async () => {
    for (let index = 0; index < 9; index += 1) await database.store.write((tx) => briefs.insertBrief(tx, sampleBrief(`p${index}`, { state: 'paused' })));
    const seen: string[] = [];
    for (let before_: string | null = null; ; ) {
      const page: { id: string }[] = await briefs.listBriefs(database.store.reader, { limit: 2, before: before_, state: 'paused' });
      if (page.length === 0) break;
      seen.push(...page.map((brief) => brief.id));
      before_ = page.at(-1)?.id ?? null;
      await database.store.write((tx) => briefs.insertBrief(tx, sampleBrief(`q${seen.length}`, { state: 'paused' })));
    }
    assert.deepEqual(seen, ['p8', 'p7', 'p6', 'p5', 'p4', 'p3', 'p2', 'p1', 'p0']);
    assert.deepEqual([(await briefs.listBriefsOfOwner(database.store.reader, 'local', 2)).map((brief) => brief.id), await briefs.listBriefsOfOwner(database.store.reader, 'nobody', 2)], [['q9', 'q8'], []]);
    const newest = await briefs.listBriefsOfExperiment(database.store.reader, sampleBrief('x').experiment, 2);
    assert.deepEqual([newest.map((brief) => brief.id), await briefs.listBriefsOfExperiment(database.store.reader, 'another', 2)], [['q9', 'q8'], []]);
    const all = await briefs.listBriefs(database.store.reader, { limit: 500, before: null, state: null });
    assert.ok(all.length > seen.length && all.some((brief) => brief.state !== 'paused'));
  });

  test('the words of briefs come by age, in either order, and of one state', async () => {
    for (const [id, state] of [['zz1', 'cancelled'], ['zz2', 'running'], ['zz3', 'cancelled']] as const) await database.store.write((tx) => briefs.insertBrief(tx, sampleBrief(id, { state, goal: 'سلام' })));
    const ids = async (order: 'newest' | 'oldest', from: string | null) => (await briefWords.listBriefWords(database.store.reader, { limit: 2, order, from, state: 'cancelled' })).map((one) => one.id);
    assert.deepEqual([await ids('newest', null), (await ids('newest', 'zz3'))[0], await ids('oldest', 'zz1')], [['zz3', 'zz1'], 'zz1', ['zz3']]);
    assert.deepEqual((await briefWords.listBriefWords(database.store.reader, { limit: 1, order: 'oldest', from: 'zz1', state: null }))[0], { id: 'zz2', ownerId: 'local', title: 'Brief zz2', goal: 'سلام', experiment: 'sample' });
  });

  test('hostile texts come back to the letter', async () => {
    for (const [index, text] of HOSTILE_TEXTS.entries()) {
      await database.store.write((tx) => briefs.insertBrief(tx, sampleBrief(`h${index}`, { title: text, goal: text, strategy: { name: text, seed: 1, options: { [text]: text } } })));
      const brief = await briefs.findBrief(database.store.reader, `h${index}`);
      assert.deepEqual([brief?.title, brief?.goal, brief?.strategy], [text, text, { name: text, seed: 1, options: { [text]: text } }]);
    }
  });

  test('a family comes back as it was written, and its version grows', async () => {
    const brief = sampleBrief('b10');
    const family = sampleFamily(brief, { baseline: 4.37, needs: { torch: true, node: '>=26' } });
    await database.store.write(async (tx) => {
      await briefs.insertBrief(tx, brief);
      await families.insertFamily(tx, family);
    });
    assert.deepEqual(await families.findFamily(database.store.reader, family.id), family);
    const changed = {
      ...family,
      state: 'paused' as const,
      counts: { pending: 1, running: 2, completed: 3, failed: 4, cancelled: 5 },
      rollup: { n: 3, mean: 1 / 3, m2: 1e-17, min: -0.1, max: 1.7976931348623157e308, best: 5e-324, bestTaskId: 't' },
      median: { value: 0.1 + 0.2, number: 7 },
      heldMicrocredits: Number.MAX_SAFE_INTEGER,
      holdMoves: 3,
    };
    await database.store.write((tx) => families.saveFamily(tx, changed));
    assert.deepEqual(await families.findFamily(database.store.reader, family.id), { ...changed, version: 1 });
    for (const baseline of [2.5, -1e-12, null]) {
      assert.equal(await database.store.write((tx) => families.setBaseline(tx, family.id, baseline)), true);
      assert.equal((await families.findFamily(database.store.reader, family.id))?.baseline, baseline);
    }
    assert.equal(await database.store.write((tx) => families.setBaseline(tx, 'missing', 1)), false);
    assert.equal(await families.findFamily(database.store.reader, 'missing'), null);
    assert.equal(await database.store.write((tx) => families.lockFamily(tx, 'missing')), null);
  });

  test('the schema refuses negative counts, and values that are not as many as completed tasks', async () => {
    const { family } = await storeBrief(database.store, sampleBrief('b11'), 2);
    const save = (changes: Partial<typeof family>) => database.store.write((tx) => families.saveFamily(tx, { ...family, ...changes }));
    for (const name of Object.keys(NO_COUNTS)) await assert.rejects(save({ counts: { ...NO_COUNTS, [name]: -1 } }), /constraint/i, name);
    await assert.rejects(save({ counts: { ...NO_COUNTS, completed: 1 } }), /constraint/i);
    await assert.rejects(save({ rollup: { ...family.rollup, m2: -1 } }), /constraint/i);
    await assert.rejects(save({ rollup: { ...family.rollup, mean: Number.NaN, m2: Number.NaN } }));
  });

  test('a family gives out what its hold pays for, and the schema refuses to run more', async () => {
    const { family } = await storeBrief(database.store, sampleBrief('b13'), 3, { heldMicrocredits: 2_500_000 });
    const serve = () => database.store.write((tx) => families.serveFamily(tx, family.id, 1, START_MS + 5));
    const waits = async () => (await families.listWaitingFamilies(database.store.reader, { limit: 500, after: null })).some((one) => one.id === family.id);
    assert.deepEqual([await waits(), await serve(), await waits(), await serve(), await waits(), await serve()], [true, true, true, true, false, false]);
    const save = (running: number, heldMicrocredits: number) => database.store.write((tx) => families.saveFamily(tx, { ...family, counts: { ...NO_COUNTS, running }, heldMicrocredits }));
    await assert.rejects(save(3, 2_999_999), /constraint/i);
    await assert.rejects(save(0, -1), /constraint/i);
    await save(3, 3_000_000);
  });

  test('a family serves what it has, and nothing when paused', async () => {
    const { family } = await storeBrief(database.store, sampleBrief('b12'), 2);
    const serve = (tasks: number) => database.store.write((tx) => families.serveFamily(tx, family.id, tasks, START_MS + 5));
    assert.equal(await serve(3), false);
    assert.equal(await serve(1), true);
    const served = await database.store.write((tx) => families.lockFamily(tx, family.id));
    assert.deepEqual([served?.counts.pending, served?.counts.running], [1, 1]);
    assert.ok(served !== null);
    await database.store.write((tx) => families.saveFamily(tx, { ...served, state: 'paused' }));
    assert.equal(await serve(1), false);
  });

  test('families are listed from the newest on', async () => {
    const all = await families.listFamilies(database.store.reader, { limit: 500, before: null });
    const ids = all.map((family) => family.id);
    assert.deepEqual(ids, [...ids].sort().reverse());
    const next = await families.listFamilies(database.store.reader, { limit: 1, before: ids[0] ?? '' });
    assert.equal(next[0]?.id, ids[1]);
  });

  test('the queue of briefs: fewest running first, then served longest ago, page by page', async () => {
    for (const [index, [running, servedAt]] of [[0, 9], [2, 1], [0, 3], [1, 0], [0, 3]].entries()) {
      const { family } = await storeBrief(database.store, sampleBrief(`w${index}`), 5, { heldMicrocredits: 9_000_000 });
      for (let task = 0; task < (running ?? 0) + 1; task += 1) await database.store.write((tx) => families.serveFamily(tx, family.id, 1, START_MS + (servedAt ?? 0)));
      await database.store.write((tx) => families.saveFamily(tx, { ...family, counts: { ...NO_COUNTS, pending: 5, running: running ?? 0 } }));
    }
    const waiting = async (limit: number, after: WaitingFamily | null) => (await families.listWaitingFamilies(database.store.reader, { limit, after })).filter((one) => one.id.startsWith('family-of-w'));
    const all = await waiting(500, null);
    assert.deepEqual(all.map((one) => one.id), ['w2', 'w4', 'w0', 'w3', 'w1'].map((id) => `family-of-${id}`));
    for (const [index, family] of all.entries()) assert.deepEqual(await waiting(500, family), all.slice(index + 1));
  });

  test('a brief that had ended grows and goes on', async () => {
    await database.store.write((tx) => briefs.insertBrief(tx, sampleBrief('b21')));
    await database.store.write((tx) => briefs.setBriefState(tx, 'b21', 'completed', { launchedAt: null, finishedAt: START_MS }));
    await database.store.write((tx) => briefs.enlargeBrief(tx, 'b21', 12, 99_000_000));
    await database.store.write((tx) => briefs.reopenBrief(tx, 'b21', 'running'));
    const brief = await briefs.findBrief(database.store.reader, 'b21');
    assert.deepEqual([brief?.state, brief?.finishedAt, brief?.numTasks, brief?.budgetMicrocredits], ['running', null, 12, 99_000_000]);
  });

  test('a hidden brief is nowhere, and removed for good', async () => {
    const { brief, family } = await storeBrief(database.store, sampleBrief('b22'), 0);
    const { reader } = database.store;
    const hide = () => database.store.write((tx) => briefs.hideBrief(tx, brief.id, family.id, START_MS));
    await database.store.write((tx) => briefs.removeBrief(tx, brief.id, family.id));
    assert.deepEqual([(await briefs.findBrief(reader, 'b22'))?.id, await hide(), await hide()], ['b22', true, false], 'what is not hidden is not removed');
    assert.deepEqual([await briefs.findBrief(reader, 'b22'), await families.findFamily(reader, family.id)], [null, null]);
    assert.equal(await database.store.write((tx) => families.lockFamily(tx, family.id)), null);
    assert.deepEqual(await families.listHiddenFamilies(reader, 10), [family.id]);
    assert.ok((await briefs.listBriefs(reader, { limit: 500, before: null, state: null })).every((one) => one.id !== 'b22'));
    assert.ok((await families.listFamilies(reader, { limit: 500, before: null })).every((one) => one.id !== family.id));
    await database.store.write((tx) => briefs.removeBrief(tx, brief.id, family.id));
    await database.store.write((tx) => briefs.insertBrief(tx, sampleBrief('b22')));
  });
}
