/** Assigns the rows of a log to the manifests that sealed them, while the rows are read in the order of their keys. */
import { hashBytes, hashPackedTree } from '../forms/merkle.ts';
import type { SealedEntry } from './entry.ts';

/** Takes rows one by one. */
type ManifestSorter = {
  /** The manifest of the rows that a transaction wrote; undefined if there is none. */
  find(writtenAt: string): OpenManifest | undefined;
  /** The manifests whose rows are not exactly as sealed. */
  listDoubtful(): readonly SealedEntry[];
};

/** A manifest whose rows are still awaited. */
export type OpenManifest = {
  /** Takes the hash of a row's leaf, as Latin-1 text. */
  add(leaf: string): void;
};

/** Assigns rows to manifests by when their transaction began, in microseconds since 1970. */
export function sortUnderManifests(entries: readonly SealedEntry[]): ManifestSorter {
  const open = new Map<string, ReturnType<typeof openManifest>>();
  // One transaction writes one manifest: a second one of the same moment is forged, so both are examined.
  const doubles: SealedEntry[] = [];
  for (const entry of entries) {
    if ((entry.rows?.count ?? 0) === 0) continue;
    const moment = microsOfIso(entry.storedAt);
    if (open.has(moment)) doubles.push(entry);
    else open.set(moment, openManifest(entry));
  }
  return {
    find: (writtenAt) => open.get(writtenAt),
    listDoubtful: () => [
      ...[...open.values()].filter((manifest) => !manifest.isValid()).map(({ entry }) => entry),
      ...doubles,
    ],
  };
}

function openManifest(entry: SealedEntry) {
  const { count = 0, root } = entry.rows ?? {};
  let leaves: Buffer | undefined;
  let [found, isValid] = [0, false];
  return {
    entry,
    isValid: () => isValid,
    add(leaf: string): void {
      found += 1;
      if (found > count) {
        isValid = false;
        return;
      }
      leaves ??= Buffer.allocUnsafe(count * hashBytes);
      leaves.write(leaf, (found - 1) * hashBytes, 'latin1');
      if (found < count) return;
      isValid = hashPackedTree(leaves).toString('base64') === root;
      // Once all rows are there, the hashes are freed.
      leaves = undefined;
    },
  };
}

/** A time of a manifest in microseconds since 1970. */
export function microsOfIso(text: string): string {
  const fraction = /\.(\d{6})Z$/.exec(text)?.[1] ?? '000000';
  return String(Date.parse(text.replace(/\.\d+/, '')) * 1000 + Number(fraction));
}
