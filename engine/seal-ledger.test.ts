import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { isSignedBy, keyIdOf, keyLine, readCheckpointNote, readKeyLine } from '#core/checkpoint.ts';
import { LOCAL_ID, TREASURY_ID } from '#core/ledger.ts';
import { hashLeaf, rootOfLeaves } from '#core/merkle.ts';
import { checkReceipt, leafBytes } from '#core/receipt.ts';
import { postEntry } from '#store/ledger.ts';
import { listCheckpoints, listLedgerKeys, listPlacedEntries } from '#store/ledger-tree.ts';
import { openSnapshot } from '#store/read-only.ts';
import { sql } from '#store/seam.ts';
import { onBothDatabases } from '#test/conformance/databases.ts';
import { accepted, refused, worldOn } from '#test/conformance/engine-world.ts';
import { LEDGER_CRYPTO, newLedgerSigner } from './ledger-crypto.ts';
import { proveGrowth, readReceipt, receiptOf } from './ledger-receipt.ts';
import { latestCheckpoint, sealStep, sealWaiting, startSealing } from './seal-ledger.ts';
import { verifyLedger } from './verify-ledger.ts';

const HELD = { checkpoint: null, keys: [] };

onBothDatabases('sealing the ledger', (database) => {
  const world = worldOn(database);
  let made = 0;
  const idOf = (number: number): string => `m${String(number).padStart(15, '0')}`;
  const post = (...ids: string[]) =>
    database.store.write(async (tx) => {
      for (const id of ids) await postEntry(tx, { id, at: world.clock.now, kind: 'grant', debitAccount: TREASURY_ID, creditAccount: LOCAL_ID, amountMicrocredits: 7, briefId: null, taskId: null }, id);
    });
  const postMany = async (count: number): Promise<void> => {
    await post(...Array.from({ length: count }, (_, index) => idOf(made + index)));
    made += count;
  };
  const { engine } = world;
  const reader = () => database.store.reader;
  const latest = async () => (await latestCheckpoint(reader())) ?? assert.fail('there is a checkpoint');

  // What a new database has from its migrations is not of interest here.
  before(() => sealWaiting(engine));

  test('an entry waits until it is sealed, and then is proven by a checkpoint that its key has signed', async () => {
    const from = (await latestCheckpoint(reader()))?.size ?? 0;
    await post('n1');
    assert.equal(await readReceipt(reader(), 'n1'), null);
    const receipt = accepted(await receiptOf(engine, 'n1', { since: null, account: LOCAL_ID }));
    assert.deepEqual([receipt.position, checkReceipt(LEDGER_CRYPTO, receipt, HELD).wrong], [from, []]);
    assert.equal(refused(await receiptOf(engine, 'n1', { since: null, account: 'somebody else' })).code, 'not_found');
    assert.equal(await sealStep(engine), null, 'nothing is left to seal, and no checkpoint is made for nothing');
  });

  test('every root is the one that the definition gives for the entries, over blocks and steps of any size', async () => {
    for (const count of [1, 254, 300, 700]) {
      await postMany(count);
      await sealWaiting(engine);
      const { size, root } = await latest();
      const leaves = (await listPlacedEntries(reader(), 0, size)).map((entry) => hashLeaf(LEDGER_CRYPTO.sha256, leafBytes(entry)));
      assert.equal(leaves.length, size);
      assert.equal(rootOfLeaves(LEDGER_CRYPTO.sha256, leaves).toBase64(), root);
    }
  });

  test('any entry is proven, and that the ledger has grown from any older checkpoint', async () => {
    const { size } = await latest();
    const older = await listCheckpoints(reader(), { limit: 9, before: null });
    assert.ok(older.length >= 5);
    const { ledger } = await latest();
    for (const checkpoint of older) {
      const position = Math.floor((checkpoint.size - 1) / 2);
      const [entry] = await listPlacedEntries(reader(), position, position + 1);
      const receipt = accepted(await receiptOf(engine, entry?.id ?? '', { since: checkpoint.size, account: null }));
      const { right, wrong } = checkReceipt(LEDGER_CRYPTO, receipt, { checkpoint: { ledger, ...checkpoint }, keys: [] });
      assert.deepEqual([wrong, right.length], [[], 3]);
      const forked = { ledger, ...checkpoint, root: LEDGER_CRYPTO.sha256(new Uint8Array([checkpoint.size % 256])).toBase64() };
      assert.notDeepEqual(checkReceipt(LEDGER_CRYPTO, receipt, { checkpoint: forked, keys: [] }).wrong, []);
    }
    assert.deepEqual(refused(await receiptOf(engine, 'n1', { since: size + 1, account: null })).issues, [{ path: 'since', message: `must be at most ${size}` }]);
    assert.deepEqual(refused(await proveGrowth(reader(), 3, 2)).issues, [{ path: 'from', message: 'must be at most 2' }]);
    assert.deepEqual(refused(await proveGrowth(reader(), 0, size + 1)).issues, [{ path: 'to', message: `must be at most ${size}` }]);
  });

  test('an entry that arrives late with an older id gets a later place', async () => {
    const { size } = await latest();
    await post('a0');
    await sealWaiting(engine);
    assert.deepEqual((await listPlacedEntries(reader(), size, size + 1)).map(({ id }) => id), ['a0']);
  });

  test('two nodes that seal at once make one history', async () => {
    await postMany(1200);
    const other = { ...engine, store: database.dialect === 'sqlite' ? database.store : await database.open() };
    await Promise.all([sealWaiting(engine), sealWaiting(other), sealWaiting(engine), sealWaiting(other)]);
    const { size, root } = await latest();
    const entries = await listPlacedEntries(reader(), 0, size);
    assert.equal(rootOfLeaves(LEDGER_CRYPTO.sha256, entries.map((entry) => hashLeaf(LEDGER_CRYPTO.sha256, leafBytes(entry)))).toBase64(), root);
    assert.equal((await reader().rows(sql`select id from entries where position is null limit 1`)).length, 0);
  });

  test('a new key is noted beside the old one, and no checkpoint goes back in time', async () => {
    const before_ = await latest();
    const signer = newLedgerSigner();
    await post('z1');
    await sealWaiting({ ...engine, ledgerSigner: signer, now: () => 5 });
    const after = await latest();
    assert.deepEqual([after.at, after.previous, after.keyId], [before_.at, before_.size, keyIdOf(LEDGER_CRYPTO.sha256, after.ledger, signer.publicKey)]);
    const keys = (await listLedgerKeys(reader(), 9)).map(({ id, publicKey }) => ({ ledger: after.ledger, keyId: id, publicKey }));
    assert.equal(keys.length, 2);
    for (const checkpoint of [before_, after]) assert.equal(keys.filter((key) => isSignedBy(LEDGER_CRYPTO, checkpoint, key)).length, 1);
  });

  test('a verification of a snapshot finds it right, whatever is written meanwhile', async () => {
    const snapshot = await openSnapshot(database.place);
    const held = { checkpoint: await latest(), keys: [] };
    await post('z3');
    await sealWaiting(engine);
    const findings = await verifyLedger(snapshot.reader, held);
    await snapshot.close();
    assert.deepEqual(findings.wrong, []);
    assert.equal(findings.right.length, 3);
  });

  test('sealing in the background seals once more when it stops', async () => {
    const stop = startSealing(engine, 3_600_000);
    await post('z2');
    await stop();
    const receipt = (await readReceipt(reader(), 'z2')) ?? assert.fail('it is sealed');
    const key = readKeyLine(LEDGER_CRYPTO.sha256, receipt.public_key) ?? assert.fail('the key can be read');
    assert.equal(keyLine(key), receipt.public_key);
    assert.deepEqual(readCheckpointNote(receipt.checkpoint), await latest());
  });
});
