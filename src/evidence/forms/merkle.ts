/**
 * The hashes of a log: RFC 6962, section 2.1, with SHA-256. A leaf is `SHA-256(0x00 ‖ data)`, a node
 * `SHA-256(0x01 ‖ left ‖ right)`, and the root of no leaves is the hash of no bytes.
 *
 * Many hashes are held packed, one after the other in one buffer. Digests are taken as Latin-1 text and written into place:
 * a buffer for each digest takes three times as long as the hash itself.
 */
import { hash } from 'node:crypto';

/** The length of a hash in bytes. */
export const hashBytes = 32;

/** The root of a tree without leaves. */
export const emptyRoot: Buffer = hash('sha256', '', 'buffer');

const node = Buffer.alloc(1 + 2 * hashBytes, 1);
let leaf = Buffer.alloc(4096);

/** The hash of a leaf. */
export function hashLeaf(data: Uint8Array): Buffer {
  return Buffer.from(digestLeaf(data), 'latin1');
}

/** The hash of a node above two others. */
export function hashNode(left: Uint8Array, right: Uint8Array): Buffer {
  node.set(left, 1);
  node.set(right, 1 + hashBytes);
  return Buffer.from(hash('sha256', node, 'binary'), 'latin1');
}

/** The hashes of many leaves, packed. */
export function hashLeaves(data: readonly Uint8Array[]): Buffer {
  const packed = Buffer.allocUnsafe(data.length * hashBytes);
  for (const [index, bytes] of data.entries()) {
    packed.write(digestLeaf(bytes), index * hashBytes, hashBytes, 'latin1');
  }
  return packed;
}

/** The root over the hashes of leaves. */
export function hashTree(leafHashes: readonly Uint8Array[]): Buffer {
  return hashPackedTree(Buffer.concat(leafHashes));
}

/** The root over the hashes of leaves, packed. */
export function hashPackedTree(leafHashes: Uint8Array): Buffer {
  if (leafHashes.length === 0) return Buffer.from(emptyRoot);
  const nodes = Buffer.from(leafHashes);
  let width = nodes.length / hashBytes;
  while (width > 1) {
    const pairs = Math.floor(width / 2);
    for (let pair = 0; pair < pairs; pair++) {
      const start = pair * 2 * hashBytes;
      nodes.copy(node, 1, start, start + 2 * hashBytes);
      nodes.write(hash('sha256', node, 'binary'), pair * hashBytes, hashBytes, 'latin1');
    }
    // The last of an odd number goes up as it is, which is where the split of the RFC puts it.
    if (width % 2 === 1) nodes.copyWithin(pairs * hashBytes, (width - 1) * hashBytes);
    width -= pairs;
  }
  return Buffer.from(nodes.subarray(0, hashBytes));
}

function digestLeaf(data: Uint8Array): string {
  if (leaf.length <= data.length) leaf = Buffer.alloc(2 * data.length + 1);
  leaf.set(data, 1);
  return hash('sha256', leaf.subarray(0, 1 + data.length), 'binary');
}
