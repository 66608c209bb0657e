/** Whether the log in the database begins with all entries of an earlier state, as RFC 6962 proves it. */
import type { Queryable } from '../database/client.ts';
import { isConsistent, planConsistency, proveConsistency } from './forms/merkle-proofs.ts';
import type { TreeHead } from './forms/merkle-proofs.ts';
import { formatTilePath, listTilesOf, readFromTiles } from './forms/tiles.ts';
import { loadTile } from './tile-store.ts';

/** The proof that the log of one size is the beginning of the log of a larger one. */
export async function proveExtension(
  db: Queryable,
  account: string,
  from: number,
  to: number,
): Promise<readonly Buffer[]> {
  const tiles = new Map<string, Buffer>();
  for (const tile of listTilesOf(planConsistency(from, to), to))
    tiles.set(formatTilePath(tile), await loadTile(db, account, tile));
  const read = readFromTiles(to, (tile) => tiles.get(formatTilePath(tile)) ?? Buffer.of());
  return proveConsistency(from, to, read);
}

/** Whether the log in the database, which has the newer state, has the older one too. */
export async function isExtension(
  db: Queryable,
  account: string,
  older: TreeHead,
  newer: TreeHead,
): Promise<boolean> {
  return (
    older.size <= newer.size &&
    isConsistent(older, newer, await proveExtension(db, account, older.size, newer.size))
  );
}
