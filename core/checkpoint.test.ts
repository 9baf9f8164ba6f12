import assert from 'node:assert/strict';
import { hash as digest } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { bytesOf, checkpointNote, keyIdOf, keyLine, readCheckpointNote, readKeyLine, type SignedCheckpoint } from './checkpoint.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => digest('sha256', bytes, 'buffer');

/** The key of Go's checksum database, which is published everywhere in this form. */
const PUBLISHED_KEY = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';

const base64 = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => bytes.toBase64());
const checkpoints: fc.Arbitrary<SignedCheckpoint> = fc.record({
  ledger: fc.stringMatching(/^xeenet\/ledger\/[0-9a-z]{16}$/),
  size: fc.nat(),
  root: base64(32),
  at: fc.date({ min: new Date(0), max: new Date('9999-01-01'), noInvalidDate: true }).map((date) => date.getTime()),
  previous: fc.nat(),
  keyId: fc.stringMatching(/^[0-9a-f]{8}$/),
  signature: base64(64),
}, { noNullPrototype: true });

describe('the text of a checkpoint', () => {
  test('is read as it was written, also from a file of another system and with the signature of a witness', () => {
    fc.assert(fc.property(checkpoints, (checkpoint) => {
      const text = checkpointNote(checkpoint);
      assert.deepEqual(readCheckpointNote(text), checkpoint);
      assert.deepEqual(readCheckpointNote(`\n${text.replaceAll('\n', '\r\n')}\n`), checkpoint);
      assert.deepEqual(readCheckpointNote(`${text}— witness.example/w ${new Uint8Array(76).toBase64()}\n`), checkpoint);
      assert.deepEqual(readCheckpointNote(text.replace('\n\n', `\n\n— witness.example/w ${new Uint8Array(76).toBase64()}\n`)), checkpoint);
    }));
  });

  test('says something else, or nothing, wherever a character of it changes', () => {
    fc.assert(fc.property(checkpoints, fc.nat(), fc.integer({ min: 33, max: 126 }), (checkpoint, where, code) => {
      const text = checkpointNote(checkpoint);
      const at = where % text.length;
      const changed = `${text.slice(0, at)}${String.fromCharCode(code)}${text.slice(at + 1)}`;
      if (changed !== text) assert.notDeepEqual(readCheckpointNote(changed), checkpoint, changed);
    }));
  });

  test('is none where it has another form', () => {
    const text = checkpointNote({ ledger: 'a/b', size: 7, root: new Uint8Array(32).toBase64(), at: 0, previous: 0, keyId: '00000000', signature: new Uint8Array(64).toBase64() });
    for (const wrong of ['', 'hello', text.replace('\n7\n', '\n07\n'), text.replace('\n7\n', '\n7.0\n'), text.replace('time ', ''), text.replace('previous 0', 'previous 0\nmore'), text.replace('previous 0', 'previous -1'), text.replace('.000Z', 'Z'), text.replace('\n7\n', '\n99999999999999999999\n'), text.split('\n\n')[0] ?? '']) {
      assert.equal(readCheckpointNote(wrong), null, wrong);
    }
  });
});

describe('the line of a public key', () => {
  test('has the form and the id that others compute', () => {
    const key = readKeyLine(sha256, `  ${PUBLISHED_KEY}\n`) ?? assert.fail('it is a key');
    assert.deepEqual([key.ledger, key.keyId, keyLine(key)], ['sum.golang.org', '033de0ae', PUBLISHED_KEY]);
    assert.equal(keyIdOf(sha256, key.ledger, bytesOf(key.publicKey, 32) ?? assert.fail()), '033de0ae');
  });

  test('is none where its name, id or key is not that of the others', () => {
    for (const wrong of ['', 'a+b', PUBLISHED_KEY.replace('sum.', 'sun.'), PUBLISHED_KEY.replace('033', '034'), PUBLISHED_KEY.replace('+Ac', '+Ad'), `${PUBLISHED_KEY}A`, PUBLISHED_KEY.replace('+Ac4', '+Bc4')]) assert.equal(readKeyLine(sha256, wrong), null, wrong);
  });
});
