import type { Hash } from './merkle.ts';

/**
 * A checkpoint says how long the ledger is and what its root is, signed: whoever keeps one can tell later whether what it
 * covers was changed. Its text is a signed note in the style of C2SP's tlog-checkpoint (https://c2sp.org/tlog-checkpoint,
 * https://c2sp.org/signed-note), so that tools for transparency logs can read it; docs/ledger.md has it byte for byte.
 */
export type Checkpoint = {
  /** The ledger's name, which is also its key's: `xeenet/ledger/…`. */
  ledger: string;
  /** How many entries it covers: those at positions 0 to `size - 1`. */
  size: number;
  /** The root over them, base64. */
  root: string;
  at: number;
  /** The size of the checkpoint before this one, so that none can be left out; 0 for the first. */
  previous: number;
};

/** A checkpoint with its signature (Ed25519, base64) and the id of the key that made it. */
export type SignedCheckpoint = Checkpoint & { keyId: string; signature: string };

/** What checks signatures and computes hashes, handed in: core has neither. */
export type LedgerCrypto = { sha256: Hash; verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean };

/** A public key (Ed25519, base64) with the name of the ledger it signs for. */
export type LedgerKey = { ledger: string; keyId: string; publicKey: string };

/** By the signed note's numbering of algorithms, Ed25519. */
const ED25519 = 1;
const KEY_BYTES = 32;
const HASH_BYTES = 32;
const SIGNATURE_BYTES = 64;
const KEY_ID_BYTES = 4;
const NAME = /^[^\s+\p{C}]{1,100}$/u;
const SIZE = /^(0|[1-9]\d{0,15})$/;
const utf8 = new TextEncoder();

/** The text that is signed: three lines that every checkpoint has, then two of ours. */
export function checkpointBody({ ledger, size, root, at, previous }: Checkpoint): string {
  return `${ledger}\n${size}\n${root}\ntime ${new Date(at).toISOString()}\nprevious ${previous}\n`;
}

/** A checkpoint as a text to keep or to publish. */
export function checkpointNote(checkpoint: SignedCheckpoint): string {
  const signature = Uint8Array.of(...Uint8Array.fromHex(checkpoint.keyId), ...Uint8Array.fromBase64(checkpoint.signature));
  return `${checkpointBody(checkpoint)}\n— ${checkpoint.ledger} ${signature.toBase64()}\n`;
}

/** Reads a checkpoint's text; null where it is none. Signatures under other names, such as those of witnesses, are passed over. */
export function readCheckpointNote(text: string): SignedCheckpoint | null {
  const [body, signatures, ...rest] = `${text.replaceAll('\r\n', '\n').trim()}\n`.split('\n\n');
  if (body === undefined || signatures === undefined || rest.length > 0) return null;
  const checkpoint = readBody(body.split('\n'));
  if (checkpoint === null) return null;
  for (const line of signatures.split('\n')) {
    const [mark, name, encoded, ...more] = line.split(' ');
    if (mark !== '—' || name !== checkpoint.ledger || more.length > 0) continue;
    const bytes = bytesOf(encoded, KEY_ID_BYTES + SIGNATURE_BYTES);
    if (bytes !== null) return { ...checkpoint, keyId: bytes.subarray(0, KEY_ID_BYTES).toHex(), signature: bytes.subarray(KEY_ID_BYTES).toBase64() };
  }
  return null;
}

/** Whether a key has signed a checkpoint. */
export function isSignedBy(crypto: LedgerCrypto, checkpoint: SignedCheckpoint, key: LedgerKey): boolean {
  const [publicKey, signature] = [bytesOf(key.publicKey, KEY_BYTES), bytesOf(checkpoint.signature, SIGNATURE_BYTES)];
  if (publicKey === null || signature === null || key.keyId !== checkpoint.keyId) return false;
  return key.keyId === keyIdOf(crypto.sha256, checkpoint.ledger, publicKey) && crypto.verify(publicKey, utf8.encode(checkpointBody(checkpoint)), signature);
}

/** The id by which a signature names its key: the first four bytes, in hex, of a hash over the key and its name. */
export function keyIdOf(sha256: Hash, ledger: string, publicKey: Uint8Array): string {
  return sha256(Uint8Array.of(...utf8.encode(`${ledger}\n`), ED25519, ...publicKey)).slice(0, KEY_ID_BYTES).toHex();
}

/** A public key as a line to keep: `name+id+key`. */
export function keyLine({ ledger, keyId, publicKey }: LedgerKey): string {
  return `${ledger}+${keyId}+${Uint8Array.of(ED25519, ...Uint8Array.fromBase64(publicKey)).toBase64()}`;
}

/** Reads the line of a public key; null where it is none, or where its id is not that of the key. */
export function readKeyLine(sha256: Hash, line: string): LedgerKey | null {
  const [ledger = '', keyId = '', ...encoded] = line.trim().split('+');
  const bytes = bytesOf(encoded.join('+'), 1 + KEY_BYTES);
  if (!NAME.test(ledger) || bytes === null || bytes[0] !== ED25519) return null;
  const publicKey = bytes.slice(1);
  return keyIdOf(sha256, ledger, publicKey) === keyId ? { ledger, keyId, publicKey: publicKey.toBase64() } : null;
}

/** Bytes from base64 that has one form only: padded, without anything between. */
export function bytesOf(encoded: string | undefined, length: number): Uint8Array | null {
  if (encoded === undefined || !/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return null;
  try {
    const bytes = Uint8Array.fromBase64(encoded, { lastChunkHandling: 'strict' });
    return bytes.length === length ? bytes : null;
  } catch {
    return null;
  }
}

function readBody(lines: readonly string[]): Checkpoint | null {
  const [ledger = '', size = '', root = '', time = '', previous = '', ...rest] = lines;
  const at = Date.parse(time.replace(/^time /, ''));
  const before = previous.replace(/^previous /, '');
  if (!NAME.test(ledger) || !SIZE.test(size) || !SIZE.test(before) || bytesOf(root, HASH_BYTES) === null || Number.isNaN(at) || rest.length > 0) return null;
  const checkpoint = { ledger, size: Number(size), root, at, previous: Number(before) };
  // What is checked is this text again, so that a text with any other form of the same is none.
  return Number.isSafeInteger(checkpoint.size) && checkpointBody(checkpoint) === `${lines.join('\n')}\n` ? checkpoint : null;
}
