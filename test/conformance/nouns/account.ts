import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as accountModule from '#store/account.ts';
import { postEntry } from '#store/ledger.ts';
import { covered } from '#test/conformance/covered.ts';
import { START_MS, type TestDatabase } from '#test/conformance/databases.ts';
import { HOSTILE_TEXTS } from '#test/conformance/hostile-texts.ts';
import { sampleBrief, storeBrief, storeExperiment } from '#test/conformance/samples.ts';

const accounts = covered('account', accountModule);

export function accountSuite(database: TestDatabase): void {
  const add = (id: string, name: string) => database.store.write((tx) => accounts.insertPerson(tx, { id, name }, START_MS));

  test('people are told apart by their names, and listed by them', async () => {
    const { reader } = database.store;
    const hostile = HOSTILE_TEXTS[3] ?? '';
    assert.deepEqual([await add('p1', 'Ada'), await add('p2', hostile), await add('p3', 'Ada'), await add('p1', 'Grace')], [true, true, false, false]);
    const all = await accounts.listPeople(reader, { limit: 9, after: null });
    assert.deepEqual(all.map((person) => person.name).toSorted(), ['Ada', 'This server', hostile].toSorted());
    const pages: string[] = [];
    for (let after: string | null = null; ; after = pages.at(-1) ?? null) {
      const page = await accounts.listPeople(reader, { limit: 1, after });
      if (page[0] === undefined) break;
      pages.push(page[0].name);
    }
    assert.deepEqual(pages, all.map((person) => person.name));
    assert.deepEqual(await accounts.findPerson(reader, 'p2'), { id: 'p2', kind: 'person', name: hostile, balanceMicrocredits: 0, createdAt: START_MS });
    assert.deepEqual([await accounts.findPerson(reader, 'treasury'), await accounts.findPerson(reader, 'missing')], [null, null]);
  });

  test('what people have, and what briefs under way hold, is summed', async () => {
    const { store } = database;
    await storeExperiment(store);
    for (const [id, state] of [['b1', 'running'], ['b2', 'exhausted'], ['b3', 'completed'], ['b4', 'draft']] as const) await storeBrief(store, sampleBrief(id, { state }), 0, { heldMicrocredits: ['b1', 'b2'].includes(id) ? 2 ** 51 : 0 });
    assert.deepEqual({ ...(await accounts.sumHeld(store.reader)) }, { many: 2, microcredits: 2 ** 52 });
    const people = await accounts.listPeople(store.reader, { limit: 9, after: null });
    assert.deepEqual({ ...(await accounts.sumPeople(store.reader)) }, { many: people.length, microcredits: people.reduce((sum, person) => sum + person.balanceMicrocredits, 0) });
  });

  test('an entry is found by its cause, and keeps why it was made beside it', async () => {
    const { store } = database;
    const entry = { id: 'e1', at: START_MS, kind: 'grant' as const, debitAccount: 'treasury', creditAccount: 'p1', amountMicrocredits: 5, briefId: null, taskId: null };
    await store.write((tx) => postEntry(tx, entry, 'grant:x'));
    assert.deepEqual(await accounts.findEntryOfCause(store.reader, 'grant:x'), { id: 'e1', creditAccount: 'p1', amountMicrocredits: 5 });
    assert.equal(await accounts.findEntryOfCause(store.reader, 'grant:y'), null);
    const note = { entryId: 'e1', note: HOSTILE_TEXTS.join(''), accountId: 'local', createdAt: START_MS };
    await store.write((tx) => accounts.insertNote(tx, note));
    assert.deepEqual(await accounts.findNotes(store.reader, ['e1', 'e2']), new Map([['e1', note]]));
    assert.deepEqual(await accounts.findNotes(store.reader, []), new Map());
    for (const wrong of [{ ...note, entryId: 'missing' }, note]) await assert.rejects(store.write((tx) => accounts.insertNote(tx, wrong)), /constraint/i);
  });
}
