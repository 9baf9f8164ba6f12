import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LOCAL_ID, TREASURY_ID } from '#core/ledger.ts';
import { postEntry } from '#store/ledger.ts';
import * as copyModule from '#store/ledger-copy.ts';
import * as treeModule from '#store/ledger-tree.ts';
import { covered } from '#test/conformance/covered.ts';
import { START_MS, type TestDatabase } from '#test/conformance/databases.ts';
import { HOSTILE_TEXTS } from '#test/conformance/hostile-texts.ts';

const tree = covered('ledger-tree', treeModule);
const copies = covered('ledger-copy', copyModule);
const hashOf = (letter: string): string => `${letter.repeat(43)}=`;

export function ledgerTreeSuite(database: TestDatabase): void {
  const post = (id: string, cause = id) => database.store.write((tx) => postEntry(tx, { id, at: START_MS, kind: 'grant', debitAccount: TREASURY_ID, creditAccount: LOCAL_ID, amountMicrocredits: 5, briefId: null, taskId: 't' }, cause));
  const place = (from: number, limit: number) => database.store.write((tx) => tree.placeEntries(tx, from, limit));
  const leaf = (id: string, cause = id): treeModule.PlacedEntry['entry'] => ({ amount: 5, at: START_MS, brief_id: null, cause, credit: LOCAL_ID, debit: TREASURY_ID, id, kind: 'grant', task_id: 't' });

  test('the ledger is named once', async () => {
    const { reader } = database.store;
    assert.equal(await tree.findLedgerName(reader), null);
    assert.equal(await database.store.write((tx) => tree.lockLedger(tx)), null);
    for (const name of ['first', 'second']) await database.store.write((tx) => tree.nameLedger(tx, name));
    assert.deepEqual([await tree.findLedgerName(reader), await database.store.write((tx) => tree.lockLedger(tx))], ['first', 'first']);
  });

  test('entries get places in the order of their ids, each one once and no place twice', async () => {
    const { reader } = database.store;
    let before_ = 0;
    for (let placed = -1; placed !== 0; before_ += placed) placed = await place(before_, 500);
    const hostile = HOSTILE_TEXTS.join('');
    for (const id of ['y3', 'y1', 'y2']) await post(id, id === 'y1' ? hostile : id);
    assert.equal((await tree.findPlacedEntry(reader, 'y1'))?.position, null);
    assert.deepEqual([await place(before_, 2), await place(before_ + 2, 2), await place(before_ + 3, 2)], [2, 1, 0]);
    assert.deepEqual(await tree.listPlacedEntries(reader, before_, before_ + 9), [leaf('y1', hostile), leaf('y2'), leaf('y3')]);
    assert.deepEqual(await tree.listPlacedEntries(reader, before_ + 1, before_ + 2), [leaf('y2')]);
    assert.deepEqual(await tree.findPlacedEntry(reader, 'y3'), { entry: leaf('y3'), position: before_ + 2 });
    assert.equal(await tree.findPlacedEntry(reader, 'missing'), null);
    await post('y4');
    await assert.rejects(place(before_, 1), /constraint/i);
    const sealed = await copies.listCopiedEntries(reader, { limit: 500, after: null });
    assert.deepEqual(sealed.slice(before_), ['y1', 'y2', 'y3'].map((id, index) => ({ entry: leaf(id, id === 'y1' ? hostile : id), position: before_ + index })));
    assert.deepEqual(await copies.listCopiedEntries(reader, { limit: 1, after: sealed[before_] ?? null }), sealed.slice(before_ + 1, before_ + 2));
    assert.deepEqual([await copies.listWaitingEntries(reader, { limit: 9, after: null }), await copies.listWaitingEntries(reader, { limit: 9, after: 'y4' })], [[leaf('y4')], []]);
    assert.deepEqual([await copies.listRepeated(reader, 'id', 9), await copies.listRepeated(reader, 'cause', 9)], [[], []]);
  });

  test('a key is noted once, a node is kept once, and history does not fork', async () => {
    const { reader } = database.store;
    const key = { id: '0badcafe', publicKey: hashOf('A'), createdAt: START_MS };
    for (const createdAt of [START_MS, START_MS + 1]) await database.store.write((tx) => tree.insertLedgerKey(tx, { ...key, createdAt }));
    assert.deepEqual(await tree.listLedgerKeys(reader, 9), [key]);
    const nodes = [{ level: 8, position: 0, hash: hashOf('B') }, { level: 9, position: 0, hash: hashOf('C') }];
    for (const some of [nodes, []]) await database.store.write((tx) => tree.insertLedgerNodes(tx, some));
    assert.deepEqual(await Promise.all([tree.findLedgerNode(reader, { level: 9, position: 0 }), tree.findLedgerNode(reader, { level: 9, position: 1 })]), [hashOf('C'), null]);
    await assert.rejects(database.store.write((tx) => tree.insertLedgerNodes(tx, nodes)), /constraint/i);
    const checkpoint = { size: 3, root: hashOf('D'), at: START_MS, previous: 0, keyId: key.id, signature: `${'E'.repeat(86)}==` };
    const insert = (changes: Partial<typeof checkpoint>) => database.store.write((tx) => tree.insertCheckpoint(tx, { ...checkpoint, ...changes }));
    await insert({});
    await insert({ size: 4, previous: 3 });
    for (const wrong of [{}, { size: 5 }, { size: 9, previous: 9 }, { size: 9, previous: 4, keyId: 'unknown!' }]) await assert.rejects(insert(wrong), /constraint/i, JSON.stringify(wrong));
    assert.deepEqual(await tree.listCheckpoints(reader, { limit: 9, before: null }), [{ ...checkpoint, size: 4, previous: 3 }, checkpoint]);
    assert.deepEqual(await tree.listCheckpoints(reader, { limit: 9, before: 4 }), [checkpoint]);
    assert.deepEqual((await copies.listCopiedCheckpoints(reader, { limit: 9, after: null })).map(({ size }) => size), [3, 4]);
    assert.deepEqual(await copies.listCopiedCheckpoints(reader, { limit: 9, after: 3 }), [{ ...checkpoint, size: 4, previous: 3 }]);
    assert.equal(await copies.countLedgerNodes(reader), 2);
  });
}
