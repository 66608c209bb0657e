/** The bytes of an answer, counted as they arrive and decompressed, so that too large an answer is never held in memory. */
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import {
  brotliDecompress,
  brotliDecompressSync,
  gunzip,
  gunzipSync,
  inflate,
  inflateRaw,
  inflateRawSync,
  inflateSync,
  type ZlibOptions,
} from 'node:zlib';
import { foreignCodeOf } from '../errors.ts';

/** A body. */
export type Body = {
  readonly bytes: Buffer;
  /** The same bytes once more. A page that waits keeps only this, because packed it is ten times smaller. */
  readonly unpackAgain: () => Buffer;
};

/** How a `content-encoding` is undone: beside other work, and at once. */
type Unpacker = {
  readonly unpack: (packed: Buffer, options: ZlibOptions) => Promise<Buffer>;
  readonly unpackSync: (packed: Buffer, options: ZlibOptions) => Buffer;
};

const gzip: Unpacker = { unpack: promisify(gunzip), unpackSync: gunzipSync };
const brotli: Unpacker = { unpack: promisify(brotliDecompress), unpackSync: brotliDecompressSync };
const zlib: Unpacker = { unpack: promisify(inflate), unpackSync: inflateSync };
const bareDeflate: Unpacker = { unpack: promisify(inflateRaw), unpackSync: inflateRawSync };
const nothing: Unpacker = {
  unpack: (packed) => Promise.resolve(packed),
  unpackSync: (packed) => packed,
};

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
): Promise<Body | undefined> {
  const choose = findUnpacker(encoding);
  if (choose === undefined) {
    source.destroy();
    throw new Error('the answer has an unknown content-encoding');
  }
  const packed = await receive(source, largestBytes);
  if (packed === undefined) return undefined;
  const unpacker = choose(packed);
  const { unpack, unpackSync } = unpacker;
  const chunkSize = unpacker === gzip ? readSize(packed, largestBytes) : usualBytes;
  const options = { maxOutputLength: largestBytes, chunkSize };
  try {
    const bytes = await unpack(packed, options);
    return { bytes, unpackAgain: unpackSync.bind(undefined, packed, options) };
  } catch (error) {
    if (foreignCodeOf(error) === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw error;
  }
}

/** All bytes of a source; undefined if there are too many, and then it is destroyed. */
async function receive(source: Readable, largestBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let received = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    received += chunk.length;
    // Leaving the loop destroys the source.
    if (received > largestBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function findUnpacker(encoding: string | undefined): ((packed: Buffer) => Unpacker) | undefined {
  switch (encoding?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return () => nothing;
    case 'gzip':
    case 'x-gzip':
      return () => gzip;
    case 'br':
      return () => brotli;
    case 'deflate':
      // Some servers send the bare deflate format; the zlib one starts with a byte that ends in 8.
      return ([first = 0]) => ((first & 0x0f) === 8 ? zlib : bareDeflate);
    default:
      return undefined;
  }
}

/** With small buffers decompression costs twice as much. */
const usualBytes = 256 * 1024;
/** Deflate makes nothing smaller than this part of it. */
const mostRatio = 1032;

/**
 * The size of one buffer for all, so that nothing is put together from pieces: gzip ends with the number of its bytes. If that
 * is wrong, there are several buffers.
 */
function readSize(packed: Buffer, largestBytes: number): number {
  const bytes = packed.length < 4 ? 0 : packed.readUInt32LE(packed.length - 4);
  const isPossible = bytes >= 64 && bytes <= Math.min(largestBytes, packed.length * mostRatio);
  // A full buffer would be followed by another one.
  return isPossible ? bytes + 1 : usualBytes;
}
