import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatBundle, parseBundle } from '../../../src/evidence/forms/bundles.ts';
import { FormError } from '../../../src/evidence/forms/form-error.ts';
import { hashLeaves, hashPackedTree } from '../../../src/evidence/forms/merkle.ts';
import {
  followInclusion,
  isConsistent,
  planConsistency,
  planInclusion,
  proveConsistency,
  proveInclusion,
} from '../../../src/evidence/forms/merkle-proofs.ts';
import {
  formatTilePath,
  listNewTiles,
  listTilesOf,
  parseTilePath,
  readFromTiles,
  type Tile,
} from '../../../src/evidence/forms/tiles.ts';

const leafHashes = hashLeaves(
  Array.from({ length: 70_000 }, (_, index) => Buffer.from(`entry ${index}`)),
);

/** A tile of the log above, by the definition of the text. */
function tileBytes({ level, index, width }: Tile): Buffer {
  const covered = 256 ** Number(level) * 32;
  const hashes = Array.from({ length: width }, (_, at) => {
    const start = (index * 256 + at) * covered;
    return hashPackedTree(leafHashes.subarray(start, start + covered));
  });
  return Buffer.concat(hashes);
}

function listPaths(from: number, to: number): string[] {
  return [...listNewTiles(from, to)].map((tile) => formatTilePath(tile));
}

describe('the path of a tile', () => {
  const paths: readonly (readonly [Tile, string])[] = [
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 0, index: 999, width: 1 }, 'tile/0/999.p/1'],
    [{ level: 1, index: 1000, width: 255 }, 'tile/1/x001/000.p/255'],
    [{ level: 5, index: 1_234_067, width: 256 }, 'tile/5/x001/x234/067'],
    [{ level: 'entries', index: 1_234_067, width: 12 }, 'tile/entries/x001/x234/067.p/12'],
    [{ level: 63, index: 0, width: 256 }, 'tile/63/000'],
    [
      { level: 'entries', index: Number.MAX_SAFE_INTEGER, width: 256 },
      'tile/entries/x009/x007/x199/x254/x740/991',
    ],
  ];

  it('is that of tlog-tiles', () => {
    for (const [tile, path] of paths) {
      assert.equal(formatTilePath(tile), path);
      assert.deepEqual(parseTilePath(path), tile);
    }
  });

  it('is read back as the tile that it was made of', () => {
    const tiles = fc.record<Tile>({
      level: fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant('entries' as const)),
      index: fc.maxSafeNat(),
      width: fc.integer({ min: 1, max: 256 }),
    });
    fc.assert(
      fc.property(tiles, (tile) =>
        assert.deepEqual(parseTilePath(formatTilePath(tile)), { ...tile }),
      ),
    );
  });

  it('is refused in any other spelling', () => {
    const wrong = [
      '',
      'checkpoint',
      'tile/0/0',
      'tile/0/0000',
      'tile/0/001/002',
      'tile/0/x001',
      'tile/0/x000/001',
      'tile/0/x001/x02/003',
      'tile/00/001',
      'tile/01/001',
      'tile/64/001',
      'tile/-1/001',
      'tile/0/001.p/0',
      'tile/0/001.p/256',
      'tile/0/001.p/012',
      'tile/0/001.p/',
      'tile/0/001.p',
      'tile/0/001/',
      '/tile/0/001',
      'tile/0/001\n',
      'tile/0/../0/001',
      'tile/0/٠٠١',
      'tile/Entries/001',
      'tile/0/x009/x007/x199/x254/x740/992',
      `tile/0/${'x999/'.repeat(40)}999`,
    ];
    for (const path of wrong) assert.equal(parseTilePath(path), undefined, path);
  });
});

describe('the tiles of a log', () => {
  it('are none of an empty log, and those that the text names for 256 and 70,000 entries', () => {
    assert.deepEqual(listPaths(0, 0), []);
    assert.deepEqual(listPaths(0, 1), ['tile/entries/000.p/1', 'tile/0/000.p/1']);
    assert.deepEqual(listPaths(0, 256), ['tile/entries/000', 'tile/0/000', 'tile/1/000.p/1']);
    const paths = listPaths(0, 70_000);
    assert.equal(paths.length, 2 * 274 + 2 + 1);
    const partial = paths.filter((path) => path.includes('.p/'));
    assert.deepEqual(partial, [
      'tile/entries/273.p/112',
      'tile/0/273.p/112',
      'tile/1/001.p/17',
      'tile/2/000.p/1',
    ]);
  });

  it('are new between two sizes exactly where the smaller log did not have them', () => {
    const sizes = fc.oneof(
      fc.integer({ min: 0, max: 70_000 }),
      fc.constantFrom(0, 1, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537),
    );
    fc.assert(
      fc.property(sizes, sizes, (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const had = new Set(listPaths(0, from));
        const wanted = listPaths(0, to).filter((path) => !had.has(path));
        assert.deepEqual(listPaths(from, to), wanted);
      }),
      { numRuns: 50 },
    );
  });

  it('have all hashes that proofs need, and few of them are read', () => {
    const sizes = fc.integer({ min: 1, max: 70_000 });
    fc.assert(
      fc.property(sizes, sizes, (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const rootOf = (size: number) => hashPackedTree(leafHashes.subarray(0, size * 32));
        const present = new Set(listPaths(0, to));
        const plans = [...planInclusion(from - 1, to), ...planConsistency(from, to)];
        const tiles = new Map(
          listTilesOf(plans, to).map((tile) => [formatTilePath(tile), tileBytes(tile)]),
        );
        assert.ok(tiles.size <= 6);
        for (const path of tiles.keys()) assert.ok(present.has(path), path);
        const read = readFromTiles(
          to,
          (tile) => tiles.get(formatTilePath(tile)) ?? assert.fail(formatTilePath(tile)),
        );
        const leaf = leafHashes.subarray((from - 1) * 32, from * 32);
        const path = proveInclusion(from - 1, to, read);
        assert.deepEqual(followInclusion(leaf, from - 1, to, path), rootOf(to));
        const [older, newer] = [
          { size: from, root: rootOf(from) },
          { size: to, root: rootOf(to) },
        ];
        assert.ok(isConsistent(older, newer, proveConsistency(from, to, read)));
      }),
      { numRuns: 20 },
    );
  });

  it('are refused when they are cut', () => {
    const read = readFromTiles(300, (tile) => tileBytes(tile).subarray(1));
    assert.throws(
      () => read(0, 299),
      new FormError('malformed', 'A tile of 44 hashes has 1407 bytes: expected 1408.'),
    );
  });
});

describe('an entry bundle', () => {
  it('has each entry behind its length in two bytes', () => {
    const entries = ['ab', '', 'c'].map((text) => Buffer.from(text));
    const bytes = formatBundle(entries);
    assert.equal(bytes.toString('hex'), '000261620000000163');
    assert.deepEqual(parseBundle(bytes, 3), entries);
  });

  it('takes entries of up to 65,535 bytes', () => {
    const entry = Buffer.alloc(65_535, 7);
    assert.deepEqual(parseBundle(formatBundle([entry, entry]), 2), [entry, entry]);
    assert.throws(
      () => formatBundle([Buffer.alloc(65_536)]),
      new FormError('malformed', 'An entry has 65536 bytes: at most 65535 fit into a bundle.'),
    );
  });

  it('is refused when it is cut, or has fewer or more entries than its place promises', () => {
    const bytes = formatBundle([Buffer.from('ab'), Buffer.from('c')]);
    for (const length of [1, 3, 5, 6]) {
      assert.throws(
        () => parseBundle(bytes.subarray(0, length), 2),
        /A bundle ends in the middle of entry [01]\./,
      );
    }
    assert.throws(
      () => parseBundle(bytes.subarray(0, 4), 2),
      new FormError('malformed', 'A bundle has 1 entries: expected 2.'),
    );
    assert.throws(
      () => parseBundle(bytes, 1),
      new FormError('malformed', 'A bundle has 2 entries: expected 1.'),
    );
  });
});
