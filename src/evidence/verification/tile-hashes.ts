/** Checks that the tiles of a log, which others use to check it, match its entries. */
import type { Queryable } from '../../database/client.ts';
import { finding, type Finding } from './finding.ts';

/** A hash in a tile above the entries, as computed. */
export type TileHash = { readonly level: number; readonly index: number; readonly hash: Buffer };

/** Compares the stored tiles above the entries with the entries. */
export async function compareTiles(
  db: Queryable,
  account: string,
  tiles: readonly TileHash[],
): Promise<readonly Finding[]> {
  if (tiles.length === 0) return [];
  const rows = await db.query<TileHash>(
    `select level, index::float8 as index, hash from zendesk_evidence.hashes where account = $1 and level > 0`,
    [account],
  );
  const stored = new Map(rows.map(({ level, index, hash }) => [`${level} ${index}`, hash]));
  return tiles.flatMap(({ level, index, hash }) => {
    if (stored.get(`${level} ${index}`)?.equals(hash) === true) return [];
    const sentence = `Hash ${index} in the tiles of level ${level} is not that of the entries below it: the published tiles do not belong to this log.`;
    return [finding('manifest_invalid', sentence, { entry: index * 256 ** level })];
  });
}
