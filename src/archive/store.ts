/**
 * Where the archive is: a directory, or a bucket of S3. Nothing in it is ever written twice or renamed. Objects are deleted
 * only where their rows were taken away on purpose (`rewrite.ts`).
 */
import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createDirectory } from '../directories.ts';
import { foreignCodeOf, hasCode, KnownError } from '../errors.ts';
import { openBucket, type BucketConfig } from '../evidence/anchoring/bucket.ts';
import { createExchange } from '../evidence/anchoring/exchange.ts';
import type { ObjectLock } from '../evidence/anchoring/object-lock.ts';
import type { Proxies } from '../proxy.ts';

/** The setting ARCHIVE_URL. Its credentials are secret. */
type ArchivePlace =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'bucket'; readonly bucket: BucketConfig };

/** The objects of an archive. Its errors are `archive_failed`. */
export type ArchiveStore = {
  /** What it is called in sentences. */
  readonly name: string;
  /** The bytes of an object; undefined when there is none, or it may not be read. */
  read(path: string): Promise<Buffer | undefined>;
  /** Its bytes from a place to before another. */
  readPart(path: string, from: number, until: number): Promise<Buffer | undefined>;
  /** Writes an object that is not there yet, whole or not at all; false when it is there. */
  create(path: string, bytes: Buffer): Promise<boolean>;
  /**
   * Deletes an object, also an earlier version that a lock had kept.
   *
   * @returns what is still there, and why; undefined when it is gone
   */
  remove(path: string, version: string | undefined): Promise<Kept | undefined>;
  /** Locks of its objects; undefined where there can be none. */
  readonly locks: ArchiveLocks | undefined;
};

/** Locks of objects. */
type ArchiveLocks = {
  /** What forbids that an object is deleted or written over. */
  read(path: string): Promise<ObjectLock>;
  /** Puts a legal hold on an object, or takes it off; false where a right is missing. */
  setLegalHold(path: string, isOn: boolean): Promise<boolean>;
};

/** What could not be deleted; the reason without a full stop. */
type Kept = { readonly why: string; readonly version: string | undefined };

/** Opens the archive; nothing is read or written yet. */
export function openArchive(
  place: ArchivePlace,
  proxies: Proxies,
  signal: AbortSignal,
): ArchiveStore {
  if (place.kind === 'directory') return openFolder(place.path);
  const bucket = openBucket(place.bucket, createExchange(proxies), signal);
  return {
    name: bucket.name,
    read: (path) => translated(bucket.read(path)),
    readPart: (path, from, until) => translated(bucket.readPart(path, from, until)),
    create: (path, bytes) => translated(bucket.create(path, bytes)),
    remove: (path, version) => translated(bucket.remove(path, version)),
    locks: {
      read: (path) => translated(bucket.readLock(path)),
      setLegalHold: (path, isOn) => translated(bucket.setLegalHold(path, isOn)),
    },
  };
}

/** The bucket is reached by what brings checkpoints to places outside. */
async function translated<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!hasCode(error, 'anchor_failed')) throw error;
    const { found, wayOut, status, systemCode } = error;
    throw new KnownError('archive_failed', { found, wayOut, status, systemCode });
  }
}

function openFolder(folder: string): ArchiveStore {
  return {
    name: folder,
    locks: undefined,
    async read(path) {
      try {
        return await readFile(join(folder, path));
      } catch (error) {
        return explainRead(error, folder);
      }
    },
    async readPart(path, from, until) {
      try {
        return await readSlice(join(folder, path), from, until);
      } catch (error) {
        return explainRead(error, folder);
      }
    },
    async create(path, bytes) {
      try {
        return await createWhole(join(folder, path), bytes);
      } catch (error) {
        throw explain(error, folder, 'written');
      }
    },
    async remove(path) {
      try {
        await unlink(join(folder, path));
        return undefined;
      } catch (error) {
        const code = foreignCodeOf(error);
        if (code === undefined) throw error;
        return code === 'ENOENT'
          ? undefined
          : { why: `it cannot be deleted (${code})`, version: undefined };
      }
    },
  };
}

async function readSlice(path: string, from: number, until: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const bytes = Buffer.alloc(until - from);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** Under a name of its own first. Unlike a rename, a link takes the place of nothing. */
async function createWhole(path: string, bytes: Buffer): Promise<boolean> {
  const folder = dirname(path);
  await createDirectory(folder);
  const draft = join(folder, `.${randomBytes(8).toString('hex')}.new`);
  try {
    await writeFile(draft, bytes, { flush: true });
    await link(draft, path);
    await keepEntry(folder);
    return true;
  } catch (error) {
    if (foreignCodeOf(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Without it a machine that loses its power could forget the name of a file whose bytes it has. */
async function keepEntry(folder: string): Promise<void> {
  const handle = await open(folder);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function explainRead(error: unknown, folder: string): undefined {
  if (foreignCodeOf(error) === 'ENOENT') return undefined;
  throw explain(error, folder, 'read');
}

function explain(error: unknown, folder: string, deed: string): unknown {
  const systemCode = foreignCodeOf(error);
  if (systemCode === undefined) return error;
  return new KnownError('archive_failed', {
    found: `ARCHIVE_URL is ${folder}, which cannot be ${deed} (${systemCode})`,
    wayOut: 'Check that the directory is there, its permissions and the space on its disk',
    systemCode,
  });
}
