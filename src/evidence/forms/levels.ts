/** The tree over leaves that are all at hand, level by level: for many proofs of one tree. Pure. */
import { hashBytes, hashNode } from './merkle.ts';
import type { ReadSubtree } from './merkle-proofs.ts';

/** Reads the hashes of perfect subtrees; each is computed once, where `readFromLeaves` computes it for each proof. */
export function readFromLevels(leafHashes: Uint8Array): ReadSubtree {
  const levels: Buffer[] = [Buffer.from(leafHashes)];
  const slice = (level: number, index: number): Buffer =>
    (levels[level] ?? Buffer.alloc(0)).subarray(index * hashBytes, (index + 1) * hashBytes);
  for (let width = leafHashes.length / hashBytes; width > 1; width = Math.floor(width / 2)) {
    const below = levels.length - 1;
    const pairs = Array.from({ length: Math.floor(width / 2) }, (_, pair) =>
      hashNode(slice(below, 2 * pair), slice(below, 2 * pair + 1)),
    );
    levels.push(Buffer.concat(pairs));
  }
  return slice;
}
