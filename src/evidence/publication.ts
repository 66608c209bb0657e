/**
 * The sealed log as files in the layout of C2SP tlog-tiles: nothing but `checkpoint` is ever written twice, and it comes
 * last, so that whoever reads at any moment finds all that it speaks of.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Queryable } from '../database/client.ts';
import { foreignCodeOf, KnownError } from '../errors.ts';
import { parseCheckpoint } from './forms/checkpoint.ts';
import { parseNote } from './forms/note.ts';
import { formatTilePath, listNewTiles, tileWidth, type Tile } from './forms/tiles.ts';
import { loadCheckpoint, loadTile } from './tile-store.ts';

/**
 * Brings the files of an account's log up to date: `<directory>/<account>/…`.
 *
 * @throws {KnownError} `sealed_log_behind` when there is more in the files than in the database
 */
export async function publishLog(db: Queryable, account: string, directory: string): Promise<void> {
  const note = await loadCheckpoint(db, account);
  if (note === undefined) return;
  const root = join(directory, account);
  const path = join(root, 'checkpoint');
  const before = await readIfPresent(path);
  if (before === note) return;
  const { size } = parseCheckpoint(parseNote(note).text);
  const known = before === undefined ? 0 : parseCheckpoint(parseNote(before).text).size;
  if (known > size)
    throw new KnownError('sealed_log_behind', {
      found: `The sealed log of ${account} has ${size} entries in the database, and ${known} in ${root}: the database went back to an earlier state, as after a restore`,
    });
  for (const tile of listNewTiles(known, size)) await writeTile(db, account, root, tile);
  await writeFile(`${path}.new`, note);
  await rename(`${path}.new`, path);
}

async function writeTile(db: Queryable, account: string, root: string, tile: Tile): Promise<void> {
  const path = join(root, formatTilePath(tile));
  await mkdir(dirname(path), { recursive: true });
  // Under another name first: a process that dies leaves no half of a file behind.
  await writeFile(`${path}.new`, await loadTile(db, account, tile));
  await rename(`${path}.new`, path);
  // The parts that were written before it was full have served their time.
  if (tile.width === tileWidth) await rm(`${path}.p`, { recursive: true, force: true });
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (foreignCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
