/**
 * The sealed log as files in the layout of C2SP tlog-tiles: nothing but `checkpoint` is ever written twice, and it comes
 * last, so that a reader at any moment finds everything that it refers to.
 */
import type { Queryable } from '../database/client.ts';
import { KnownError } from '../errors.ts';
import type { Head } from './anchoring/head.ts';
import { listKept } from './anchoring/kept.ts';
import { isExtension } from './consistency.ts';
import { parseCheckpoint } from './forms/checkpoint.ts';
import { FormError } from './forms/form-error.ts';
import type { TreeHead } from './forms/merkle-proofs.ts';
import { emptyRoot } from './forms/merkle.ts';
import { parseNote } from './forms/note.ts';
import { formatTilePath, listNewTiles, tileWidth } from './forms/tiles.ts';
import { loadTile } from './tile-store.ts';

/** A place for files. Its errors are known ones. */
export type FileStore = {
  /** Its name in sentences. */
  readonly name: string;
  /** The bytes of a file; undefined if there is none. */
  read(path: string): Promise<Buffer | undefined>;
  /** Writes a new file; false if it exists. */
  create(path: string, bytes: Buffer): Promise<boolean>;
  /** Writes a file, new or not. */
  replace(path: string, bytes: Buffer): Promise<void>;
  /** Removes a folder, if the place allows it. */
  removeFolder(path: string): Promise<void>;
};

/** What the published checkpoint says; undefined if none was published. */
export async function readPublished(
  store: Pick<FileStore, 'name' | 'read'>,
  account: string,
): Promise<{ readonly note: string; readonly size: number; readonly root: Buffer } | undefined> {
  const bytes = await store.read(`${account}/checkpoint`);
  if (bytes === undefined) return undefined;
  const note = bytes.toString();
  try {
    const { size, root } = parseCheckpoint(parseNote(note).text);
    return { note, size, root: Buffer.from(root) };
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    throw new KnownError('sealed_log_differs', {
      found: `The checkpoint of ${account} in ${store.name} is not valid: ${error.message.replace(/\.$/, '')}`,
      wayOut: 'Find out who changed it, and restore the previous one',
    });
  }
}

/**
 * Brings the files of an account's log up to date: `<account>/checkpoint`, `<account>/tile/…`, and what witnesses and time
 * stamp authorities said about it, `<account>/anchors/…`.
 *
 * @throws {KnownError} `anchor_failed`; `sealed_log_behind` when there is more in the files than in the database, `sealed_log_differs` when
 *   there is another log in them
 */
export async function publishLog(
  db: Queryable,
  { account, note, checkpoint }: Head,
  store: FileStore,
): Promise<void> {
  const before = await readPublished(store, account);
  const known = before ?? { size: 0, root: emptyRoot };
  await checkContinued(db, account, store, known, checkpoint);
  for (const tile of listNewTiles(known.size, checkpoint.size)) {
    const path = `${account}/${formatTilePath(tile)}`;
    await createOnce(store, account, path, await loadTile(db, account, tile));
    // The parts that were written before it was full are no longer needed.
    if (tile.width === tileWidth) await store.removeFolder(`${path}.p`);
  }
  for (const { path, bytes } of await listKept(db, account, known.size, checkpoint.size))
    await createOnce(store, account, `${account}/${path}`, bytes);
  if (before === undefined)
    await createOnce(store, account, `${account}/checkpoint`, Buffer.from(note));
  else if (!isMoreOf(before.note, note))
    await store.replace(`${account}/checkpoint`, Buffer.from(note));
}

async function checkContinued(
  db: Queryable,
  account: string,
  { name }: FileStore,
  known: TreeHead,
  now: TreeHead,
): Promise<void> {
  if (known.size > now.size)
    throw new KnownError('sealed_log_behind', {
      found: `The sealed log of ${account} has ${now.size} entries in the database, and ${known.size} in ${name}: the database went back to an earlier state, as after a restore`,
    });
  if (!(await isExtension(db, account, known, now))) throw differs(account, name, known.size);
}

async function createOnce(
  store: FileStore,
  account: string,
  path: string,
  bytes: Buffer,
): Promise<void> {
  // Left by a process that died after writing it.
  if (await store.create(path, bytes)) return;
  const there = await store.read(path);
  if (there?.equals(bytes) === true) return;
  if (there !== undefined) throw differs(account, `${store.name} (${path})`, undefined);
  throw new KnownError('anchor_failed', {
    found: `In ${store.name}, ${path} is there and cannot be read`,
    wayOut: 'Allow the program to read there: s3:GetObject',
  });
}

/** The error for a place that has seen another log, at a given size if known. */
export function differs(account: string, place: string, size: number | undefined): KnownError {
  const where = size === undefined ? '' : `, of which the first ${size} entries are not these`;
  return new KnownError('sealed_log_differs', {
    found: `The sealed log of ${account} is another one in ${place}${where}: entries in the database were changed or removed, or the database was restored from a backup and went on`,
    wayOut: 'Run "verify" to see what differs; nothing is overwritten there',
  });
}

/** Whether a published note is of the same checkpoint and has every signature of the other. */
function isMoreOf(published: string | undefined, note: string): boolean {
  return (
    published !== undefined &&
    note.split('\n').every((line) => published.split('\n').includes(line))
  );
}
