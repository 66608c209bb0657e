/**
 * All that a log needs in order to grow: its size and the hashes of the perfect subtrees that it consists of, the largest
 * first (one for each bit of the size). At most 53 hashes for any size.
 */
import { FormError } from './form-error.ts';
import { emptyRoot, hashBytes, hashNode } from './merkle.ts';

/** The right edge of an append-only tree. Made by `growFrontier` and `parseFrontier` alone. */
export type Frontier = {
  /** The number of leaves. */
  readonly size: number;
  readonly hashes: readonly Buffer[];
};

/** Receives each perfect subtree that is complete now: the leaves themselves at level 0, then what they complete. */
export type TellSubtree = (level: number, index: number, hash: Buffer) => void;

/** The frontier of a tree without leaves. */
export const emptyFrontier: Frontier = { size: 0, hashes: [] };

/** The frontier after further leaves, given by their hashes. */
export function growFrontier(
  frontier: Frontier,
  leafHashes: readonly Buffer[],
  tell?: TellSubtree,
): Frontier {
  const hashes = [...frontier.hashes];
  let { size } = frontier;
  for (const leafHash of leafHashes) {
    let hash = leafHash;
    let index = size;
    tell?.(0, index, hash);
    for (let level = 1; index % 2 === 1; level++) {
      const left = hashes.pop();
      if (left === undefined) throw new FormError('malformed', 'A frontier lacks a hash.');
      hash = hashNode(left, hash);
      index = Math.floor(index / 2);
      tell?.(level, index, hash);
    }
    hashes.push(hash);
    size++;
  }
  return { size, hashes };
}

/** The root of the tree. */
export function findRoot({ hashes }: Frontier): Buffer {
  const last = hashes.at(-1);
  if (last === undefined) return Buffer.from(emptyRoot);
  return hashes.slice(0, -1).reduceRight((right, left) => hashNode(left, right), last);
}

/** The frontier as bytes: the size in eight bytes, big-endian, then the hashes. */
export function formatFrontier({ size, hashes }: Frontier): Buffer {
  const head = Buffer.alloc(8);
  head.writeBigUInt64BE(BigInt(size));
  return Buffer.concat([head, ...hashes]);
}

/** The frontier that `formatFrontier` wrote. */
export function parseFrontier(bytes: Uint8Array): Frontier {
  const buffer = Buffer.from(bytes);
  const size = buffer.length < 8 ? Number.NaN : Number(buffer.readBigUInt64BE());
  const count = Number.isSafeInteger(size) ? countOnes(size) : Number.NaN;
  if (buffer.length !== 8 + count * hashBytes) {
    throw new FormError(
      'malformed',
      `A frontier has ${buffer.length} bytes, which do not belong to its size: expected 8 and 32 for each bit of the size.`,
    );
  }
  const hashes = Array.from({ length: count }, (_, index) =>
    buffer.subarray(8 + index * hashBytes, 8 + (index + 1) * hashBytes),
  );
  return { size, hashes };
}

function countOnes(size: number): number {
  return size.toString(2).replaceAll('0', '').length;
}
