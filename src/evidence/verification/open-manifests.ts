/** The rows of a log put back under the manifests that they were sealed with, while they are read in the order of their keys. */
import { hashBytes, hashPackedTree } from '../forms/merkle.ts';
import type { SealedEntry } from './entry.ts';

/** Takes rows one by one. */
type ManifestSorter = {
  /** Takes the hash of a row's leaf, as Latin-1 text. False for a row of no manifest. */
  add(writtenAt: string, leaf: string): boolean;
  /** The manifests that have not exactly their rows. */
  listDoubtful(): readonly SealedEntry[];
};

/** Sorts rows under manifests by the transaction that wrote them, in microseconds since 1970. */
export function sortUnderManifests(entries: readonly SealedEntry[]): ManifestSorter {
  // The hashes of a manifest's rows are let go when it has as many as were sealed.
  const open = new Map<string, ReturnType<typeof openManifest>>();
  for (const entry of entries) {
    if ((entry.rows?.count ?? 0) > 0) open.set(microsOfIso(entry.storedAt), openManifest(entry));
  }
  return {
    add(writtenAt, leaf) {
      const manifest = open.get(writtenAt);
      if (manifest !== undefined) take(manifest, leaf);
      return manifest !== undefined;
    },
    listDoubtful: () =>
      [...open.values()].filter(({ isValid }) => !isValid).map(({ entry }) => entry),
  };
}

function openManifest(entry: SealedEntry) {
  return {
    entry,
    count: entry.rows?.count ?? 0,
    leaves: undefined as Buffer | undefined,
    found: 0,
    isValid: false,
  };
}

function take(manifest: ReturnType<typeof openManifest>, leaf: string): void {
  const { count, found, entry } = manifest;
  manifest.found += 1;
  if (found >= count) {
    manifest.isValid = false;
    return;
  }
  manifest.leaves ??= Buffer.allocUnsafe(count * hashBytes);
  manifest.leaves.write(leaf, found * hashBytes, 'latin1');
  if (manifest.found < count) return;
  manifest.isValid = hashPackedTree(manifest.leaves).toString('base64') === entry.rows?.root;
  manifest.leaves = undefined;
}

/** A time of a manifest in microseconds since 1970. */
export function microsOfIso(text: string): string {
  const fraction = /\.(\d{6})Z$/.exec(text)?.[1] ?? '000000';
  return String(Date.parse(text.replace(/\.\d+/, '')) * 1000 + Number(fraction));
}
