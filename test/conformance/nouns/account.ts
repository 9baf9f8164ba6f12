import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '#core/ledger.ts';
import * as accountModule from '#store/account.ts';
import { insertAttempt } from '#store/attempt.ts';
import * as earningModule from '#store/earning.ts';
import { postEntry } from '#store/ledger.ts';
import { sql } from '#store/seam.ts';
import { covered } from '#test/conformance/covered.ts';
import { START_MS, type TestDatabase } from '#test/conformance/databases.ts';
import { HOSTILE_TEXTS } from '#test/conformance/hostile-texts.ts';
import { sampleAttempt, sampleBrief, sampleWorker, storeBrief, storeExperiment, storeWorker } from '#test/conformance/samples.ts';

const accounts = covered('account', accountModule);
const earnings = covered('earning', earningModule);

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

  test('what a worker earned is summed by a stretch of ids, and what may be taken back by its results', async () => {
    const { store } = database;
    const { tasks } = await storeBrief(store, sampleBrief('earned'), 2);
    await storeWorker(store, sampleWorker('w'));
    const post = (id: string, changes: Partial<Entry>, cause: string) => store.write((tx) => postEntry(tx, { id, at: START_MS, kind: 'result', debitAccount: 'treasury', creditAccount: 'w', amountMicrocredits: 5, briefId: null, taskId: null, ...changes }, cause));
    for (const [index, task] of tasks.entries()) {
      await store.write((tx) => insertAttempt(tx, sampleAttempt(task, 'w')));
      await store.write(async (tx) => void (await tx.run(sql`update attempts set verification = 'verified', pay_open = ${index === 0 ? 1 : 0} where task_id = ${task.id}`)));
      await post(`m${index}`, {}, `result:${task.id}:1`);
    }
    await post('m2', { kind: 'reversal', debitAccount: 'w', creditAccount: 'treasury', amountMicrocredits: 3 }, 'reversal:x:1');
    const sum = async (from: string, until: string) => ({ ...(await earnings.sumEarnings(store.reader, 'w', { from, until })) });
    assert.deepEqual([await sum('m0', 'm3'), await sum('m1', 'm2'), await sum('m2', 'm3'), await sum('n', 'o')], [{ earned: 10, reversed: 3 }, { earned: 5, reversed: 0 }, { earned: 0, reversed: 3 }, { earned: 0, reversed: 0 }]);
    assert.deepEqual([await earnings.sumUnvested(store.reader, 'w', 9), await earnings.sumUnvested(store.reader, 'nobody', 9)], [5, 0]);
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
