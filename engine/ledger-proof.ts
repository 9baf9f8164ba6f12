import { bytesOf } from '#core/checkpoint.ts';
import { assert } from '#core/errors.ts';
import { completeSubtrees, foldSubtrees, hashLeaf, rootOfLeaves, type Range } from '#core/merkle.ts';
import { leafBytes } from '#core/receipt.ts';
import { findLedgerNode, listPlacedEntries } from '#store/ledger-tree.ts';
import type { Reader } from '#store/seam.ts';
import { LEDGER_CRYPTO } from './ledger-crypto.ts';

/** Subtrees of fewer leaves than these are computed from the entries, which takes half a millisecond; larger ones are kept. */
export const BLOCK_LEVEL = 8;
export const BLOCK_LEAVES = 2 ** BLOCK_LEVEL;

const HASH_BYTES = 32;

/** Reads roots of ranges of the sealed ledger. */
export type LedgerRoots = { rootOf: (range: Range) => Promise<Uint8Array> };

/** A reader of roots that reads each block of entries once. */
export function openLedgerRoots(reader: Reader): LedgerRoots {
  const blocks = new Map<number, Promise<Uint8Array[]>>();
  const leavesOf = async ({ start, end }: Range): Promise<Uint8Array[]> => {
    const block = Math.floor(start / BLOCK_LEAVES);
    const reading = blocks.get(block) ?? readLeaves(reader, { start: block * BLOCK_LEAVES, end: (block + 1) * BLOCK_LEAVES });
    blocks.set(block, reading);
    const leaves = (await reading).slice(start % BLOCK_LEAVES, (start % BLOCK_LEAVES) + end - start);
    assert(leaves.length === end - start, `the entries from ${start} to ${end} are sealed`);
    return leaves;
  };
  return {
    async rootOf(range) {
      const roots: Uint8Array[] = [];
      for (const { level, position } of completeSubtrees(range)) {
        const start = position * 2 ** level;
        if (level < BLOCK_LEVEL) roots.push(rootOfLeaves(LEDGER_CRYPTO.sha256, await leavesOf({ start, end: start + 2 ** level })));
        else roots.push(await keptRoot(reader, level, position));
      }
      return foldSubtrees(LEDGER_CRYPTO.sha256, roots);
    },
  };
}

/** The hashes of leaves at these places, as many of them as there are. */
export async function readLeaves(reader: Reader, { start, end }: Range): Promise<Uint8Array[]> {
  return (await listPlacedEntries(reader, start, end)).map((entry) => hashLeaf(LEDGER_CRYPTO.sha256, leafBytes(entry)));
}

/** The kept root of a block or of a larger subtree. */
export async function keptRoot(reader: Reader, level: number, position: number): Promise<Uint8Array> {
  const kept = bytesOf((await findLedgerNode(reader, { level, position })) ?? undefined, HASH_BYTES);
  assert(kept !== null, `the root of the subtree ${position} of level ${level} is kept`);
  return kept;
}
