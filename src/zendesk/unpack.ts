/** The bytes of an answer, decompressed and counted as they arrive, so that too large an answer is never held in memory. */
import type { Readable, Transform } from 'node:stream';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

/** With small chunks a stream costs twice as much as decompressing a whole body at once; with these it costs the same. */
const options = { chunkSize: 256 * 1024 };

/**
 * Reads a body to its end and undoes its `content-encoding`.
 *
 * @returns undefined if it has more than `largestBytes`, compressed or decompressed; the source is then destroyed @throws
 *   the error of the source, or another one for an unknown encoding or broken data
 */
export async function readBody(
  source: Readable,
  encoding: string | undefined,
  largestBytes: number,
): Promise<Buffer | undefined> {
  // Which error the pipeline reports depends on which of its parts ends first.
  let isTooLarge = false;
  async function* count(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      isTooLarge ||= bytes > largestBytes;
      if (isTooLarge) throw new Error('the answer is too large');
      yield chunk;
    }
  }
  const body: Buffer[] = [];
  const keep = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of count(chunks)) body.push(chunk);
  };
  try {
    const unpacker = await createUnpacker(source, encoding);
    if (unpacker === undefined) await pipeline(source, keep);
    else await pipeline(source, count, unpacker, keep);
  } catch (error) {
    source.destroy();
    if (isTooLarge) return undefined;
    throw error;
  }
  return Buffer.concat(body);
}

async function createUnpacker(
  source: Readable,
  encoding: string | undefined,
): Promise<Transform | undefined> {
  switch (encoding?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return undefined;
    case 'gzip':
    case 'x-gzip':
      return createGunzip(options);
    case 'br':
      return createBrotliDecompress(options);
    case 'deflate':
      // Some servers send the bare deflate format; the zlib one starts with a byte that ends in 8.
      return ((await peek(source)) & 0x0f) === 8
        ? createInflate(options)
        : createInflateRaw(options);
    default:
      throw new Error('the answer has an unknown content-encoding');
  }
}

/** The first byte, which is not removed; 0 if there is none. */
async function peek(source: Readable): Promise<number> {
  await once(source, 'readable');
  const chunk = source.read() as Buffer | null;
  if (chunk !== null) source.unshift(chunk);
  return chunk?.[0] ?? 0;
}
