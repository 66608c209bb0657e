/** The text that is sent to Postgres, in pieces. */

/** A whole page in one string would be in the part of the heap that is collected last. */
const chunkCharacters = 64 * 1024;

/** Joins lines to pieces of about the same size. */
export function* cutIntoChunks(lines: Iterable<string>): Generator<Buffer> {
  let chunk = '';
  for (const line of lines) {
    chunk += line;
    if (chunk.length < chunkCharacters) continue;
    yield Buffer.from(chunk);
    chunk = '';
  }
  if (chunk !== '') yield Buffer.from(chunk);
}
