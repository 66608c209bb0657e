/** Compression of pages. */
import { constants, zstdCompressSync } from 'node:zlib';

const params = { [constants.ZSTD_c_checksumFlag]: 1 };
const nothing = zstdCompressSync(Buffer.of(), { params });

/** With a checksum, so that a part that is read alone is known to be whole. */
export function compress(input: Uint8Array): Uint8Array {
  return input.length === 0 ? nothing : zstdCompressSync(input, { params });
}
