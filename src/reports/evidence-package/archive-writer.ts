/** Writes the archive of an evidence package, file after file, in constant memory. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import type { Write } from '../shared/report.ts';
import { archiveComment, digestDigits, names } from './names.ts';

/** Text or bytes, in pieces. */
type Content = AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;

/** An archive that is written. */
export type ArchiveWriter = {
  /** Adds a file; resolves when its content was taken. */
  readonly add: (name: string, content: Content) => Promise<void>;
  /** Adds the hashes of all files, and ends the archive with its own. */
  readonly finish: () => Promise<void>;
};

/** Begins an archive whose files all have one time. */
export function createArchive(write: Write, time: Date): ArchiveWriter {
  const zip = new ZipFile();
  const bytes = zip.outputStream as Readable;
  zip.on('error', (error: Error) => bytes.destroy(error));
  const pumped = pump(bytes, write);
  // Whoever waits for a file gets the error; nobody else needs it.
  pumped.catch(() => {});
  const sums: string[] = [];
  const add = async (name: string, content: Content): Promise<void> => {
    const sum = createHash('sha256');
    const stream = Readable.from(hashed(content, sum));
    zip.addReadStream(stream, name, { mtime: time });
    // An archive that failed accepts nothing more.
    await Promise.race([finished(stream), pumped.then(() => Promise.reject(new Error('closed')))]);
    sums.push(`${sum.digest('hex')}  ${name}\n`);
  };
  return {
    add,
    async finish() {
      await add(names.sums, [sums.join('')]);
      zip.end({ comment: archiveComment + '0'.repeat(digestDigits), forceZip64Format: false });
      await pumped;
    },
  };
}

async function* hashed(
  content: Content,
  sum: ReturnType<typeof createHash>,
): AsyncGenerator<Buffer> {
  for await (const piece of content) {
    const bytes = Buffer.from(piece);
    sum.update(bytes);
    if (bytes.length > 0) yield bytes;
  }
}

/** Passes the archive on, and puts its hash in place of the last bytes of its comment. */
async function pump(archive: Readable, write: Write): Promise<void> {
  const sum = createHash('sha256');
  let held = Buffer.alloc(0);
  for await (const chunk of archive) {
    const all = Buffer.concat([held, chunk as Uint8Array]);
    const ready = all.subarray(0, Math.max(0, all.length - digestDigits));
    held = all.subarray(ready.length);
    sum.update(ready);
    if (ready.length > 0) await write(ready);
  }
  await write(sum.digest('hex'));
}
