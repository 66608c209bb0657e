/** The bytes of an answer to text and JSON. */
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw, type ZlibOptions } from 'node:zlib';
import { foreignCodeOf } from '../errors.ts';
import { keepWritten } from './exact-numbers.ts';

const unpackers = {
  gzip: promisify<Buffer, ZlibOptions, Buffer>(gunzip),
  inflate: promisify<Buffer, ZlibOptions, Buffer>(inflate),
  inflateRaw: promisify<Buffer, ZlibOptions, Buffer>(inflateRaw),
  brotli: promisify<Buffer, ZlibOptions, Buffer>(brotliDecompress),
};
const largestChunk = 2 * 1024 * 1024;
const smallestChunk = 16 * 1024;

/**
 * Undoes a `content-encoding`. The whole body at once with one large chunk costs half of what a stream of small chunks does.
 * @throws {Error} for an unknown encoding, broken data, or more than `largestBytes` of it (`isTooLarge`)
 */
export async function unpackBody(
  body: Buffer,
  encoding: string | undefined,
  largestBytes: number,
): Promise<Buffer> {
  const chunkSize = Math.min(largestChunk, Math.max(smallestChunk, body.length * 12));
  const options = { chunkSize, maxOutputLength: largestBytes };
  switch (encoding?.trim().toLowerCase()) {
    case undefined:
    case '':
    case 'identity':
      return body;
    case 'gzip':
    case 'x-gzip':
      return unpackers.gzip(body, options);
    case 'br':
      return unpackers.brotli(body, options);
    case 'deflate':
      // Some servers send the bare deflate format; the zlib one starts with a byte that ends in 8.
      return ((body[0] ?? 0) & 0x0f) === 8
        ? unpackers.inflate(body, options)
        : unpackers.inflateRaw(body, options);
    default:
      throw new Error('the answer has an unknown content-encoding');
  }
}

/** Whether a body was not unpacked because it would have become too large. */
export function isTooLarge(error: unknown): boolean {
  return foreignCodeOf(error) === 'ERR_BUFFER_TOO_LARGE';
}

/**
 * Parses JSON without changing numbers: what JavaScript cannot hold stays as it is written (contract 0.6). The slow way is
 * taken only for texts that may contain such a number.
 * @throws {SyntaxError} whose message may quote the text, so it must not be passed on
 */
export function parseJson(body: Buffer): unknown {
  const text = new TextDecoder().decode(body);
  return oddNumberStart.test(text) && hasOddNumber(text)
    ? JSON.parse(text, keepWritten)
    : JSON.parse(text);
}

/** What stands before a number of JSON, and what is odd about it: also found within strings, but seldom, and at a third of the cost. */
const oddNumberStart = /[:,[]\s*(?:-?[\d.]{16}|-?[\d.]+[eE]|-0)/;

/** True when a number outside strings has sixteen digits, a power of ten, or a sign before a zero. */
export function hasOddNumber(text: string): boolean {
  let position = 0;
  while (position < text.length) {
    const opening = text.indexOf('"', position);
    const end = opening === -1 ? text.length : opening;
    if (/[\d.]{16}|\d[eE]|-0/.test(text.slice(position, end))) return true;
    position = opening === -1 ? text.length : findStringEnd(text, opening);
  }
  return false;
}

/** The position after the string that starts at `opening`. */
function findStringEnd(text: string, opening: number): number {
  let closing = text.indexOf('"', opening + 1);
  while (closing !== -1 && isEscaped(text, closing)) closing = text.indexOf('"', closing + 1);
  return closing === -1 ? text.length : closing + 1;
}

function isEscaped(text: string, position: number): boolean {
  let backslashes = 0;
  while (text[position - 1 - backslashes] === '\\') backslashes += 1;
  return backslashes % 2 === 1;
}
