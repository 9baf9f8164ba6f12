import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { findBrief } from '#store/brief.ts';
import * as draftModule from '#store/draft.ts';
import { findFamily } from '#store/family.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, refused, SAMPLE_REQUEST, worldOn } from '#test/conformance/engine-world.ts';
import { assertInvariants } from '#test/conformance/invariants.ts';
import { dumpRows } from '#test/conformance/whole-database.ts';
import { changeBrief } from './change-brief.ts';
import { editDraft } from './edit-draft.ts';

onBothDatabases('editing a draft', (database) => {
  const world = worldOn(database);
  const { engine } = world;
  afterEach(() => assertInvariants(database.store.reader));

  test('a draft asks for something else under its id, and launches as that', async () => {
    const { briefId, familyId } = await world.submit({ draft: true });
    accepted(await editDraft(engine, briefId, { ...SAMPLE_REQUEST, title: 'Edited', goal: 'Why?', numTasks: 6, space: { parameters: { lr: { type: 'fixed', value: 0.001 } }, constraints: [] } }));
    const [brief, family] = [await findBrief(database.store.reader, briefId), await findFamily(database.store.reader, familyId)];
    assert.deepEqual([brief?.title, brief?.goal, brief?.state, brief?.numTasks, brief?.familyId, family?.name, family?.briefId], ['Edited', 'Why?', 'draft', 6, familyId, 'Edited', briefId]);
    accepted(await changeBrief(engine, briefId, 'launch'));
    const tasks = await world.tasks(familyId);
    assert.deepEqual([tasks.length, tasks.every((task) => task.config['lr'] === 0.001)], [6, true]);
  });

  test('what is no draft, or cannot be run, changes nothing', async () => {
    const [running, draft] = [await world.submit(), await world.submit({ draft: true })];
    const before = await dumpRows(database.store.reader);
    assert.equal(refused(await editDraft(engine, running.briefId, SAMPLE_REQUEST)).code, 'brief_state');
    assert.equal(refused(await editDraft(engine, 'nothing', SAMPLE_REQUEST)).code, 'brief_not_found');
    assert.equal(refused(await editDraft(engine, draft.briefId, { ...SAMPLE_REQUEST, budgetMicrocredits: 1 })).code, 'invalid_brief');
    const [brief, family] = [await findBrief(database.store.reader, running.briefId), await findFamily(database.store.reader, running.familyId)];
    assert.ok(brief !== null && family !== null);
    assert.equal(await database.store.write((tx) => draftModule.saveDraft(tx, { ...brief, title: 'Late' }, family)), false);
    assert.deepEqual(await dumpRows(database.store.reader), before);
  });
});
