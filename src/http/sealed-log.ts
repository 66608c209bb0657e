/** The sealed logs over HTTP, in the layout of C2SP tlog-tiles: `/log/<account>/checkpoint`, `/log/<account>/tile/…`. */
import type { Queryable } from '../database/client.ts';
import { loadHead } from '../evidence/anchoring/head.ts';
import { parseTilePath, tileWidth, type Tile } from '../evidence/forms/tiles.ts';
import { listSealedAccounts, loadTile } from '../evidence/tile-store.ts';

/** Where the logs are. */
export const logPrefix = '/log/';

/** A file of a log as bytes: a checkpoint as text, anything else not. */
export type LogFile = { readonly isText: boolean; readonly body: Buffer };

/**
 * The file at a path below `/log/`; undefined when there is none. Without an account it is that of the only log there is.
 */
export async function loadLogFile(db: Queryable, path: string): Promise<LogFile | undefined> {
  const [first = '', ...rest] = path.split('/').map(decode);
  const accounts = await listSealedAccounts(db);
  const [only = ''] = accounts.length === 1 ? accounts : [];
  const [account, file] = accounts.includes(first)
    ? [first, rest.join('/')]
    : [only, [first, ...rest].join('/')];
  const head = await loadHead(db, account);
  if (head === undefined) return undefined;
  if (file === 'checkpoint') return { isText: true, body: Buffer.from(head.note) };
  const tile = parseTilePath(file);
  const { size } = head.checkpoint;
  if (tile === undefined || !isWithin(tile, size)) return undefined;
  return { isText: false, body: await loadTile(db, account, tile) };
}

/** Whether a log of this size has the tile, if only as a part of a larger one. */
function isWithin({ level, index, width }: Tile, size: number): boolean {
  const leaves = level === 'entries' ? size : Math.floor(size / tileWidth ** level);
  return index * tileWidth + width <= leaves;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return '';
  }
}
