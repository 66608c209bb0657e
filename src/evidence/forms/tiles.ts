/**
 * The files of a log: C2SP tlog-tiles v0.1.0 (the text of commit 0ad71eb of C2SP/C2SP), tiles of height 8. A tile holds up to
 * 256 hashes of one level, a bundle the 256 entries below a tile of level 0. Only the last of a level may hold fewer.
 */
import { FormError } from './form-error.ts';
import { hashBytes, hashPackedTree } from './merkle.ts';
import type { Part, ReadSubtree } from './merkle-proofs.ts';

/** How many hashes or entries a full tile or bundle has. */
export const tileWidth = 256;

const tileHeight = 8;

/** A tile of hashes, or a bundle of entries. */
export type Tile = {
  readonly level: number | 'entries';
  readonly index: number;
  /** How many hashes or entries it has: 256 when it is full. */
  readonly width: number;
};

/** Where a tile or bundle is, below the prefix of the log: `tile/0/x001/x234/067.p/12`. */
export function formatTilePath({ level, index, width }: Tile): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/\d{3}/g) ?? [];
  const folders = groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group));
  return `tile/${level}/${folders.join('/')}${width === tileWidth ? '' : `.p/${width}`}`;
}

const tilePath =
  /^tile\/(entries|\d|[1-5]\d|6[0-3])\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** The tile or bundle of a path; undefined unless it is exactly the path that `formatTilePath` makes. */
export function parseTilePath(path: string): Tile | undefined {
  const [, level, folders = '', width] = tilePath.exec(path) ?? [];
  if (level === undefined) return undefined;
  const tile: Tile = {
    level: level === 'entries' ? level : Number(level),
    index: Number(folders.replaceAll(/\D/g, '')),
    width: width === undefined ? tileWidth : Number(width),
  };
  return Number.isSafeInteger(tile.index) && formatTilePath(tile) === path ? tile : undefined;
}

/**
 * The tiles and bundles that a log has at one size and did not have at a smaller one, bundles first, then level by level;
 * from 0: all that it has. A partial one that has grown is another one.
 */
export function* listNewTiles(from: number, to: number): Generator<Tile> {
  yield* listLevel('entries', from, to);
  let [before, now] = [from, to];
  for (let level = 0; now > 0; level++) {
    yield* listLevel(level, before, now);
    [before, now] = [Math.floor(before / tileWidth), Math.floor(now / tileWidth)];
  }
}

function* listLevel(level: Tile['level'], before: number, now: number): Generator<Tile> {
  if (before >= now) return;
  for (let index = Math.floor(before / tileWidth); index * tileWidth < now; index++) {
    yield { level, index, width: Math.min(tileWidth, now - index * tileWidth) };
  }
}

/** The tiles that hold what a proof is made of, in a log of this size; each once. */
export function listTilesOf(parts: readonly Part[], size: number): Tile[] {
  const tiles = parts.flat().map(({ level, index }) => findTile(level, index, size).tile);
  return [...new Map(tiles.map((tile) => [formatTilePath(tile), tile])).values()];
}

/** Reads the hashes of perfect subtrees from the tiles of a log of this size. */
export function readFromTiles(size: number, readTile: (tile: Tile) => Uint8Array): ReadSubtree {
  return (level, index) => {
    const { tile, from, to } = findTile(level, index, size);
    const bytes = readTile(tile);
    checkTile(bytes, tile.width);
    return hashPackedTree(bytes.subarray(from * hashBytes, to * hashBytes));
  };
}

/** The tile that holds a perfect subtree, and from where to where its hashes stand in it. */
function findTile(
  level: number,
  index: number,
  size: number,
): { tile: Tile; from: number; to: number } {
  const tileLevel = Math.floor(level / tileHeight);
  const width = 2 ** (level % tileHeight);
  const first = index * width;
  const tileIndex = Math.floor(first / tileWidth);
  const present = Math.floor(size / tileWidth ** tileLevel) - tileIndex * tileWidth;
  const from = first - tileIndex * tileWidth;
  return {
    tile: { level: tileLevel, index: tileIndex, width: Math.min(tileWidth, present) },
    from,
    to: from + width,
  };
}

/** The error for a tile that lacks hashes for its place. */
export function checkTile(bytes: Uint8Array, width: number): void {
  if (bytes.length !== width * hashBytes) {
    throw new FormError(
      'malformed',
      `A tile of ${width} hashes has ${bytes.length} bytes: expected ${width * hashBytes}.`,
    );
  }
}
