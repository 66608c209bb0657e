/** The entries of a sealed log and their paths to a checkpoint: the outer part of a row's proof. */
import type { Queryable } from '../../database/client.ts';
import { followInclusion, planInclusion, proveInclusion } from '../forms/merkle-proofs.ts';
import { hashLeaf } from '../forms/merkle.ts';
import { formatTilePath, listTilesOf, readFromTiles } from '../forms/tiles.ts';
import { loadTile } from '../tile-store.ts';
import { createCache } from './cache.ts';
import type { SealedHead } from './head.ts';

/** An entry as the log has it. */
export type StoredEntry = { readonly index: number; readonly manifest: Buffer };

/** When the data of a manifest was stored: the expression of the index `entries_stored`. */
const storedAt = `substring(encode(manifest, 'escape') from '"stored_at":"([^"]{1,40})"')`;

/** The entries about what was stored at a time, UTC with microseconds. */
export async function findEntries(
  db: Queryable,
  account: string,
  time: string,
): Promise<readonly StoredEntry[]> {
  return db.query<StoredEntry>(
    `select index::float8 as index, manifest from zendesk_evidence.entries
     where account = $1 and ${storedAt} = $2 order by index`,
    [account, time],
  );
}

/** The path of an entry to the checkpoint; undefined when the log does not lead there. */
type FindPath = (entry: StoredEntry) => Promise<readonly Uint8Array[] | undefined>;

/** Neighbours share nearly all of their tiles. */
const keptTiles = 64;

/** Prepares to find paths; of many entries each tile is read once. */
export function createPathFinder(db: Queryable, { account, size, root }: SealedHead): FindPath {
  const tiles = createCache<Buffer>(keptTiles);
  return async ({ index, manifest }) => {
    if (index >= size) return undefined;
    const read = new Map<string, Buffer>();
    for (const tile of listTilesOf(planInclusion(index, size), size)) {
      const name = formatTilePath(tile);
      const bytes = await tiles.get(name, () => loadTile(db, account, tile));
      read.set(name, bytes);
    }
    const readTile = readFromTiles(
      size,
      (tile) => read.get(formatTilePath(tile)) ?? Buffer.alloc(0),
    );
    const path = proveInclusion(index, size, readTile);
    return followInclusion(hashLeaf(manifest), index, size, path)?.equals(root) === true
      ? path
      : undefined;
  };
}
