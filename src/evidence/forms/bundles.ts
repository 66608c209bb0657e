/**
 * Entry bundles of C2SP tlog-tiles v0.1.0: up to 256 entries one after the other, each behind its length in two bytes,
 * big-endian.
 */
import { FormError } from './form-error.ts';

/** How many bytes an entry may have: its length is written in two bytes. */
export const largestEntryBytes = 65_535;

/** The bytes of a bundle. */
export function formatBundle(entries: readonly Uint8Array[]): Buffer {
  const pieces = entries.flatMap((entry) => {
    if (entry.length > largestEntryBytes) {
      throw new FormError(
        'malformed',
        `An entry has ${entry.length} bytes: at most ${largestEntryBytes} fit into a bundle.`,
      );
    }
    const length = Buffer.alloc(2);
    length.writeUInt16BE(entry.length);
    return [length, entry];
  });
  return Buffer.concat(pieces);
}

/** The entries of a bundle, which must be as many as its place in the log promises. */
export function parseBundle(bytes: Uint8Array, width: number): Buffer[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const entries: Buffer[] = [];
  for (let at = 0; at < buffer.length;) {
    const start = at + 2;
    const end = start > buffer.length ? Number.NaN : start + buffer.readUInt16BE(at);
    if (!(end <= buffer.length)) {
      throw new FormError('malformed', `A bundle ends in the middle of entry ${entries.length}.`);
    }
    entries.push(buffer.subarray(start, end));
    at = end;
  }
  if (entries.length !== width) {
    throw new FormError('malformed', `A bundle has ${entries.length} entries: expected ${width}.`);
  }
  return entries;
}
