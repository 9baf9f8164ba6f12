import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { leafBytes, type LeafEntry } from './receipt.ts';

const texts = fc.string({ unit: 'binary' });
const entries: fc.Arbitrary<LeafEntry> = fc.record({
  amount: fc.maxSafeNat(),
  at: fc.maxSafeNat(),
  brief_id: fc.option(texts),
  cause: texts,
  credit: texts,
  debit: texts,
  id: texts,
  kind: texts,
  task_id: fc.option(texts),
});

test('the bytes of a leaf are canonical JSON: in the order of keys, whatever order the entry came in, and nothing is lost', () => {
  fc.assert(fc.property(entries, (entry) => {
    const text = new TextDecoder().decode(leafBytes(entry));
    const shuffled = Object.fromEntries(Object.entries(entry).toReversed()) as LeafEntry;
    assert.equal(new TextDecoder().decode(leafBytes(shuffled)), text);
    const read = JSON.parse(text);
    assert.deepEqual(read, { ...entry });
    assert.deepEqual(Object.keys(read), Object.keys(read).toSorted());
    assert.doesNotMatch(text.replaceAll(/"(?:[^"\\]|\\.)*"/gu, ''), /\s/);
  }));
});

test('the leaf that the documentation shows is one, byte for byte', () => {
  const shown = /^\{"amount".*\}$/m.exec(readFileSync(new URL('../docs/ledger.md', import.meta.url), 'utf8'))?.[0] ?? assert.fail('there is an example');
  assert.equal(new TextDecoder().decode(leafBytes(JSON.parse(shown))), shown);
});
