/** The tree over the rows of one manifest, rebuilt from current rows and those replaced since. */
import type { Database } from '../../database/client.ts';
import type { LogStream } from '../../streams/stream.ts';
import { readFromLevels } from '../forms/levels.ts';
import { hashBytes, hashPackedTree } from '../forms/merkle.ts';
import type { ReadSubtree } from '../forms/merkle-proofs.ts';
import { sortRows, type SealedRow } from '../rows-root.ts';
import { loadRemnants, nameVersion } from '../remnants.ts';
import type { ArchivedRows } from '../verification/archived-rows.ts';
import type { SealedEntry } from '../verification/entry.ts';
import { microsOfIso } from '../verification/open-manifests.ts';
import { spellBounds } from '../verification/page-rows.ts';
import { loadSealedRows } from '../verification/adopted.ts';
import { loadStanding } from '../verification/row-source.ts';
import { loadAdoptedVersions } from './adopted.ts';
import type { LeafMaker } from './leaves.ts';

/** A tree over rows. */
export type PageTree = {
  readonly rows: number;
  readonly read: ReadSubtree;
  /** The place of a leaf, by its hash as Latin-1 text. */
  readonly places: ReadonlyMap<string, number>;
  /** The current leaves of rows from which something was removed: they can no longer be proven. */
  readonly removed: ReadonlySet<string>;
};

/** Why there is no tree: a key of its rows was destroyed, or its rows are not those that were sealed. */
export type NoTree = 'erased' | 'mismatch';

/** Loads the manifests that tell of deleted rows. */
type LoadDroppers = () => Promise<readonly SealedEntry[]>;

/** The tree of a manifest, with its sealed root. */
export async function loadPageTree(
  db: Database,
  account: string,
  stream: LogStream,
  entry: SealedEntry,
  toLeaves: LeafMaker,
  loadDroppers: LoadDroppers,
  archive?: ArchivedRows,
): Promise<PageTree | NoTree> {
  const { count = 0 } = entry.rows ?? {};
  const written = await loadRows(db, account, stream, entry, loadDroppers, archive);
  const remnants = await loadRemnants(db, { account, stream: stream.name }, spellBounds(entry));
  const own = microsOfIso(entry.storedAt);
  const dropped = remnants.dropped.get(own) ?? [];
  if (written.length + dropped.length !== count) return 'mismatch';
  const nameRow = ({ id, micros, ...row }: SealedRow): string =>
    nameVersion('writtenAt' in row ? String(row.writtenAt) : own, micros, id);
  const hashed = await toLeaves(stream, written, remnants, nameRow);
  if (hashed === undefined) return 'erased';
  const all = written.map(({ id, micros }, place) => ({ id, micros, leaf: hashed[place] ?? '' }));
  const hashes = sortRows(stream.table, [...all, ...dropped]).map(({ leaf }) => leaf);
  const packed = Buffer.allocUnsafe(count * hashBytes);
  for (const [place, hash] of hashes.entries()) packed.write(hash, place * hashBytes, 'latin1');
  if (hashPackedTree(packed).toString('base64') !== entry.rows?.root) return 'mismatch';
  const places = new Map(hashes.map((hash, place) => [hash, place]));
  const removed = new Set([...remnants.stripped.values()].map(({ leaf }) => leaf));
  return { rows: count, read: readFromLevels(packed), places, removed };
}

async function loadRows(
  db: Database,
  account: string,
  stream: LogStream,
  entry: SealedEntry,
  loadDroppers: LoadDroppers,
  archive: ArchivedRows | undefined,
): Promise<readonly SealedRow[]> {
  if (entry.kind === 'adopted')
    return loadAdoptedVersions(db, account, stream, entry, await loadDroppers(), archive);
  const standing = await loadStanding(db, stream, account, entry);
  // Replaced and deleted rows are read only if some rows are missing: that takes longer.
  const isWhole = standing.length === entry.rows?.count;
  return isWhole
    ? standing
    : loadSealedRows(db, stream, account, entry, await loadDroppers(), archive);
}
