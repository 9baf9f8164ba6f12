import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { readKeyLine } from '#core/checkpoint.ts';
import { checkReceipt, type Receipt } from '#core/receipt.ts';
import { copyOfLedger, entryAt, type LedgerCopy } from '#test/ledger-copy.ts';
import { LEDGER_CRYPTO, newLedgerSigner } from './ledger-crypto.ts';
import { proveGrowth, readReceipt } from './ledger-receipt.ts';

describe('a receipt', () => {
  let copy: LedgerCopy;
  let receipt: Receipt;
  before(async () => {
    copy = await copyOfLedger();
    receipt = (await readReceipt(copy.reader, entryAt(copy, 77).id)) ?? assert.fail('it is sealed');
    const grown = await proveGrowth(copy.reader, copy.older.size, null);
    assert.ok(grown.ok);
    receipt = { ...receipt, consistency: { size: copy.older.size, hashes: grown.value.hashes } };
  });
  after(() => copy.database.close());
  const wrongOf = (changed: Receipt): string[] => checkReceipt(LEDGER_CRYPTO, changed, { checkpoint: copy.older, keys: [] }).wrong;

  test('is right as it is', () => {
    assert.deepEqual(wrongOf(receipt), []);
  });

  test('is wrong wherever one of its values changes', () => {
    const changes: Partial<Receipt>[] = [
      ...Object.keys(receipt.entry).flatMap((key) => [null, 'x', 1].map((value) => ({ entry: { ...receipt.entry, [key]: value } }))),
      ...[0, 76, 78, 324, 325, -1, 0.5].map((position) => ({ position })),
      ...receipt.inclusion.map((_, index) => ({ inclusion: receipt.inclusion.with(index, new Uint8Array(32).toBase64()) })),
      ...receipt.inclusion.map((_, index) => ({ inclusion: receipt.inclusion.toSpliced(index, 1) })),
      ...[...receipt.checkpoint].flatMap((character, index) => (character === '\n' ? [] : [{ checkpoint: `${receipt.checkpoint.slice(0, index)}${character === 'x' ? 'y' : 'x'}${receipt.checkpoint.slice(index + 1)}` }])),
      ...[...receipt.public_key].map((character, index) => ({ public_key: `${receipt.public_key.slice(0, index)}${character === 'x' ? 'y' : 'x'}${receipt.public_key.slice(index + 1)}` })),
      { consistency: null },
      { consistency: { size: copy.older.size - 1, hashes: receipt.consistency?.hashes ?? [] } },
      ...(receipt.consistency?.hashes ?? []).map((_, index) => ({ consistency: { size: copy.older.size, hashes: (receipt.consistency?.hashes ?? []).toSpliced(index, 1) } })),
    ];
    assert.ok(changes.length > 200);
    const same = changes.filter((change) => JSON.stringify({ ...receipt, ...change }) !== JSON.stringify(receipt) && wrongOf({ ...receipt, ...change }).length === 0);
    assert.deepEqual(same, []);
  });

  test('is wrong under any key but the one that a person holds', () => {
    const own = readKeyLine(LEDGER_CRYPTO.sha256, receipt.public_key) ?? assert.fail('it is a key');
    const check = (publicKey: string): string[] => checkReceipt(LEDGER_CRYPTO, receipt, { checkpoint: null, keys: [{ ...own, publicKey }] }).wrong;
    assert.deepEqual(check(own.publicKey), []);
    assert.equal(check(newLedgerSigner().publicKey.toBase64()).length, 1);
  });
});
