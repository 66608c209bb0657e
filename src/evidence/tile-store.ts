/** Tiles and bundles of a sealed log, assembled from Postgres. */
import { listAccountsWithRows } from '../database/accounts-with-rows.ts';
import type { Queryable } from '../database/client.ts';
import { KnownError } from '../errors.ts';
import { formatBundle } from './forms/bundles.ts';
import { formatTilePath, tileWidth, type Tile } from './forms/tiles.ts';

/** The accounts that have a sealed log, or what is left of one. */
export async function listSealedAccounts(db: Queryable): Promise<readonly string[]> {
  const logs = await listAccountsWithRows(db, 'zendesk_evidence.logs');
  const entries = await listAccountsWithRows(db, 'zendesk_evidence.entries');
  // Ids are compared byte by byte, as Postgres does.
  return [...new Set([...logs, ...entries])].toSorted((a, b) =>
    Buffer.compare(Buffer.from(a), Buffer.from(b)),
  );
}

/** The newest checkpoint of an account's log; undefined before the first one. */
export async function loadCheckpoint(db: Queryable, account: string): Promise<string | undefined> {
  const [log] = await db.query<{ checkpoint: string | null }>(
    'select checkpoint from zendesk_evidence.logs where account = $1',
    [account],
  );
  return log?.checkpoint ?? undefined;
}

/** The bytes of a tile or bundle. @throws {KnownError} `sealed_log_differs` when the log does not have all of it */
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
    throw new KnownError('sealed_log_differs', {
      found: `The sealed log of ${account} lacks ${tile.width - parts.length} of the ${tile.width} parts of ${formatTilePath(tile)} in the database: they were removed`,
      wayOut: 'Run "verify"',
    });
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
