/**
 * Reads the archive of an evidence package, strictly: only the form that `archive-writer.ts` writes. A lenient zip reader would
 * not see bytes that belong to no file.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { createInflateRaw } from 'node:zlib';
import { archiveComment, digestDigits } from './names.ts';

/** A file in an archive. */
type ArchivedFile = {
  readonly name: string;
  /** Where its head is. */
  readonly at: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly method: number;
};

/** An archive whose list of files could be read. */
export type Archive = {
  readonly files: readonly string[];
  /** The content of a file; empty if it does not exist. Rejects if it cannot be unpacked. */
  readonly read: (name: string) => AsyncGenerator<Buffer>;
  /** Why the archive is not byte for byte what was written; undefined if it is. */
  readonly damage: string | undefined;
  readonly close: () => Promise<void>;
};

/** Thrown if the file is not the archive of a package. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
}

const endBytes = 22;
const commentBytes = archiveComment.length + digestDigits;

/** Opens an archive. @throws {ArchiveError} when its list of files cannot be read */
export async function openArchive(path: string): Promise<Archive> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const files = await readList(file, size);
    const damage = await findDamage(path, file, size);
    const byName = new Map(files.map((each) => [each.name, each]));
    return {
      files: [...byName.keys()],
      damage:
        damage ??
        (byName.size < files.length ? 'Two files in the archive have the same name.' : undefined),
      read: (name) => unpack(path, file, byName.get(name)),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The archive ends with the hash of everything before it. */
async function findDamage(
  path: string,
  file: FileHandle,
  size: number,
): Promise<string | undefined> {
  const comment = await readAt(file, size - commentBytes, commentBytes);
  if (comment.toString('latin1', 0, archiveComment.length) !== archiveComment)
    return 'The comment of the archive is not that of an evidence package.';
  const sum = createHash('sha256');
  const end = size - digestDigits - 1;
  for await (const chunk of createReadStream(path, { end })) sum.update(chunk as Buffer);
  return sum.digest('hex') === comment.toString('latin1', archiveComment.length)
    ? undefined
    : 'The archive is not as it was written: at least one of its bytes is another.';
}

async function readList(file: FileHandle, size: number): Promise<readonly ArchivedFile[]> {
  const endAt = size - commentBytes - endBytes;
  const end = await readAt(file, endAt, endBytes);
  if (end.readUInt32LE(0) !== 0x06054b50 || end.readUInt16LE(20) !== commentBytes)
    throw new ArchiveError('It is not an evidence package, or its end was cut off or changed.');
  const list = await locateList(file, endAt, end);
  if (list.at + list.bytes > endAt || list.bytes > mostListBytes)
    throw new ArchiveError('The list of its files is not where the archive says.');
  const bytes = await readAt(file, list.at, list.bytes);
  const files: ArchivedFile[] = [];
  for (let at = 0; files.length < list.files;) {
    const length = lengthOfRecord(bytes, at);
    files.push(readRecord(bytes.subarray(at, at + length)));
    at += length;
  }
  return files;
}

/** Far more than any package has. */
const mostListBytes = 1_000_000_000;

type FileList = { readonly at: number; readonly bytes: number; readonly files: number };

/** Where the list of files is: said at the end, or, in an archive of more than 4 GB or 65,535 files, before it (zip64). */
async function locateList(file: FileHandle, endAt: number, end: Buffer): Promise<FileList> {
  const usual = {
    files: end.readUInt16LE(10),
    bytes: end.readUInt32LE(12),
    at: end.readUInt32LE(16),
  };
  if (usual.files < 0xffff && usual.bytes < 0xffffffff && usual.at < 0xffffffff) return usual;
  const large = await readAt(file, endAt - 76, 56);
  if (large.readUInt32LE(0) !== 0x06064b50)
    throw new ArchiveError('The end of the archive was changed.');
  return {
    files: Number(large.readBigUInt64LE(32)),
    bytes: Number(large.readBigUInt64LE(40)),
    at: Number(large.readBigUInt64LE(48)),
  };
}

const recordBytes = 46;

function lengthOfRecord(bytes: Buffer, at: number): number {
  if (at + recordBytes > bytes.length || bytes.readUInt32LE(at) !== 0x02014b50)
    throw new ArchiveError('The list of its files was changed.');
  const length =
    recordBytes +
    bytes.readUInt16LE(at + 28) +
    bytes.readUInt16LE(at + 30) +
    bytes.readUInt16LE(at + 32);
  if (at + length > bytes.length) throw new ArchiveError('The list of its files was changed.');
  return length;
}

function readRecord(record: Buffer): ArchivedFile {
  const nameEnd = recordBytes + record.readUInt16LE(28);
  const large = findLarge(record.subarray(nameEnd, nameEnd + record.readUInt16LE(30)));
  const read = (at: number): number => {
    const value = record.readUInt32LE(at);
    return value === 0xffffffff ? (large.shift() ?? value) : value;
  };
  const [bytes, packedBytes, at] = [read(24), read(20), read(42)];
  const name = record.toString('utf8', recordBytes, nameEnd);
  return { name, bytes, packedBytes, at, method: record.readUInt16LE(10) };
}

/** The numbers of a record that are too large for their places (zip64), in their order. */
function findLarge(extra: Buffer): number[] {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue;
    const field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
    return Array.from({ length: Math.floor(field.length / 8) }, (_, place) =>
      Number(field.readBigUInt64LE(place * 8)),
    );
  }
  return [];
}

async function* unpack(
  path: string,
  file: FileHandle,
  archived: ArchivedFile | undefined,
): AsyncGenerator<Buffer> {
  if (archived === undefined) return;
  const { at, packedBytes, bytes, method } = archived;
  const head = await readAt(file, at, 30);
  if (head.readUInt32LE(0) !== 0x04034b50) throw new ArchiveError('Its head was changed.');
  if (method !== 8 && method !== 0) throw new ArchiveError('It is packed in an unknown way.');
  const start = at + 30 + head.readUInt16LE(26) + head.readUInt16LE(28);
  if (packedBytes === 0) return;
  const packed = createReadStream(path, { start, end: start + packedBytes - 1 });
  const unpacked = method === 8 ? packed.pipe(createInflateRaw()) : packed;
  packed.on('error', (error) => unpacked.destroy(error));
  let count = 0;
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      count += chunk.length;
      // Somebody may have made an archive that unpacks to more than any disk holds.
      if (count > bytes) break;
      yield chunk;
    }
  } finally {
    packed.destroy();
  }
  if (count !== bytes) throw new ArchiveError('It has another length than the archive says.');
}

async function readAt(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const read = at < 0 ? 0 : (await file.read(buffer, 0, length, at)).bytesRead;
  if (read !== length)
    throw new ArchiveError(
      'It is not an evidence package, or a part of it was cut off or changed.',
    );
  return buffer;
}
