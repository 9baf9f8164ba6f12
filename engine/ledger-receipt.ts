import { checkpointNote, keyLine, type LedgerKey, type SignedCheckpoint } from '#core/checkpoint.ts';
import { accept, assert, refuse, type Outcome } from '#core/errors.ts';
import { consistencyRanges, inclusionRanges, type Range } from '#core/merkle.ts';
import { RECEIPT_FORMAT, type Receipt } from '#core/receipt.ts';
import { findPlacedEntry, listLedgerKeys } from '#store/ledger-tree.ts';
import type { Reader } from '#store/seam.ts';
import type { Engine } from './engine.ts';
import { openLedgerRoots } from './ledger-proof.ts';
import { latestCheckpoint, sealWaiting } from './seal-ledger.ts';

/** More keys than a ledger ever has: one for each that was lost, and one for each server node without a common one. */
const MOST_KEYS = 10_000;

/**
 * The receipt of an entry, which is sealed for it where it still waits.
 *
 * @param asked.since the size of an older checkpoint, for a proof that the ledger has grown from it
 * @param asked.account only an entry that moved credits of this account
 */
export async function receiptOf(engine: Engine, id: string, asked: { since: number | null; account: string | null }): Promise<Outcome<Receipt>> {
  const { reader } = engine.store;
  const found = await findPlacedEntry(reader, id);
  if (found === null || (asked.account !== null && asked.account !== found.entry.credit && asked.account !== found.entry.debit)) return refuse('not_found', 'There is no entry with this id.');
  if (found.position === null) await sealWaiting(engine);
  const receipt = await readReceipt(reader, id);
  if (receipt === null) return refuse('entry_unsealed');
  if (asked.since === null) return accept(receipt);
  const proof = await proveGrowth(reader, asked.since, null);
  if (!proof.ok) return refuse(proof.refusal.code, proof.refusal.detail, proof.refusal.issues.map((issue) => ({ ...issue, path: 'since' })));
  return accept({ ...receipt, consistency: { size: asked.since, hashes: proof.value.hashes } });
}

/** The receipt of an entry as it is; null where it still waits to be sealed. */
export async function readReceipt(reader: Reader, id: string): Promise<Receipt | null> {
  const [found, checkpoint] = await Promise.all([findPlacedEntry(reader, id), latestCheckpoint(reader)]);
  if (found === null || found.position === null || checkpoint === null || checkpoint.size <= found.position) return null;
  const { entry, position } = found;
  const inclusion = await hashesOf(reader, inclusionRanges(position, checkpoint.size));
  return { format: RECEIPT_FORMAT, entry, position, inclusion, checkpoint: checkpointNote(checkpoint), public_key: keyLine(await keyOf(reader, checkpoint)), consistency: null };
}

/** Proof that the ledger of `second` entries (of all that are sealed where null) begins with its first `first` ones. */
export async function proveGrowth(reader: Reader, first: number, second: number | null): Promise<Outcome<{ first: number; second: number; hashes: string[] }>> {
  const latest = await latestCheckpoint(reader);
  if (latest === null) return refuse('not_found', 'Nothing is sealed yet: there is no checkpoint.');
  const end = second ?? latest.size;
  if (end > latest.size) return refuse('invalid', `The ledger has ${latest.size} sealed entries, not ${end}.`, [{ path: 'to', message: `must be at most ${latest.size}` }]);
  if (first > end) return refuse('invalid', `A ledger of ${end} entries cannot have grown from one of ${first}.`, [{ path: 'from', message: `must be at most ${end}` }]);
  return accept({ first, second: end, hashes: await hashesOf(reader, consistencyRanges(first, end)) });
}

/** The public key that has signed a checkpoint. */
export async function keyOf(reader: Reader, checkpoint: SignedCheckpoint): Promise<LedgerKey> {
  const key = (await listLedgerKeys(reader, MOST_KEYS)).find(({ id }) => id === checkpoint.keyId);
  assert(key !== undefined, 'the key of a checkpoint is registered');
  return { ledger: checkpoint.ledger, keyId: key.id, publicKey: key.publicKey };
}

async function hashesOf(reader: Reader, ranges: readonly Range[]): Promise<string[]> {
  const roots = openLedgerRoots(reader);
  return Promise.all(ranges.map(async (range) => (await roots.rootOf(range)).toBase64()));
}
