import { bytesOf, isSignedBy, keyLine, readCheckpointNote, readKeyLine, type LedgerCrypto, type LedgerKey, type SignedCheckpoint } from './checkpoint.ts';
import { hashLeaf, verifyConsistency, verifyInclusion } from './merkle.ts';

/** An entry by the names that its leaf and the wire have for its fields. No name of a person is among them. */
export type LeafEntry = {
  amount: number;
  at: number;
  brief_id: string | null;
  cause: string;
  credit: string;
  debit: string;
  id: string;
  kind: string;
  task_id: string | null;
};

/** What an earner keeps: an entry, the proof that it is in the ledger, and the checkpoint that the proof leads to. */
export type Receipt = {
  format: typeof RECEIPT_FORMAT;
  entry: LeafEntry;
  position: number;
  /** Hashes from the leaf up, base64. */
  inclusion: string[];
  /** The text of a checkpoint. */
  checkpoint: string;
  /** The line of the public key that has signed it. */
  public_key: string;
  /** Proof that the checkpoint's ledger begins with an older one of this size; null where none was asked for. */
  consistency: { size: number; hashes: string[] } | null;
};

export const RECEIPT_FORMAT = 'xeenet-ledger-receipt-1';

const HASH_BYTES = 32;
const utf8 = new TextEncoder();

/**
 * The bytes that a leaf is the hash of: the entry as JSON in the canonical form of RFC 8785, in UTF-8. Keys are in the
 * order of their names, and nothing stands between.
 */
export function leafBytes({ amount, at, brief_id, cause, credit, debit, id, kind, task_id }: LeafEntry): Uint8Array {
  return utf8.encode(JSON.stringify({ amount, at, brief_id, cause, credit, debit, id, kind, task_id }));
}

/** What a check found: a sentence for each thing that is right, and for each that is wrong. */
export type Findings = { right: string[]; wrong: string[] };

/**
 * Checks a receipt without asking anybody.
 *
 * @param held.checkpoint an older checkpoint that the ledger must have grown from; the receipt then needs a proof of that
 * @param held.keys public keys that the person trusts; the receipt's own where there are none
 */
export function checkReceipt(crypto: LedgerCrypto, receipt: Receipt, held: { checkpoint: SignedCheckpoint | null; keys: readonly LedgerKey[] }): Findings {
  const findings: Findings = { right: [], wrong: [] };
  const checkpoint = readCheckpointNote(receipt.checkpoint);
  if (checkpoint === null) return { right: [], wrong: ['The receipt’s checkpoint cannot be read: its text was changed.'] };
  checkSignature(crypto, receipt, checkpoint, held.keys, findings);
  const path = receipt.inclusion.map((hash) => bytesOf(hash, HASH_BYTES));
  const root = bytesOf(checkpoint.root, HASH_BYTES);
  const leaf = hashLeaf(crypto.sha256, leafBytes(receipt.entry));
  const isIncluded = root !== null && isWhole(path) && verifyInclusion(crypto.sha256, { index: receipt.position, size: checkpoint.size, leaf, path, root });
  if (isIncluded) findings.right.push(`The entry ${receipt.entry.id} is at position ${receipt.position} of the ledger of ${checkpoint.size} entries that the checkpoint of ${timeText(checkpoint.at)} covers.`);
  else findings.wrong.push('The proof does not lead from this entry to the checkpoint’s root: the entry, its position or the proof was changed.');
  if (held.checkpoint !== null) checkGrowth(crypto, receipt, checkpoint, held.checkpoint, held.keys, findings);
  return findings;
}

/** A moment in the way that sentences name it. */
export function timeText(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
}

function checkSignature(crypto: LedgerCrypto, receipt: Receipt, checkpoint: SignedCheckpoint, keys: readonly LedgerKey[], findings: Findings): void {
  const own = readKeyLine(crypto.sha256, receipt.public_key);
  if (own === null) return void findings.wrong.push('The receipt’s public key cannot be read: its text was changed.');
  if (keys.length === 0) {
    if (isSignedBy(crypto, checkpoint, own)) findings.right.push(`The checkpoint is signed by the key that the receipt itself names, ${keyLine(own)}: compare it with the one that the server publishes.`);
    else findings.wrong.push('The checkpoint’s signature is not by the receipt’s key: the checkpoint, its signature or the key was changed.');
  } else if (keys.some((key) => isSignedBy(crypto, checkpoint, key))) findings.right.push('The checkpoint is signed by a public key that you hold.');
  else findings.wrong.push('The checkpoint is not signed by any of the public keys that you hold.');
}

function checkGrowth(crypto: LedgerCrypto, receipt: Receipt, newer: SignedCheckpoint, older: SignedCheckpoint, keys: readonly LedgerKey[], findings: Findings): void {
  const { wrong, right } = findings;
  if (older.ledger !== newer.ledger) return void wrong.push(`The older checkpoint is of another ledger, ${older.ledger}; the receipt is of ${newer.ledger}.`);
  const own = readKeyLine(crypto.sha256, receipt.public_key);
  const known = keys.length > 0 || own === null ? keys : [own];
  if (known.some((key) => key.keyId === older.keyId) && !known.some((key) => isSignedBy(crypto, older, key))) wrong.push('The older checkpoint’s signature is wrong: its text was changed, or the ledger never signed it.');
  if (older.size > newer.size) return void wrong.push(`The older checkpoint covers ${older.size} entries, more than the receipt’s ${newer.size}: download the receipt again.`);
  const [first, second] = [bytesOf(older.root, HASH_BYTES), bytesOf(newer.root, HASH_BYTES)];
  const hashes = receipt.consistency?.size === older.size ? receipt.consistency.hashes.map((hash) => bytesOf(hash, HASH_BYTES)) : older.size === newer.size ? [] : null;
  if (hashes === null) return void wrong.push(`The receipt has no proof for a checkpoint of ${older.size} entries: download it again with "?since=${older.size}".`);
  const isGrown = first !== null && second !== null && isWhole(hashes) && verifyConsistency(crypto.sha256, { first: older.size, second: newer.size, firstRoot: first, secondRoot: second, path: hashes });
  if (isGrown) right.push(`The ledger of the receipt begins with the ${older.size} entries of the older checkpoint, unchanged.`);
  else wrong.push(`The ledger of the receipt does not begin with the ${older.size} entries that the older checkpoint covers: its history was changed, or one of the two is not the ledger’s.`);
}

function isWhole(hashes: readonly (Uint8Array | null)[]): hashes is Uint8Array[] {
  return hashes.every((hash) => hash !== null);
}
