/** Tiles and bundles of a sealed log, put together from what Postgres has of it. */
import type { Queryable } from '../database/client.ts';
import { formatBundle } from './forms/bundles.ts';
import { tileWidth, type Tile } from './forms/tiles.ts';

/** The accounts that have a sealed log. */
export async function listSealedAccounts(db: Queryable): Promise<readonly string[]> {
  const rows = await db.query<{ account: string }>(
    'select account from zendesk_evidence.logs order by account',
  );
  return rows.map(({ account }) => account);
}

/** The newest checkpoint of an account's log; undefined before the first one. */
export async function loadCheckpoint(db: Queryable, account: string): Promise<string | undefined> {
  const [log] = await db.query<{ checkpoint: string | null }>(
    'select checkpoint from zendesk_evidence.logs where account = $1',
    [account],
  );
  return log?.checkpoint ?? undefined;
}

/** The bytes of a tile or bundle. @throws {Error} when the log does not have all of it */
export async function loadTile(db: Queryable, account: string, tile: Tile): Promise<Buffer> {
  const first = tile.index * tileWidth;
  const parts = await (tile.level === 'entries'
    ? loadParts(db, 'select manifest as part from zendesk_evidence.entries where account = $1', [
        account,
        first,
        first + tile.width,
      ])
    : loadParts(
        db,
        `select hash as part from zendesk_evidence.hashes where account = $1 and level = ${tile.level}`,
        [account, first, first + tile.width],
      ));
  if (parts.length !== tile.width)
    throw new Error(`The sealed log of ${account} lacks a part of tile ${tile.index}.`);
  return tile.level === 'entries' ? formatBundle(parts) : Buffer.concat(parts);
}

async function loadParts(
  db: Queryable,
  select: string,
  values: readonly unknown[],
): Promise<readonly Buffer[]> {
  const rows = await db.query<{ part: Buffer }>(
    `${select} and index >= $2::bigint and index < $3::bigint order by index`,
    values,
  );
  return rows.map(({ part }) => part);
}
