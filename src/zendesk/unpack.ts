/** The bytes of an answer as they come, unpacked and counted on the way: nothing is held that is too much. */
import type { Readable, Transform } from 'node:stream';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';

/** With small chunks a stream costs twice of what unpacking a whole body at once does; with these it costs the same. */
const options = { chunkSize: 256 * 1024 };

/**
 * Reads a body to its end and undoes its `content-encoding`.
 *
 * @returns undefined when it has more than `largestBytes`, packed or unpacked; the source is destroyed then
 * @throws the error of the source, or another one for an unknown encoding or broken data
 */
export async function readBody(
  source: Readable,
  encoding: string | undefined,
  largestBytes: number,
): Promise<Buffer | undefined> {
  // Which error comes out of the pipeline depends on which of its parts ends first.
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

/** The first byte, which stays where it is; 0 when there is none. */
async function peek(source: Readable): Promise<number> {
  await once(source, 'readable');
  const chunk = source.read() as Buffer | null;
  if (chunk !== null) source.unshift(chunk);
  return chunk?.[0] ?? 0;
}
