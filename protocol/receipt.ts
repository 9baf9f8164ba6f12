import { z } from 'zod';
import { checkpointNote, keyLine, type LedgerKey, type SignedCheckpoint } from '#core/checkpoint.ts';
import { RECEIPT_FORMAT } from '#core/receipt.ts';
import { moment, pageQuery, toMoment } from './scalar.ts';

const hash = z.string().length(44);
const size = z.int().min(0);
const sizeOfQuery = z.string('must be a whole number').regex(/^\d{1,20}$/, 'must be a whole number').transform(Number).pipe(size.max(Number.MAX_SAFE_INTEGER, 'is larger than any ledger'));

/** A receipt as the API gives it and as people keep it: docs/ledger.md says how each field is checked. */
export const receiptView = z.object({
  format: z.literal(RECEIPT_FORMAT),
  entry: z.object({
    amount: z.int(),
    at: z.int(),
    brief_id: z.string().nullable(),
    cause: z.string(),
    credit: z.string(),
    debit: z.string(),
    id: z.string(),
    kind: z.string(),
    task_id: z.string().nullable(),
  }),
  position: size,
  inclusion: z.array(hash).max(64),
  checkpoint: z.string().max(4000),
  public_key: z.string().max(400),
  consistency: z.object({ size, hashes: z.array(hash).max(128) }).nullable(),
});

/** A checkpoint as the API shows it; `text` is what people keep and publish. */
export const checkpointView = z.object({ ledger: z.string(), size, root: hash, at: moment, previous: size, key_id: z.string(), public_key: z.string(), text: z.string() });

/** Proof that the ledger of `to` entries begins with its first `from` ones. */
export const consistencyView = z.object({ from: size, to: size, hashes: z.array(hash) });

/** From the core's form to the wire's. */
export function fromCheckpoint(checkpoint: SignedCheckpoint, key: LedgerKey): z.infer<typeof checkpointView> {
  const { ledger, root, at, previous, keyId } = checkpoint;
  return { ledger, size: checkpoint.size, root, at: toMoment(at), previous, key_id: keyId, public_key: keyLine(key), text: checkpointNote(checkpoint) };
}

/** Query of a receipt: `since` is the size of an older checkpoint, for a proof that the ledger has grown from it. */
export const receiptQuery = z.strictObject({ since: sizeOfQuery.optional() });

/** Query of the latest checkpoint. */
export const checkpointQuery = z.strictObject({ format: z.enum(['json', 'text']).default('json') });

/** Query of a proof of growth; `to` is all that is sealed where absent. */
export const consistencyQuery = z.strictObject({ from: sizeOfQuery, to: sizeOfQuery.optional() });

/** Query of checkpoints. */
export const checkpointsQuery = z.strictObject(pageQuery);
