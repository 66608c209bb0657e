import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { FormError } from '../../../src/evidence/forms/form-error.ts';
import {
  emptyFrontier,
  findRoot,
  formatFrontier,
  type Frontier,
  growFrontier,
  parseFrontier,
} from '../../../src/evidence/forms/frontier.ts';
import {
  emptyRoot,
  hashLeaf,
  hashLeaves,
  hashNode,
  hashPackedTree,
  hashTree,
} from '../../../src/evidence/forms/merkle.ts';
import {
  followInclusion,
  isConsistent,
  planInclusion,
  proveConsistency,
  proveInclusion,
  readFromLeaves,
} from '../../../src/evidence/forms/merkle-proofs.ts';
import { naivePath, naiveProof, naiveRoot } from '../../support/naive-tree.ts';

// The vectors of Certificate Transparency, as github.com/transparency-dev/merkle keeps them.
const vectorLeaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => Buffer.from(hex, 'hex'));

const vectorRoots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const largest = 600;
const leaves = Array.from({ length: largest }, (_, index) => Buffer.from(`leaf ${index}`));
const packed = hashLeaves(leaves);
const read = readFromLeaves(packed);
const roots = Array.from({ length: largest + 1 }, (_, size) => naiveRoot(leaves.slice(0, size)));

function toHex(hashes: readonly Uint8Array[]): string[] {
  return hashes.map((hash) => Buffer.from(hash).toString('hex'));
}

function rootAt(size: number): Buffer {
  return roots[size] ?? assert.fail(`no root of ${size}`);
}

function leafHashAt(index: number): Buffer {
  return packed.subarray(index * 32, (index + 1) * 32);
}

/** A place in a tree of up to 600 leaves. */
const place = fc
  .integer({ min: 1, max: largest })
  .chain((size) => fc.tuple(fc.integer({ min: 0, max: size - 1 }), fc.constant(size)));

/** Two sizes of a tree, the smaller one first. */
const twoSizes = fc
  .integer({ min: 0, max: largest })
  .chain((to) => fc.tuple(fc.integer({ min: 0, max: to }), fc.constant(to)));

describe('the hashes of a tree', () => {
  it('are those of Certificate Transparency for its eight leaves', () => {
    const found = vectorRoots.map((_, size) =>
      hashTree(vectorLeaves.slice(0, size).map((leaf) => hashLeaf(leaf))).toString('hex'),
    );
    assert.deepEqual(found, vectorRoots);
    assert.equal(emptyRoot.toString('hex'), vectorRoots[0]);
  });

  it('are those of the definition for every number of leaves up to 600', () => {
    for (let size = 0; size <= largest; size++) {
      assert.deepEqual(hashPackedTree(packed.subarray(0, size * 32)), rootAt(size), `${size}`);
    }
  });

  it('tell a leaf of 64 bytes from the node above two hashes', () => {
    const [left, right] = [leafHashAt(0), leafHashAt(1)];
    assert.notDeepEqual(hashLeaf(Buffer.concat([left, right])), hashNode(left, right));
  });

  it('are right for leaves of any length, longer and shorter ones in turn', () => {
    const lengths = [0, 1, 4095, 4096, 5, 65_535, 65_536, 0, 100_000, 3];
    const data = lengths.map((length) => Buffer.alloc(length, length % 251));
    const one = data.map((leaf) => naiveRoot([leaf]));
    assert.deepEqual(
      data.map((leaf) => hashLeaf(leaf)),
      one,
    );
    assert.deepEqual(hashLeaves(data), Buffer.concat(one));
  });

  it('leave what they are given as it was', () => {
    const before = Buffer.from(packed);
    hashPackedTree(packed);
    hashTree([leafHashAt(0), leafHashAt(1)]);
    assert.deepEqual(packed, before);
  });
});

describe('a frontier', () => {
  it('has the root of the definition at every size, however the leaves come', () => {
    let frontier: Frontier = emptyFrontier;
    assert.deepEqual(findRoot(frontier), rootAt(0));
    for (let size = 1; size <= largest; size++) {
      frontier = growFrontier(frontier, [leafHashAt(size - 1)]);
      assert.deepEqual(findRoot(frontier), rootAt(size), `${size}`);
    }
    fc.assert(
      fc.property(twoSizes, ([from, to]) => {
        const all = leaves.slice(0, to).map((leaf) => hashLeaf(leaf));
        const first = growFrontier(emptyFrontier, all.slice(0, from));
        assert.deepEqual(findRoot(growFrontier(first, all.slice(from))), rootAt(to));
        assert.equal(first.size, from);
      }),
    );
  });

  it('tells of each perfect subtree once, with the hash of the definition', () => {
    const told = new Map<string, string>();
    const all = leaves.slice(0, 300).map((leaf) => hashLeaf(leaf));
    growFrontier(growFrontier(emptyFrontier, all.slice(0, 77), tell), all.slice(77), tell);
    function tell(level: number, index: number, hash: Buffer) {
      assert.equal(told.has(`${level}/${index}`), false);
      told.set(`${level}/${index}`, hash.toString('hex'));
    }
    const wanted = new Map<string, string>();
    for (let level = 0; 2 ** level <= 300; level++) {
      for (let index = 0; (index + 1) * 2 ** level <= 300; index++) {
        const covered = leaves.slice(index * 2 ** level, (index + 1) * 2 ** level);
        wanted.set(`${level}/${index}`, naiveRoot(covered).toString('hex'));
      }
    }
    assert.deepEqual(told, wanted);
  });

  it('is the same after being written and read, at sizes that need more than 32 bits too', () => {
    for (const size of [0, 1, 255, 256, 257, 2 ** 32, 2 ** 40 + 5, Number.MAX_SAFE_INTEGER]) {
      const ones = size.toString(2).replaceAll('0', '').length;
      const hashes = leaves.slice(0, ones).map((leaf) => hashLeaf(leaf));
      assert.deepEqual(parseFrontier(formatFrontier({ size, hashes })), { size, hashes });
    }
  });

  it('is refused when its bytes do not belong to its size', () => {
    const bytes = formatFrontier(growFrontier(emptyFrontier, [leafHashAt(0), leafHashAt(1)]));
    const wrong = [
      Buffer.alloc(0),
      bytes.subarray(0, 7),
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.of(0)]),
      Buffer.concat([Buffer.alloc(7), Buffer.of(3), leafHashAt(0)]),
      Buffer.alloc(8 + 64 * 32, 0xff),
    ];
    for (const each of wrong) assert.throws(() => parseFrontier(each), FormError);
  });
});

describe('an inclusion proof', () => {
  it('is that of Certificate Transparency', () => {
    const prove = (index: number, size: number) =>
      toHex(proveInclusion(index, size, readFromLeaves(hashLeaves(vectorLeaves))));
    assert.deepEqual(prove(0, 1), []);
    assert.deepEqual(prove(0, 8), [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    assert.deepEqual(prove(2, 3), [
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
    ]);
    assert.deepEqual(prove(1, 5), [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ]);
  });

  it('is that of the definition and leads to the root, anywhere in trees of up to 600 leaves', () => {
    for (let size = 1; size <= 64; size++) {
      for (let index = 0; index < size; index++) check(index, size);
    }
    fc.assert(fc.property(place, ([index, size]) => check(index, size)));
    function check(index: number, size: number) {
      const path = proveInclusion(index, size, read);
      assert.deepEqual(path, naivePath(index, leaves.slice(0, size)));
      assert.deepEqual(followInclusion(leafHashAt(index), index, size, path), rootAt(size));
    }
  });

  it('leads elsewhere when one bit of it, the place or the size is another', () => {
    fc.assert(
      fc.property(place, fc.nat(), ([index, size], chosen) => {
        const path = proveInclusion(index, size, read);
        const leadsToRoot = (...args: Parameters<typeof followInclusion>) =>
          followInclusion(...args)?.equals(rootAt(size)) ?? false;
        const leaf = leafHashAt(index);
        if (path.length > 0) {
          const at = chosen % path.length;
          const flipped = path.map((hash, step) => (step === at ? flipBit(hash, chosen) : hash));
          assert.equal(leadsToRoot(leaf, index, size, flipped), false);
          assert.equal(leadsToRoot(leaf, index, size, path.slice(1)), false);
        }
        assert.equal(leadsToRoot(flipBit(leaf, chosen), index, size, path), false);
        assert.equal(leadsToRoot(leaf, index, size, [...path, leaf]), false);
        for (let other = 0; other < size; other++) {
          assert.equal(leadsToRoot(leaf, other, size, path), other === index);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('refuses places outside the tree and hashes of another length', () => {
    const path = proveInclusion(2, 5, read);
    for (const [index, size] of [
      [5, 5],
      [-1, 5],
      [2.5, 5],
      [0, 0],
      [2, Number.NaN],
      [2 ** 53, 2 ** 54],
    ] as const) {
      assert.equal(followInclusion(leafHashAt(2), index, size, path), undefined);
    }
    const short = path.map((hash) => hash.subarray(1));
    assert.equal(followInclusion(leafHashAt(2), 2, 5, short), undefined);
  });

  it('needs few reads in a log of ten million entries, and of more than 2^40', () => {
    for (const size of [10_000_000, 2 ** 40 + 12_345]) {
      const parts = planInclusion(Math.floor(size / 3), size);
      assert.equal(parts.length, Math.ceil(Math.log2(size)));
      assert.ok(parts.flat().length < 60);
    }
  });

  it('is right beyond 32 bits, in a tree whose leaves are all alike', () => {
    const levels = [hashLeaf(Buffer.from('same'))];
    for (let level = 1; level <= 52; level++) {
      const below = levels[level - 1] ?? assert.fail();
      levels.push(hashNode(below, below));
    }
    const readSame = (level: number) => levels[level] ?? assert.fail();
    const leaf = readSame(0);
    const rootOf = (size: number) => {
      const bits = size.toString(2);
      const hashes = bits
        .split('')
        .flatMap((bit, at) => (bit === '1' ? [readSame(bits.length - 1 - at)] : []));
      return findRoot({ size, hashes });
    };
    const sizes = fc.integer({ min: 2 ** 31, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(sizes, sizes, (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const path = proveInclusion(from - 1, to, readSame);
        assert.deepEqual(followInclusion(leaf, from - 1, to, path), rootOf(to));
        const heads = [from, to].map((size) => ({ size, root: rootOf(size) }));
        const [older, newer] = heads as [(typeof heads)[0], (typeof heads)[0]];
        assert.equal(isConsistent(older, newer, proveConsistency(from, to, readSame)), true);
      }),
    );
  });
});

describe('a consistency proof', () => {
  const headAt = (size: number) => ({ size, root: rootAt(size) });

  it('is that of Certificate Transparency', () => {
    const prove = (from: number, to: number) =>
      toHex(proveConsistency(from, to, readFromLeaves(hashLeaves(vectorLeaves))));
    assert.deepEqual(prove(1, 1), []);
    assert.deepEqual(prove(1, 8), [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ]);
    assert.deepEqual(prove(6, 8), [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
    assert.deepEqual(prove(6, 7), [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ]);
  });

  it('is that of the definition and verifies, between any two sizes up to 600', () => {
    for (let to = 1; to <= 64; to++) for (let from = 1; from <= to; from++) check(from, to);
    fc.assert(fc.property(twoSizes, ([from, to]) => check(from, to)));
    function check(from: number, to: number) {
      const path = proveConsistency(from, to, read);
      assert.deepEqual(path, from === 0 ? [] : naiveProof(from, leaves.slice(0, to)));
      assert.equal(isConsistent(headAt(from), headAt(to), path), true, `${from} ${to}`);
    }
  });

  it('does not verify when a bit of it, a size or a root is another', () => {
    fc.assert(
      fc.property(twoSizes, fc.nat(), ([from, to], chosen) => {
        if (from === 0 || from === to) return;
        const path = proveConsistency(from, to, read);
        const at = chosen % path.length;
        const flipped = path.map((hash, step) => (step === at ? flipBit(hash, chosen) : hash));
        const [older, newer] = [headAt(from), headAt(to)];
        const wrongRoot = flipBit(older.root, chosen);
        assert.equal(isConsistent(older, newer, flipped), false);
        assert.equal(isConsistent(older, newer, path.slice(1)), false);
        assert.equal(isConsistent(older, newer, [...path, wrongRoot]), false);
        assert.equal(isConsistent({ size: from, root: wrongRoot }, newer, path), false);
        assert.equal(isConsistent(older, { size: to, root: wrongRoot }, path), false);
        assert.equal(isConsistent(newer, older, path), false);
        assert.equal(isConsistent({ ...older, size: from - 1 }, newer, path), false);
      }),
    );
  });

  it('is empty from nothing and from the same size, and then the roots must say so', () => {
    const other = rootAt(3);
    assert.equal(isConsistent(headAt(0), headAt(7), []), true);
    assert.equal(isConsistent(headAt(0), headAt(7), [other]), false);
    assert.equal(isConsistent({ size: 0, root: other }, headAt(7), []), false);
    assert.equal(isConsistent(headAt(7), headAt(7), []), true);
    assert.equal(isConsistent(headAt(7), headAt(7), [other]), false);
    assert.equal(isConsistent(headAt(7), { size: 7, root: other }, []), false);
    assert.equal(isConsistent(headAt(4), headAt(7), []), false);
    assert.equal(isConsistent({ size: 0, root: emptyRoot }, { size: 0, root: other }, []), false);
  });
});

function flipBit(bytes: Uint8Array, chosen: number): Buffer {
  const flipped = Buffer.from(bytes);
  const at = chosen % flipped.length;
  flipped[at] = (flipped[at] ?? 0) ^ (1 << (chosen % 8));
  return flipped;
}
