/**
 * Inclusion and consistency proofs: RFC 6962, sections 2.1.1 and 2.1.2; how they are verified: RFC 9162, sections 2.1.3.2
 * and 2.1.4.2, which says it as an algorithm. Sizes go beyond 32 bits, so nothing here uses the operators for bits.
 */
import { emptyRoot, hashBytes, hashNode, hashPackedTree } from './merkle.ts';

/** A perfect subtree: the leaves from `index · 2^level` to before `(index + 1) · 2^level`. */
export type Subtree = { readonly level: number; readonly index: number };

/** The perfect subtrees, from left to right, of which one hash of a proof is made. */
export type Part = readonly Subtree[];

/** Reads the hash of a perfect subtree. */
export type ReadSubtree = (level: number, index: number) => Uint8Array;

/** What an inclusion proof is made of, from the sibling of the leaf up. `index` must lie below `size`. */
export function planInclusion(index: number, size: number): Part[] {
  const parts: Part[] = [];
  let [from, to] = [0, size];
  while (to - from > 1) {
    const middle = from + halve(to - from);
    if (index < middle) {
      parts.push(divide(middle, to));
      to = middle;
    } else {
      parts.push(divide(from, middle));
      from = middle;
    }
  }
  return parts.toReversed();
}

/** What a consistency proof between two sizes of a tree is made of. It is empty where they are equal or `from` is 0. */
export function planConsistency(from: number, to: number): Part[] {
  const parts: Part[] = [];
  if (from === 0) return parts;
  let [left, right] = [0, to];
  while (from !== right) {
    const middle = left + halve(right - left);
    if (from <= middle) {
      parts.push(divide(middle, right));
      right = middle;
    } else {
      parts.push(divide(left, middle));
      left = middle;
    }
  }
  // The asking party knows a tree that is itself a perfect subtree.
  if (left > 0) parts.push(divide(left, right));
  return parts.toReversed();
}

/** The hashes of an inclusion proof. */
export function proveInclusion(index: number, size: number, read: ReadSubtree): Buffer[] {
  return planInclusion(index, size).map((part) => hashPart(part, read));
}

/** The hashes of a consistency proof. */
export function proveConsistency(from: number, to: number, read: ReadSubtree): Buffer[] {
  return planConsistency(from, to).map((part) => hashPart(part, read));
}

/** Reads subtrees of a tree from all of its leaves: their hashes, packed. */
export function readFromLeaves(leafHashes: Uint8Array): ReadSubtree {
  return (level, index) => {
    const length = 2 ** level * hashBytes;
    return hashPackedTree(leafHashes.subarray(index * length, (index + 1) * length));
  };
}

/** The root that an inclusion proof leads to; undefined when it has too few or too many hashes. */
export function followInclusion(
  leafHash: Uint8Array,
  index: number,
  size: number,
  path: readonly Uint8Array[],
): Buffer | undefined {
  if (!isSize(index) || !isSize(size) || index >= size || !path.every(isHash)) return undefined;
  let [place, last] = [index, size - 1];
  let root: Buffer = Buffer.from(leafHash);
  for (const hash of path) {
    if (last === 0) return undefined;
    if (isOdd(place) || place === last) {
      root = hashNode(hash, root);
      while (place !== 0 && !isOdd(place)) [place, last] = [up(place), up(last)];
    } else {
      root = hashNode(root, hash);
    }
    [place, last] = [up(place), up(last)];
  }
  return last === 0 ? root : undefined;
}

/** A state of a tree, as in a checkpoint. */
export type TreeHead = { readonly size: number; readonly root: Uint8Array };

/** Whether a consistency proof shows that the newer tree begins with all leaves of the older one. */
export function isConsistent(
  older: TreeHead,
  newer: TreeHead,
  path: readonly Uint8Array[],
): boolean {
  if (!isSize(older.size) || !isSize(newer.size) || older.size > newer.size) return false;
  if (!path.every(isHash)) return false;
  if (older.size === 0 && !emptyRoot.equals(older.root)) return false;
  if (older.size === newer.size) return path.length === 0 && isSame(older.root, newer.root);
  if (older.size === 0) return path.length === 0;
  const [first, ...rest] = isPowerOfTwo(older.size) ? [older.root, ...path] : path;
  if (first === undefined || path.length === 0) return false;
  let [place, last] = [older.size - 1, newer.size - 1];
  while (isOdd(place)) [place, last] = [up(place), up(last)];
  let [old, now]: [Uint8Array, Uint8Array] = [first, first];
  for (const hash of rest) {
    if (last === 0) return false;
    if (isOdd(place) || place === last) {
      [old, now] = [hashNode(hash, old), hashNode(hash, now)];
      while (place !== 0 && !isOdd(place)) [place, last] = [up(place), up(last)];
    } else {
      now = hashNode(now, hash);
    }
    [place, last] = [up(place), up(last)];
  }
  return last === 0 && isSame(old, older.root) && isSame(now, newer.root);
}

/** The largest power of two below a width: where the RFC splits a tree. */
function halve(width: number): number {
  let half = 1;
  while (half * 2 < width) half *= 2;
  return half;
}

/** The perfect subtrees of a range of leaves that begins where one of them may. */
function divide(from: number, to: number): Part {
  const part: Subtree[] = [];
  for (let start = from; start < to;) {
    let [level, width] = [0, 1];
    while (width * 2 <= to - start) [level, width] = [level + 1, width * 2];
    part.push({ level, index: start / width });
    start += width;
  }
  return part;
}

function hashPart(part: Part, read: ReadSubtree): Buffer {
  const hashes = part.map(({ level, index }) => read(level, index));
  return Buffer.from(hashes.reduceRight((right, left) => hashNode(left, right)));
}

function isSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isHash(value: Uint8Array): boolean {
  return value.length === hashBytes;
}

function isOdd(value: number): boolean {
  return value % 2 === 1;
}

function up(value: number): number {
  return Math.floor(value / 2);
}

function isPowerOfTwo(value: number): boolean {
  return halve(value + 1) === value;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
