/** The files of a package while they are read: each is hashed and compared with the hashes that the package lists. */
import { createHash } from 'node:crypto';
import type { Archive } from './archive-reader.ts';
import { names } from './names.ts';
import type { Find } from './package-finding.ts';

/** Reads files and checks them on the way. A file that cannot be unpacked is a finding, and ends there. */
export type CheckedFiles = {
  readonly names: readonly string[];
  readonly read: (name: string) => AsyncGenerator<Buffer>;
  /** All of a small file as text. */
  readonly readText: (name: string) => Promise<string>;
  readonly readBytes: (name: string) => Promise<Buffer>;
  /** The lines of a file, as they stand between line feeds. */
  readonly readLines: (name: string) => AsyncGenerator<string>;
  /** Reads all that nobody has read. */
  readonly readRest: () => Promise<void>;
};

/** No file that is read as a whole is larger. */
const mostBytes = 256 * 1024 * 1024;

/** Prepares to read the files of an archive. */
export async function createCheckedFiles(archive: Archive, find: Find): Promise<CheckedFiles> {
  const sums = readSums(await gather(archive.read(names.sums)).catch(() => Buffer.alloc(0)), find);
  const checked = new Set<string>([names.sums]);
  async function* read(name: string): AsyncGenerator<Buffer> {
    const sum = createHash('sha256');
    try {
      for await (const chunk of archive.read(name)) {
        sum.update(chunk);
        yield chunk;
      }
    } catch (error) {
      if (!checked.has(name))
        find(`It cannot be unpacked: ${error instanceof Error ? error.message : 'unknown'}`, name);
      checked.add(name);
      return;
    }
    if (!checked.has(name) && sums.get(name) !== sum.digest('hex'))
      find('Its content is not as it was packed.', name);
    checked.add(name);
  }
  const present = new Set(archive.files);
  for (const name of sums.keys()) if (!present.has(name)) find('It is missing.', name);
  for (const name of present)
    if (!sums.has(name) && name !== names.sums) find(`It is not listed in ${names.sums}.`, name);
  return {
    names: archive.files,
    read,
    readBytes: (name) => gather(read(name)),
    readText: async (name) => (await gather(read(name))).toString(),
    async *readLines(name) {
      let rest = Buffer.alloc(0);
      for await (const chunk of read(name)) {
        const all = Buffer.concat([rest, chunk]);
        const end = all.lastIndexOf(10);
        rest = all.subarray(end + 1);
        if (rest.length > mostBytes) {
          find('A line is too long.', name);
          return;
        }
        if (end >= 0) yield* all.toString('utf8', 0, end).split('\n');
      }
      if (rest.length > 0) yield rest.toString();
    },
    async readRest() {
      for (const name of present)
        if (!checked.has(name)) for await (const chunk of read(name)) void chunk;
    },
  };
}

async function gather(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    all.push(chunk);
    bytes += chunk.length;
    if (bytes > mostBytes) throw new Error('a file is too large');
  }
  return Buffer.concat(all);
}

function readSums(bytes: Buffer, find: Find): ReadonlyMap<string, string> {
  const sums = new Map<string, string>();
  for (const line of bytes.toString().split('\n').slice(0, -1)) {
    const [, sum = '', name = ''] = /^([\da-f]{64}) {2}(\S+)$/.exec(line) ?? [];
    if (name === '') find('A line is not a hash and the name of a file.', names.sums);
    else sums.set(name, sum);
  }
  if (sums.size === 0) find('The list of the hashes of all files cannot be read.', names.sums);
  return sums;
}
