import assert from 'node:assert/strict';
import { hash as digest } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { completeSubtrees, consistencyRanges, emptyFrontier, foldSubtrees, growFrontier, hashLeaf, hashNode, inclusionRanges, rootOfFrontier, rootOfLeaves, verifyConsistency, verifyInclusion, type Range } from './merkle.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => digest('sha256', bytes, 'buffer');

/** The leaves and roots that implementations of RFC 6962 agree on since the first one (Certificate Transparency's own tests). */
const VECTOR_LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const VECTOR_ROOTS = [
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

/** The root as RFC 6962 defines it, word for word: from the bytes of leaves, by recursion. */
function definedRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return sha256(new Uint8Array());
  if (leaves.length === 1) return sha256(Buffer.concat([Buffer.from([0]), only]));
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Buffer.concat([Buffer.from([1]), definedRoot(leaves.slice(0, split)), definedRoot(leaves.slice(split))]));
}

const leavesOf = (count: number): Uint8Array[] => Array.from({ length: count }, (_, index) => Buffer.from(`leaf ${index}`));
const provenBy = (leaves: readonly Uint8Array[], ranges: readonly Range[]): Uint8Array[] => ranges.map(({ start, end }) => definedRoot(leaves.slice(start, end)));
const sizes = fc.integer({ min: 1, max: 130 });

describe('a Merkle tree', () => {
  test('has the roots that others compute', () => {
    const leaves = VECTOR_LEAVES.map((leaf) => Uint8Array.fromHex(leaf));
    for (const [index, root] of VECTOR_ROOTS.entries()) {
      const some = leaves.slice(0, index + 1);
      assert.equal(rootOfLeaves(sha256, some.map((leaf) => hashLeaf(sha256, leaf))).toHex(), root);
      assert.equal(Buffer.from(definedRoot(some)).toString('hex'), root);
    }
    assert.equal(Buffer.from(rootOfLeaves(sha256, [])).toString('hex'), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  test('has the root of the definition at any size, grown leaf by leaf or put together from complete subtrees', () => {
    const leaves = leavesOf(300);
    const frontier = emptyFrontier();
    const kept = new Map<string, Uint8Array>();
    for (const [index, leaf] of leaves.entries()) {
      const hashed = hashLeaf(sha256, leaf);
      kept.set(`0 ${index}`, hashed);
      growFrontier(sha256, frontier, hashed, ({ level, position }, root) => kept.set(`${level} ${position}`, root));
      const size = index + 1;
      if (size > 140 && size % 37 !== 0) continue;
      const wanted = Buffer.from(definedRoot(leaves.slice(0, size))).toString('hex');
      assert.equal(Buffer.from(rootOfFrontier(sha256, frontier)).toString('hex'), wanted);
      const parts = completeSubtrees({ start: 0, end: size }).map(({ level, position }) => kept.get(`${level} ${position}`) ?? assert.fail(`${level} ${position}`));
      assert.equal(Buffer.from(foldSubtrees(sha256, parts)).toString('hex'), wanted);
    }
  });

  test('proves each of its leaves, and no other leaf, place or size', () => {
    fc.assert(fc.property(sizes, fc.nat(), fc.nat(), (size, which, other) => {
      const leaves = leavesOf(size);
      const index = which % size;
      const path = provenBy(leaves, inclusionRanges(index, size));
      const proof = { index, size, leaf: hashLeaf(sha256, leaves[index] ?? assert.fail()), path, root: definedRoot(leaves) };
      assert.equal(verifyInclusion(sha256, proof), true);
      const place = other % size;
      if (place !== index) assert.equal(verifyInclusion(sha256, { ...proof, index: place }), false);
      assert.equal(verifyInclusion(sha256, { ...proof, leaf: hashLeaf(sha256, Buffer.from('another')) }), false);
      assert.equal(verifyInclusion(sha256, { ...proof, root: hashNode(sha256, proof.root, proof.root) }), false);
      assert.equal(verifyInclusion(sha256, { ...proof, path: [...path, proof.root] }), false);
      if (path.length > 0) assert.equal(verifyInclusion(sha256, { ...proof, path: path.slice(1) }), false);
      for (const wrong of [-1, size, 0.5, Number.NaN, 2 ** 53]) assert.equal(verifyInclusion(sha256, { ...proof, index: wrong }), false);
    }));
  });

  test('proves that it begins with each smaller one, and with no other', () => {
    fc.assert(fc.property(sizes, fc.nat(), (second, which) => {
      const leaves = leavesOf(second);
      const first = which % (second + 1);
      const path = provenBy(leaves, consistencyRanges(first, second));
      const proof = { first, second, firstRoot: definedRoot(leaves.slice(0, first)), secondRoot: definedRoot(leaves), path };
      assert.equal(verifyConsistency(sha256, proof), true);
      const forked = [...leaves];
      forked[Math.max(0, first - 1)] = Buffer.from('another');
      if (first > 0) {
        assert.equal(verifyConsistency(sha256, { ...proof, firstRoot: definedRoot(forked.slice(0, first)) }), false);
        assert.equal(verifyConsistency(sha256, { ...proof, secondRoot: definedRoot(forked) }), false);
      }
      assert.equal(verifyConsistency(sha256, { ...proof, path: [...path, proof.secondRoot] }), false);
      if (path.length > 0) assert.equal(verifyConsistency(sha256, { ...proof, path: path.slice(0, -1) }), false);
      if (first !== second) assert.equal(verifyConsistency(sha256, { ...proof, first: second, second: first }), false);
    }));
  });

  test('places beyond 32 bits are proven too', () => {
    const size = 2 ** 40 + 5;
    const index = 2 ** 40 + 2;
    const ranges = inclusionRanges(index, size);
    const path = ranges.map(({ start, end }) => sha256(Buffer.from(`${start} ${end}`)));
    const leaf = sha256(Buffer.from('leaf'));
    const root = ranges.reduce((under, { start }, at) => (start < index ? hashNode(sha256, path[at] ?? assert.fail(), under) : hashNode(sha256, under, path[at] ?? assert.fail())), leaf);
    assert.equal(verifyInclusion(sha256, { index, size, leaf, path, root }), true);
    assert.equal(verifyInclusion(sha256, { index: index - 2 ** 32, size, leaf, path, root }), false);
  });
});
