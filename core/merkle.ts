/**
 * The Merkle tree of RFC 6962: any part of a list, or its growth, can be proven with a few hashes. The shapes of proofs
 * and their checks are those of RFC 9162, section 2.1 (https://www.rfc-editor.org/rfc/rfc9162#section-2.1).
 *
 * Whoever builds proofs asks for the hashes of ranges; this file says which ranges, and how hashes are put together.
 */

/** SHA-256 of some bytes, handed in: core has none of its own. */
export type Hash = (bytes: Uint8Array) => Uint8Array;

/** The leaves from `start` up to, not including, `end`. */
export type Range = { start: number; end: number };

/** A subtree that has all its leaves: those from `position * 2 ** level` on, `2 ** level` of them. */
export type Subtree = { level: number; position: number };

/** The complete subtrees that a growing tree consists of, the largest first. `growFrontier` changes it in place. */
export type Frontier = { size: number; peaks: Uint8Array[] };

/** The hash of a leaf. Its prefix differs from a node's, so that no node can be passed off as a leaf. */
export function hashLeaf(hash: Hash, leaf: Uint8Array): Uint8Array {
  return hash(joined(Uint8Array.of(0), leaf));
}

/** The hash of the node above two others. */
export function hashNode(hash: Hash, left: Uint8Array, right: Uint8Array): Uint8Array {
  return hash(joined(Uint8Array.of(1), left, right));
}

/** The root of a whole tree, or of any range of one, from the hashes of its leaves. */
export function rootOfLeaves(hash: Hash, leaves: readonly Uint8Array[]): Uint8Array {
  const frontier = emptyFrontier();
  for (const leaf of leaves) growFrontier(hash, frontier, leaf);
  return rootOfFrontier(hash, frontier);
}

export function emptyFrontier(): Frontier {
  return { size: 0, peaks: [] };
}

/**
 * Adds the hash of the next leaf.
 *
 * @param onSubtree told each subtree that this leaf completes above itself, from the lowest up
 */
export function growFrontier(hash: Hash, frontier: Frontier, leaf: Uint8Array, onSubtree?: (subtree: Subtree, root: Uint8Array) => void): void {
  let root = leaf;
  let level = 0;
  for (let position = frontier.size; position % 2 === 1; ) {
    const left = frontier.peaks.pop();
    if (left === undefined) throw new Error('a frontier has a peak for each bit of its size');
    root = hashNode(hash, left, root);
    level += 1;
    position = Math.floor(position / 2);
    onSubtree?.({ level, position }, root);
  }
  frontier.peaks.push(root);
  frontier.size += 1;
}

/** The root of the tree that a frontier stands for. */
export function rootOfFrontier(hash: Hash, frontier: Frontier): Uint8Array {
  return foldSubtrees(hash, frontier.peaks);
}

/** The root over complete subtrees that follow each other, the largest first; of none, the root of the empty tree. */
export function foldSubtrees(hash: Hash, roots: readonly Uint8Array[]): Uint8Array {
  const last = roots.at(-1);
  return last === undefined ? hash(new Uint8Array()) : roots.slice(0, -1).reduceRight((right, left) => hashNode(hash, left, right), last);
}

/** The complete subtrees that a range of a tree consists of, the largest first. The range is one that a proof names, or a whole tree. */
export function completeSubtrees({ start, end }: Range): Subtree[] {
  const subtrees: Subtree[] = [];
  for (let from = start; from < end; ) {
    let level = 0;
    while (2 ** (level + 1) <= end - from) level += 1;
    subtrees.push({ level, position: from / 2 ** level });
    from += 2 ** level;
  }
  return subtrees;
}

/** The ranges whose roots prove that a leaf is in a tree, from the leaf up (RFC 9162, section 2.1.3.1). */
export function inclusionRanges(index: number, size: number): Range[] {
  const ranges: Range[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return ranges.toReversed();
}

/** The ranges whose roots prove that a tree begins with a smaller one (RFC 9162, section 2.1.4.1); none where that needs no proof. */
export function consistencyRanges(first: number, second: number): Range[] {
  if (first === 0 || first === second) return [];
  const ranges: Range[] = [];
  let [start, end] = [0, second];
  while (first !== end) {
    const middle = start + splitOf(end - start);
    if (first <= middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  // Where the smaller tree is itself a subtree, whoever checks knows its root.
  if (start > 0) ranges.push({ start, end });
  return ranges.toReversed();
}

/** Whether a leaf is in a tree with this root (RFC 9162, section 2.1.3.2). */
export function verifyInclusion(hash: Hash, proof: { index: number; size: number; leaf: Uint8Array; path: readonly Uint8Array[]; root: Uint8Array }): boolean {
  if (!isPlace(proof.index) || !isPlace(proof.size) || proof.index >= proof.size) return false;
  let [place, last] = [proof.index, proof.size - 1];
  let root = proof.leaf;
  for (const sibling of proof.path) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      root = hashNode(hash, sibling, root);
      while (place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)];
    } else {
      root = hashNode(hash, root, sibling);
    }
    [place, last] = [half(place), half(last)];
  }
  return last === 0 && isSame(root, proof.root);
}

/** Whether a tree begins with all the leaves of a smaller one (RFC 9162, section 2.1.4.2). */
export function verifyConsistency(hash: Hash, proof: { first: number; second: number; firstRoot: Uint8Array; secondRoot: Uint8Array; path: readonly Uint8Array[] }): boolean {
  const { first, second, firstRoot, secondRoot } = proof;
  if (!isPlace(first) || !isPlace(second) || first > second) return false;
  if (first === second) return proof.path.length === 0 && isSame(firstRoot, secondRoot);
  if (first === 0) return proof.path.length === 0 && isSame(firstRoot, hash(new Uint8Array()));
  const [start, ...rest] = isPowerOfTwo(first) ? [firstRoot, ...proof.path] : proof.path;
  if (start === undefined || proof.path.length === 0) return false;
  let [place, last] = [first - 1, second - 1];
  while (place % 2 === 1) [place, last] = [half(place), half(last)];
  let [older, newer] = [start, start];
  for (const sibling of rest) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      older = hashNode(hash, sibling, older);
      newer = hashNode(hash, sibling, newer);
      while (place % 2 === 0 && place !== 0) [place, last] = [half(place), half(last)];
    } else {
      newer = hashNode(hash, newer, sibling);
    }
    [place, last] = [half(place), half(last)];
  }
  return last === 0 && isSame(older, firstRoot) && isSame(newer, secondRoot);
}

/** Whether two hashes are the same. */
export function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}

/** The largest power of two below a number of leaves: where RFC 6962 parts them. */
function splitOf(leaves: number): number {
  let split = 1;
  while (split * 2 < leaves) split *= 2;
  return split;
}

/** Shifts of JavaScript end at 32 bits, and a ledger may not. */
function half(place: number): number {
  return Math.floor(place / 2);
}

function isPowerOfTwo(size: number): boolean {
  return splitOf(size) * 2 === size || size === 1;
}

function isPlace(place: number): boolean {
  return Number.isSafeInteger(place) && place >= 0;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
